-- Puts entries where they are found: into sorted sets of a print, a user or a message,
-- and into the counts of their hour. All of it may be done again.
--
-- A member of a sorted set is the id of the entry, a zero byte and when it is gone; its
-- score is the negative time, so that the newest come first, and the ids decide between
-- equals. An hour has a sorted set of what was counted, by time: a member is the kind with
-- its length before it, and the id. It has the count of each entry that has one, and the sum
-- of each kind. Last, the hours that there are, by when they are gone.

local latest = num()

-- members are the next n members, of which each follows its score.
local function members(n)
  local all = {}
  for i = 1, n do all[i] = ARGV[args + 2 * i] end
  return all
end

-- add puts the next n members into the sorted set k, in one call.
local function add(k, n)
  redis.call('ZADD', k, unpack(ARGV, args + 1, args + 2 * n))
  args = args + 2 * n
end

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
  add(k, num())
  if extend(k, life) and gone(redis.call('ZRANGE', k, -1, -1)[1]) then
    for _, member in ipairs(redis.call('ZRANGE', k, -10, -1)) do
      if gone(member) then redis.call('ZREM', k, member) end
    end
  end
end
for _ = 1, num() do
  local times, weights, sums, life, n = key(), key(), key(), arg(), num()
  local counted, was, added = members(n), {}, {}
  local known = redis.call('ZMSCORE', times, unpack(counted))
  add(times, n)
  for i, member in ipairs(counted) do
    local weight = num()
    local kind, from = struct.unpack('>I2c0', member)
    local id = string.sub(member, from)
    if known[i] and not was[member] then was[member] = tonumber(redis.call('HGET', weights, id) or 1) end
    if weight > (was[member] or 0) then
      added[kind] = (added[kind] or 0) + weight - (was[member] or 0)
      was[member] = weight
      if weight > 1 then redis.call('HSET', weights, id, int(weight)) end
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
