-- The session that AttemptSession stores on a match, unless it is nobody's. The time is that of the session from here on.

local sessions, index, k = key(), key(), key()
local now, used, ends, most, by, gone, listed, id, record, lasts, expires, user = struct.unpack(SESSION, request, at + 1)
local fresh = opens and redis.call('SET', k, record, 'NX', 'PX', lasts)
