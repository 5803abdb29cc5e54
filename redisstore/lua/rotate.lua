-- RotateSession: see Rotation.Apply in store_session.go.

local k = KEYS[1]
local numbers, digest, next, client, place, indexes = unpack(ARGV)
local now, idle, grace = struct.unpack('>i8i8i8', numbers)
local v = redis.call('GET', k)
local s = live(v, now)
if not s then return {NOT_FOUND} end
if digest ~= '' and digest == s.digest then
  -- The index of its user counts on times that only grow.
  if indexes ~= '' and (now < s.used or idle < s.idle) then redis.call('DEL', indexes .. s.user) end
  v = struct.pack(HEAD, VERSION, s.expires, idle, now, s.by, #next, #s.digest, #client, #place) ..
    next .. s.digest .. client .. place .. string.sub(v, s.rest)
  keep(k, v, math.min(idle, s.expires) - now)
  return {OK, v}
end
if digest ~= '' and digest == s.previous and now < s.rotated + grace then return {OK, v} end
redis.call('DEL', k)
return {REUSED, v}
