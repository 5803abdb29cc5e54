-- CreateSession: into the list of its user, then where it is kept. Each of the two is
-- done when its key is here. The list holds session ids by the time they expire.

if arg() == '1' then
  local list, id, expires, gone, life = key(), arg(), arg(), arg(), num()
  redis.call('ZREMRANGEBYSCORE', list, '-inf', gone)
  redis.call('ZADD', list, expires, id)
  local left = tonumber(ttl(life))
  if redis.call('PTTL', list) < left then redis.call('PEXPIRE', list, int(left)) end
end
if arg() == '1' then
  local k, value, life = key(), arg(), num()
  if not redis.call('SET', k, value, 'NX', 'PX', ttl(life)) then return {REFUSED} end
end
return {OK}
