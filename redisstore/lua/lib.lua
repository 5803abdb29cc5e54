-- What all scripts share. Each script is this file and others.
--
-- Instants and spans are numbers of microseconds: doubles, exact to 2^53, which is the
-- year 2255. No clock is read: now is an argument. A key's TTL only cleans up, and
-- counts from now; what is gone is told by the times in the values.
--
-- A server makes every function of a script anew at each call: a file has few of them. A
-- table that is made with all its fields need not grow.

local OK, REFUSED, NOT_FOUND, MISMATCH, REUSED, AGAIN = 0, 1, 2, 3, 4, 5

-- SLACK is how many milliseconds a key outlives its end: the clocks of the callers
-- differ, and time is rounded.
local SLACK = 60000

-- UNREAD is how many of the last keys are not read in request.lua.
local UNREAD = 0

-- MOST is the largest number that is an int64, too: sums stop at it.
local MOST = 9223372036854774784

local function ttl(life) return math.max(0, math.ceil(life / 1000)) + SLACK end

local function keep(k, value, life) redis.call('SET', k, value, 'PX', ttl(life)) end
