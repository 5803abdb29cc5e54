-- How a call is read that has one argument, which struct.unpack reads. An argument more costs as much as some
-- numbers more in it. What is in it is read in the order in which the caller wrote it, and so are the keys.

local request, at, keys = ARGV[1], 1, 0

-- held is what the keys hold when the script begins, false where there is nothing. The last
-- UNREAD keys are not looked at.
local held = #KEYS > UNREAD and redis.call('MGET', unpack(KEYS, 1, #KEYS - UNREAD)) or {}

-- key is the next key, and what it holds.
local function key() keys = keys + 1; return KEYS[keys], held[keys] end

local now
now, at = struct.unpack('>i8', request, at)
