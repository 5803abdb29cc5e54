-- Ends sessions of a user where they are in one slot with the list: the one with an id or,
-- with all 1, all but that one. They leave the list. The answer is how many were ended.

local of, index = KEYS[1], KEYS[2]
local user, prefix, all, id = unpack(ARGV)
local ended, left = 0, 0
for _, other in ipairs(all == '1' and redis.call('ZRANGE', of, 0, -1) or {id}) do
  if all ~= '1' or other ~= id then
    local v = redis.call('GET', prefix .. other)
    local ours = v and string.byte(v) ~= TOMBSTONE and unpacked(v).user == user
    if ours then
      redis.call('DEL', prefix .. other)
      ended = ended + 1
    end
    if ours or not v then left = left + redis.call('ZREM', of, other) end
  end
end
if left > 0 then redis.call('DEL', index) end
return {OK, ended}
