-- Takes members out of sorted sets: each set with its members.

for i = 1, #KEYS do
  local k = key()
  for _, member in ipairs(list(arg)) do redis.call('ZREM', k, member) end
end
return {OK}
