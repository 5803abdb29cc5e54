-- Ends sessions of a user that are named; those of another user are left alone. The answer
-- is, for each, whether it was ended.

local ended = {}
for i, k in ipairs(KEYS) do
  local v = redis.call('GET', k)
  ended[i] = 0
  if v and string.byte(v) ~= TOMBSTONE and unpacked(v).user == ARGV[1] then
    redis.call('DEL', k)
    ended[i] = 1
  end
end
return {OK, ended}
