-- Puts entries where they are found: into sorted sets of a print, a user or a message, and into the counts of their
-- hour. All of it may be done again.
--
-- A member of a sorted set is the id of an entry, a zero byte and when it is gone; its score is the negative time, so
-- that the newest come first, and the ids decide between equals.
--
-- An hour has a sorted set of what was counted, by time: a member is the kind with its length before it, and
-- the id. It has the count of each entry that has one, and the sum of each kind.

local HOUR, DAY = 3600000, 86400000 -- in milliseconds

-- A name is dropped if its entry was gone at latest. life is how many milliseconds the entries live at most.
local latest, life = num(), num()

-- extend sees to it that a key lives so long at least. It may live a day longer, so that it need not be told so
-- each time. A key that must be told so is first tidied by tidy, if there is one. Where tidy returns true, the next
-- call tidies again.
local function extend(k, life, tidy)
  local left = redis.call('PTTL', k)
  if left >= life then return end
  local more = tidy and left >= 0 and tidy(k)
  redis.call('PEXPIRE', k, more and life - 1 or life + DAY)
end

-- drop takes names of what is gone out of a sorted set, from its end on, and says whether there may be more.
local function drop(k)
  local names = redis.call('ZRANGE', k, -100, -1)
  local n = #names
  while n > 0 and tonumber(string.match(names[n], '%z(.*)$')) <= latest do n = n - 1 end
  if n < #names then redis.call('ZREM', k, unpack(names, n + 1)) end
  return n == 0 and #names == 100
end

-- add puts the next n members, each after its score, into the sorted set k. It returns how many are new.
local function add(k, n)
  args = args + 2 * n
  return redis.call('ZADD', k, unpack(ARGV, args - 2 * n + 1, args))
end

for _ = 1, num() do
  local k = key()
  add(k, num())
  extend(k, life, drop)
end
for _ = 1, num() do
  local times, weights, sums = key(), key(), key()
  for _ = 1, num() do -- the entries of a kind that count once
    local kind, new = arg(), add(times, num())
    if new > 0 then redis.call('HINCRBY', sums, kind, new) end
  end
  for _ = 1, num() do -- an entry with a count
    local kind, id = arg(), arg()
    local member = ARGV[args + 2] -- after its score
    local was = redis.call('ZMSCORE', times, member)[1] and tonumber(redis.call('HGET', weights, id) or 1) or 0
    add(times, 1)
    local weight = num()
    if weight > was then
      redis.call('HINCRBY', sums, kind, weight - was)
      redis.call('HSET', weights, id, weight)
    end
  end
  for _, k in ipairs({times, weights, sums}) do extend(k, life + HOUR) end
end

-- The hours that there are, by when they are gone.
for _ = 1, num() do
  local k, expires, hour = key(), arg(), arg()
  redis.call('ZADD', k, 'GT', expires, hour)
  redis.call('ZREMRANGEBYSCORE', k, '-inf', latest)
  extend(k, life + HOUR)
end
return {OK}
