-- Lockouts: see Lockout in store_lockout.go.

-- readLockout returns the lockout, if has is 1, and for how long it is locked, if it is. A lockout is its count, the
-- end of its lock, and when it is forgotten unless it is locked then. Its steps are read when it fails.
local function readLockout(has)
  if has == 0 then return nil end
  local k, raw = key()
  local life, steps, from = struct.unpack('>i8I2', request, at)
  at = from + 16 * steps
  local l = {key = k, held = raw, life = life, steps = steps, from = from, count = 0, lock = 0, forget = 0}
  if raw then
    local count, lock, forget = string.match(raw, '^(%S+) (%S+) (%S+)$')
    l.count, l.lock, l.forget = tonumber(count) or 0, tonumber(lock) or 0, tonumber(forget) or 0
  end
  return l, l.count > 0 and now < l.lock and l.lock - now or nil
end
