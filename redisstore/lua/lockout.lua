-- Lockouts: see Lockout in store_lockout.go.

-- A lockout is its count, the end of its lock, and when it is forgotten unless it is
-- locked then. Its steps are read when it fails.
local function readLockout()
  local has
  has, at = struct.unpack('B', numbers, at)
  if has == 0 then return nil end
  local k, raw = key()
  local life, steps, from = struct.unpack('>i8I2', numbers, at)
  at = from + 16 * steps
  local count, lock, forget = string.match(raw or '', '^(%S+) (%S+) (%S+)$')
  return {key = k, held = raw, life = life, steps = steps, from = from,
    count = tonumber(count) or 0, lock = tonumber(lock) or 0, forget = tonumber(forget) or 0}
end

-- locked is for how long l is locked, if it is.
local function locked(l)
  if l and l.count > 0 and now < l.lock then return l.lock - now end
end

-- fail counts a failure of l, which is not locked, and writes it.
local function fail(l)
  if not l then return end
  if l.count == 0 or now >= math.max(l.lock, l.forget) then l.count, l.lock, l.forget = 0, 0, -math.huge end
  l.count = math.min(l.count + 1, 2147483647)
  for i = 1, l.steps do
    local failures, wait = struct.unpack('>i8i8', numbers, l.from + 16 * (i - 1))
    if l.count == failures or (l.count > failures and i == l.steps) then
      l.lock = math.min(now + wait, MOST)
      break
    end
  end
  l.forget = math.max(l.forget, math.min(now + l.life, MOST))
  keep(l.key, string.format('%.0f %.0f %.0f', l.count, l.lock, l.forget), math.max(l.lock, l.forget) - now)
end
