-- Stores entries. One that is there already has its count raised. The answer is, for
-- each, what was there and now is, an empty string for a new one.

local answers = list(function()
  local k, v, life = key(), arg(), num()
  local was = redis.call('GET', k)
  if not was then
    keep(k, v, life)
    return ''
  end
  local more = unpacked(v).count
  if more == 0 then return was end
  local e = unpacked(was)
  e.count = math.min(e.count + more, 4294967295)
  was = packed(e)
  redis.call('SET', k, was, 'KEEPTTL')
  return was
end)
return {OK, answers}
