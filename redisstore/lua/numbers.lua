-- How a call is read whose numbers are one argument: the first, which struct.unpack reads.
-- An argument each would cost more. Keys, numbers and texts are read in the order in which
-- the caller wrote them.

local numbers, at, keys, texts = ARGV[1], 1, 0, 1

-- held is what the keys hold when the script begins, false where there is nothing. The last
-- UNREAD keys are not looked at.
local held = #KEYS > UNREAD and redis.call('MGET', unpack(KEYS, 1, #KEYS - UNREAD)) or {}

-- key is the next key, and what it holds.
local function key() keys = keys + 1; return KEYS[keys], held[keys] end
local function text() texts = texts + 1; return ARGV[texts] end
local function count()
  local n
  n, at = struct.unpack('>I2', numbers, at)
  return n
end

local now
now, at = struct.unpack('>i8', numbers, at)

local NONE = {} -- a list of nothing; nobody writes to it
