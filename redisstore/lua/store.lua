-- Stores a new session, where its key is free.

local k, value, life = key(), arg(), num()
if not redis.call('SET', k, value, 'NX', 'PX', ttl(life)) then return {REFUSED} end
return {OK}
