-- RotateSession.

local now, k, digest, next, idle, grace = num(), key(), arg(), arg(), num(), num()
local s, v = live(k, now)
if not s then return {NOT_FOUND} end
if digest ~= '' and digest == s.digest then
  s.previous, s.digest, s.rotated, s.idle = s.digest, next, now, idle
  v = packed(s)
  keep(k, v, math.min(s.idle, s.expires) - now)
  return {OK, v}
end
if digest ~= '' and digest == s.previous and now < s.rotated + grace then return {OK, v} end
redis.call('DEL', k)
return {REUSED, v}
