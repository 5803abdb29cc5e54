-- The list of a user: a sorted set of session ids by the time they expire. It may name
-- sessions that are gone, and misses none that is live.

-- enlist puts a session into it, which ends at expires. The list lives as long as its
-- last session, and up to a day longer, so that it need not be told so at each sign-in.
local function enlist(of, id, expires, life)
  redis.call('ZADD', of, expires, id)
  if redis.call('PTTL', of) < tonumber(life) then redis.call('PEXPIRE', of, life + 86400000) end
end
