-- Ends sessions; those of another user, where one is given, are left alone. The answer
-- is, for each, whose it was, or nothing.

local user, owners = arg(), {}
for i = 1, #KEYS do
  owners[i] = ''
  local v = redis.call('GET', KEYS[i])
  if v then
    local owner = unpacked(v).user
    if user == '' or owner == user then
      redis.call('DEL', KEYS[i])
      owners[i] = owner
    end
  end
end
return {OK, owners}
