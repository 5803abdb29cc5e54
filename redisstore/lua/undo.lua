-- Undoes what take or begin did in this slot, when a later slot has refused. What nobody
-- changed since is as it was; from what somebody did, our part is taken away.

for _ = 1, count() do
  local k, raw = key()
  local is, was, by
  is, was, by, at = struct.unpack('>I4c0I4c0i8', request, at)
  if raw ~= is then
    local before = raw and tonumber(raw)
    tats[k], changed = {raw = raw or '', was = before, at = (before or -math.huge) - by}, true
  elseif was == '' then
    redis.call('DEL', k)
  else
    keep(k, was, tonumber(was) - now)
  end
end
for _ = 1, count() do
  local k, raw = key()
  local is, was, by, c = nil, nil, nil, {below = 0}
  is, was, by, c.debt, c.credit, c.life, at = struct.unpack('>I4c0I4c0I4c0i8i8i8', request, at)
  by = tonumber(by)
  if raw ~= is then
    c.score, changed = scoreOf(raw), true
    scores[k] = c.score
    credit(c, by)
  elseif was == '' then
    redis.call('DEL', k)
  else
    keep(k, was, math.min(scoreOf(was).forget, now + c.life) - now)
  end
end
write()
return {OK}
