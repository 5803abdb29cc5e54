-- Lockouts: see Lockout in store_lockout.go.

-- A lockout is its count, the end of its lock, and when it is forgotten unless it is
-- locked then.
local function readLockout()
  if arg() == '0' then return nil end
  local l = {key = key(), life = num(), count = 0, lock = 0, forget = 0}
  l.steps = list(function() return {at = num(), wait = num()} end)
  local count, lock, forget = string.match(held[l.key] or '', '^(%S+) (%S+) (%S+)$')
  if count then l.count, l.lock, l.forget = tonumber(count), tonumber(lock), tonumber(forget) end
  return l
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
  for i, step in ipairs(l.steps) do
    if l.count == step.at or (l.count > step.at and i == #l.steps) then
      l.lock = math.min(now + step.wait, MOST)
      break
    end
  end
  l.forget = math.max(l.forget, math.min(now + l.life, MOST))
  keep(l.key, string.format('%.0f %.0f %.0f', l.count, l.lock, l.forget), math.max(l.lock, l.forget) - now)
end
