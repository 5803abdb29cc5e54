-- What the scripts share. Each script is this file and one more.
--
-- Instants and spans are numbers of microseconds: doubles, exact to 2^53, which is the
-- year 2255. No clock is read: now is an argument. A key's TTL only cleans up, and
-- counts from now; what is gone is told by the times in the values.

local OK, REFUSED, NOT_FOUND, MISMATCH, REUSED = 0, 1, 2, 3, 4

-- SLACK is how many milliseconds a key outlives its end: the clocks of the callers
-- differ, and time is rounded.
local SLACK = 60000

-- Keys and arguments are read in the order in which the caller wrote them.
local keys, args = 0, 0
local function key() keys = keys + 1; return KEYS[keys] end
local function arg() args = args + 1; return ARGV[args] end
local function num()
  local s = arg()
  if s == 'inf' then return math.huge end
  return tonumber(s)
end

local function int(x) return string.format('%.0f', x) end

local function ttl(life) return int(math.max(0, math.ceil(life / 1000)) + SLACK) end

local function keep(k, value, life) redis.call('SET', k, value, 'PX', ttl(life)) end
