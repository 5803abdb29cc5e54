-- Ends sessions of a user; those of another user are left alone. With a list, all in the
-- list are ended that are named here, and leave it. The answer is, for each, whether it
-- was ended.

local user, of = arg(), nil
if arg() == '1' then of = key() end
local all = arg() == '1'
local except = arg()
local ids, known = readKnown()

if all and of then
  local more = unknown(of, known)
  if more then return {AGAIN, more} end
end
local ended = {}
for i, id in ipairs(ids) do
  ended[i] = 0
  local v = redis.call('GET', known[id])
  if of and not v then redis.call('ZREM', of, id) end
  if v and id ~= except and string.byte(v) ~= TOMBSTONE and unpacked(v).user == user then
    redis.call('DEL', known[id])
    if of then redis.call('ZREM', of, id) end
    ended[i] = 1
  end
end
return {OK, ended}
