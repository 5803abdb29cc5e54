-- How a call is read whose numbers are one argument: the first, which struct.unpack reads.
-- An argument each would cost more. Keys, numbers and texts are read in the order in which
-- the caller wrote them.

local numbers, at, keys, texts = ARGV[1], 1, 0, 1

-- held is what the keys hold when the script begins, false where there is nothing.
local held = #KEYS > 0 and redis.call('MGET', unpack(KEYS)) or {}

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
