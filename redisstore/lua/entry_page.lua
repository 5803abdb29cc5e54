-- The first members of a sorted set of entries with a score from least on that are not
-- gone at now: at most so many.

local now, k, least, most = num(), key(), arg(), num()
local found, from = {}, 0
while #found < most do
  local some = redis.call('ZRANGE', k, least, '+inf', 'BYSCORE', 'LIMIT', from, 1000)
  for _, member in ipairs(some) do
    if #found < most and now < tonumber(string.match(member, '%z(.*)$')) then table.insert(found, member) end
  end
  if #some < 1000 then break end
  from = from + 1000
end
return {OK, found}
