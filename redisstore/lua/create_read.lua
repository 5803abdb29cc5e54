-- What CreateSession is asked.

local of, index, k = KEYS[1], KEYS[2], KEYS[3]
local id, value, life, user, prefix, expires, gone, listed = unpack(ARGV, 2)
local now, used, ends, most, by = struct.unpack('>i8i8i8i8B', ARGV[1])
local answer = {}
