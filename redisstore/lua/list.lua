-- The ids of a user's sessions, some of which may be gone.

return {OK, redis.call('ZRANGE', key(), 0, -1)}
