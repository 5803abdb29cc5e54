-- Takes a session that is gone out of the list of its user. What has left the list must
-- leave its index.

if redis.call('ZREM', KEYS[1], ARGV[1]) > 0 then redis.call('DEL', KEYS[2]) end
return {OK}
