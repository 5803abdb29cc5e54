-- Puts entries where they are found: into sorted sets of a print, a user or a message,
-- and into the counts of their hour. All of it may be done again.
--
-- A member of a sorted set is the id of the entry, a zero byte and when it is gone; its
-- score is the negative time, so that the newest come first, and the ids decide between
-- equals. An hour has a sorted set of what was counted, by time: a member is the kind with
-- its length before it, and the id. It has the count of each entry that has one, and the sum
-- of each kind. Last, the hours that there are, by when they are gone.

local latest = num()

-- extend sees to it that a key lives so long at least, and says whether it is not new. It
-- may live a day longer, so that it need not be told so each time.
local function extend(k, life)
  local left = redis.call('PTTL', k)
  if left < tonumber(life) then redis.call('PEXPIRE', k, int(life + 86400000)) end
  return left >= 0
end

local function gone(member) return tonumber(string.match(member, '%z(.*)$')) <= latest end

for _ = 1, num() do
  local k, life = key(), arg()
  for _ = 1, num() do redis.call('ZADD', k, arg(), arg()) end
  if extend(k, life) and gone(redis.call('ZRANGE', k, -1, -1)[1]) then
    for _, member in ipairs(redis.call('ZRANGE', k, -10, -1)) do
      if gone(member) then redis.call('ZREM', k, member) end
    end
  end
end
for _ = 1, num() do
  local times, weights, sums, life, added = key(), key(), key(), arg(), {}
  for _ = 1, num() do
    local time, member, weight, was = arg(), arg(), num(), 0
    local kind, from = struct.unpack('>I2c0', member)
    if redis.call('ZADD', times, time, member) == 0 then
      was = tonumber(redis.call('HGET', weights, string.sub(member, from)) or 1)
    end
    if weight > was then
      added[kind] = (added[kind] or 0) + weight - was
      if weight > 1 then redis.call('HSET', weights, string.sub(member, from), int(weight)) end
    end
  end
  for kind, n in pairs(added) do redis.call('HINCRBY', sums, kind, int(n)) end
  extend(times, life)
  extend(weights, life)
  extend(sums, life)
end
for _ = 1, num() do
  local k, hour, expires, life = key(), arg(), arg(), arg()
  redis.call('ZADD', k, 'GT', expires, hour)
  redis.call('ZREMRANGEBYSCORE', k, '-inf', int(latest))
  extend(k, life)
end
return {OK}
