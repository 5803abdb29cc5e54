-- The session that CreateSession stores.

local sessions, index, k = KEYS[1], KEYS[2], KEYS[3]
local now, used, ends, most, by, gone, listed, id, record, lasts, expires, user = struct.unpack(SESSION, ARGV[1])
local fresh = redis.call('SET', k, record, 'NX', 'PX', lasts)
local function answer(status, more) return {status, more} end
