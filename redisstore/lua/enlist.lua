-- Puts a new session into the list of its user, where sessions are in other slots, if
-- there is room once others have left it; else it answers all of the list. With swap 1
-- one of these others was ended for this session, which then has its place.

local of, id, expires, gone, listed, most, swap = key(), arg(), arg(), arg(), arg(), num(), arg() == '1'
local leave = list(arg)

if redis.call('ZSCORE', of, id) then return {REFUSED} end
redis.call('ZREMRANGEBYSCORE', of, '-inf', gone)
local left = 0
for _, other in ipairs(leave) do left = left + redis.call('ZREM', of, other) end
if most > 0 and redis.call('ZCARD', of) >= most and not (swap and left > 0) then
  return {AGAIN, redis.call('ZRANGE', of, 0, -1, 'WITHSCORES')}
end
enlist(of, id, expires, listed)
return {OK}
