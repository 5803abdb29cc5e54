-- fail counts a failure of l, which is not locked, and writes it.
local function fail(l)
  if not l then return end
  if l.count == 0 or now >= math.max(l.lock, l.forget) then l.count, l.lock, l.forget = 0, 0, -math.huge end
  l.count = math.min(l.count + 1, 2147483647)
  for i = 1, l.steps do
    local failures, wait = struct.unpack('>i8i8', request, l.from + 16 * (i - 1))
    if l.count == failures or (l.count > failures and i == l.steps) then
      l.lock = math.min(now + wait, MOST)
      break
    end
  end
  l.forget = math.max(l.forget, math.min(now + l.life, MOST))
  keep(l.key, string.format('%.0f %.0f %.0f', l.count, l.lock, l.forget), math.max(l.lock, l.forget) - now)
end
