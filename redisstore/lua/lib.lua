-- What the scripts share. Each script is this file and others.
--
-- Instants and spans are numbers of microseconds: doubles, exact to 2^53, which is the
-- year 2255. No clock is read: now is an argument. A key's TTL only cleans up, and
-- counts from now; what is gone is told by the times in the values.

local OK, REFUSED, NOT_FOUND, MISMATCH, REUSED, AGAIN = 0, 1, 2, 3, 4, 5

-- SLACK is how many milliseconds a key outlives its end: the clocks of the callers
-- differ, and time is rounded.
local SLACK = 60000

-- MOST is the largest number that is an int64, too: sums stop at it.
local MOST = 9223372036854774784

-- Keys and arguments are read in the order in which the caller wrote them.
local keys, args = 0, 0
local function key() keys = keys + 1; return KEYS[keys] end
local function arg() args = args + 1; return ARGV[args] end
local function num()
  local s = arg()
  if s == 'inf' then return math.huge end
  return tonumber(s)
end

-- list reads a list: its length, and that many times what one reads.
local function list(one)
  local all = {}
  for i = 1, num() do all[i] = one() end
  return all
end

local function int(x) return string.format('%.0f', x) end

local function ttl(life) return int(math.max(0, math.ceil(life / 1000)) + SLACK) end

local function keep(k, value, life) redis.call('SET', k, value, 'PX', ttl(life)) end

-- values are what keys hold, false where there is nothing. One MGET is cheaper than many
-- GETs; unpack takes some thousand values at most.
local function values(of)
  local all = {}
  for from = 1, #of, 1000 do
    local some = redis.call('MGET', unpack(of, from, math.min(from + 999, #of)))
    for i, value in ipairs(some) do all[from + i - 1] = value end
  end
  return all
end
