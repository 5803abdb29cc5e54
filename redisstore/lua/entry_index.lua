-- Puts entries where they are found: into sorted sets of a print, a user or a message,
-- and into the counts of their hour. All of it may be done again.
--
-- A member of a sorted set is the id of the entry, a zero byte and when it is gone; its
-- score is the negative time, so that the newest come first, and the ids decide between
-- equals. An hour has a sorted set of what was counted, by time; the count of each entry
-- that has one; and the sum of each kind. Last, the hours that there are, by when they
-- are gone.

local latest = num()

-- extend sees to it that a key lives so long at least.
local function extend(k, life)
  local left = tonumber(ttl(life))
  if redis.call('PTTL', k) < left then redis.call('PEXPIRE', k, int(left)) end
end

-- drop takes out the oldest members that are gone.
local function drop(k)
  for _, member in ipairs(redis.call('ZRANGE', k, -10, -1)) do
    if tonumber(string.match(member, '%z(.*)$')) <= latest then redis.call('ZREM', k, member) end
  end
end

for i = 1, num() do
  local k, score, member, life = key(), arg(), arg(), num()
  redis.call('ZADD', k, score, member)
  extend(k, life)
  drop(k)
end
for i = 1, num() do
  local times, weights, sums = key(), key(), key()
  local id, time, kind, weight, life = arg(), arg(), arg(), num(), num()
  local was = 0
  if redis.call('ZADD', times, time, struct.pack('>I2', #kind) .. kind .. id) == 0 then
    was = tonumber(redis.call('HGET', weights, id) or 1)
  end
  if weight > was then
    redis.call('HINCRBY', sums, kind, int(weight - was))
    if weight > 1 then redis.call('HSET', weights, id, int(weight)) end
  end
  extend(times, life)
  extend(weights, life)
  extend(sums, life)
end
for i = 1, num() do
  local k, hour, expires, life = key(), arg(), arg(), num()
  redis.call('ZADD', k, 'GT', expires, hour)
  redis.call('ZREMRANGEBYSCORE', k, '-inf', int(latest))
  extend(k, life)
end
return {OK}
