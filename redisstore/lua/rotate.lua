-- RotateSession: see Rotation.Apply in store_session.go.

local now, k, digest, next, idle, grace, client, place = num(), key(), arg(), arg(), num(), num(), arg(), arg()
local v = redis.call('GET', k)
local s = live(v, now)
if not s then return {NOT_FOUND} end
if digest ~= '' and digest == s.digest then
  s.previous, s.digest, s.rotated, s.idle = s.digest, next, now, idle
  s.client, s.place = client, place
  v = packed(s)
  keep(k, v, math.min(s.idle, s.expires) - now)
  return {OK, v}
end
if digest ~= '' and digest == s.previous and now < s.rotated + grace then return {OK, v} end
redis.call('DEL', k)
return {REUSED, v}
