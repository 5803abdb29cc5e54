-- Undoes what take or begin did in this slot, when a later slot has refused. What nobody
-- changed since is as it was; from what somebody did, our part is taken away.

for i = 1, num() do
  local k, is, was, by = key(), arg(), arg(), num()
  local raw = held[k]
  if raw ~= is then
    local t = tat(k)
    t.at = math.max(t.at, now) - by
  elseif was == '' then
    redis.call('DEL', k)
  else
    keep(k, was, tonumber(was) - now)
  end
end
for i = 1, num() do
  local b = {key = key(), is = arg(), was = arg(), by = num(), owed = num(), earned = num(), thin = 0}
  b.kept = 4 * math.ceil(math.max(b.owed, b.earned))
  local raw = held[b.key]
  if raw ~= b.is then
    local s = score(b.key)
    change(s, b, faded(s, b, now), -b.by)
  elseif b.was == '' then
    redis.call('DEL', b.key)
  else
    keep(b.key, b.was, score(b.key).at + b.kept - now)
  end
end
write()
return {OK}
