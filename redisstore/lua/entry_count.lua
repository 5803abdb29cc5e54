-- Counts of hours: the kinds and their sums, one after the other. Of an hour that is not
-- asked for as a whole, what is between two times is added up.

local answers = list(function()
  local times, weights, sums, whole, from, to = key(), key(), key(), arg() == '1', arg(), arg()
  if whole then return redis.call('HGETALL', sums) end
  local counts, flat = {}, {}
  for _, member in ipairs(redis.call('ZRANGE', times, from, to, 'BYSCORE')) do
    local kind, at = struct.unpack('>I2c0', member)
    local id = string.sub(member, at)
    counts[kind] = (counts[kind] or 0) + tonumber(redis.call('HGET', weights, id) or 1)
  end
  for kind, n in pairs(counts) do
    table.insert(flat, kind)
    table.insert(flat, string.format('%.0f', n))
  end
  return flat
end)
return {OK, answers}
