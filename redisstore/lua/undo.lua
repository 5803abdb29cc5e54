-- Undoes what take or begin did in this slot, when a later slot has refused. What nobody
-- changed since is as it was; from what somebody did, our part is taken away.

for i = 1, num() do
  local k, is, was, by = key(), arg(), arg(), num()
  local raw = held[k]
  if raw ~= is then
    local t = tat(k)
    t.at = t.at - by
  elseif was == '' then
    redis.call('DEL', k)
  else
    keep(k, was, tonumber(was) - now)
  end
end
for i = 1, num() do
  local c = {key = key(), is = arg(), was = arg(), by = num(), debt = num(), credit = num(), life = num(), below = 0}
  local raw = held[c.key]
  if raw ~= c.is then
    credit(c, c.by)
  elseif c.was == '' then
    redis.call('DEL', c.key)
  else
    held[c.key] = c.was
    keep(c.key, c.was, math.min(score(c.key).forget, now + c.life) - now)
  end
end
write()
return {OK}
