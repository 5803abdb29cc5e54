-- The list of a user: a sorted set of session ids by the time they expire. It may name
-- sessions that are gone, and misses none that is live.

-- unlistGone takes out what expired before gone.
local function unlistGone(of, gone) redis.call('ZREMRANGEBYSCORE', of, '-inf', gone) end

-- enlist puts a session into it, which ends at expires. The list lives as long as its
-- last session.
local function enlist(of, id, expires, life)
  redis.call('ZADD', of, expires, id)
  local left = tonumber(ttl(life))
  if redis.call('PTTL', of) < left then redis.call('PEXPIRE', of, int(left)) end
end

-- unknown is all of the list, if it names an id that known has no key of: the caller
-- then comes again with the keys of all. A script names all its keys before it runs.
local function unknown(of, known)
  local all = redis.call('ZRANGE', of, 0, -1)
  for _, id in ipairs(all) do
    if not known[id] then return all end
  end
end

-- readKnown reads ids and their keys: the ids in order, and the key of each.
local function readKnown()
  local ids, known = {}, {}
  for i = 1, num() do
    ids[i] = arg()
    known[ids[i]] = key()
  end
  return ids, known
end
