-- The index of the list of a user who has as many sessions as they may have. It tells which
-- of them must end without reading all. There is none for a user with fewer.
--
-- It is a sorted set. A member is the id of a session, a zero byte and its kind; the score is
-- when it was last used, or earlier: a rotation does not write it. One member is empty: its
-- score is a time before which no session that is indexed ends by itself.
--
-- What leaves the list leaves the index, too, or the index is dropped. So the index is that
-- of the list where both are equally long. Else it is made anew, which reads all sessions.

local BY_CODE, BY_PASSWORD = 'c', 'p'

local function member(id, by) return id .. '\0' .. (by == 1 and BY_PASSWORD or BY_CODE) end

-- reindex takes out of the list what is gone, and makes the index anew. It returns how many
-- sessions are live, and when the first of them ends.
local function reindex(of, index, user, prefix, now)
  local ids, keys = redis.call('ZRANGE', of, 0, -1), {}
  for i, id in ipairs(ids) do keys[i] = prefix .. id end
  local count, ends = 0, math.huge
  redis.call('DEL', index)
  for i, v in ipairs(values(keys)) do
    local s = live(v, now)
    if s and s.user == user then
      count, ends = count + 1, math.min(ends, s.expires, s.idle)
      redis.call('ZADD', index, s.used, member(ids[i], s.by))
    else
      if s == nil then redis.call('DEL', keys[i]) end -- a clock that is behind must not use it
      redis.call('ZREM', of, ids[i])
    end
  end
  if count > 0 then
    redis.call('ZADD', index, ends, '')
    redis.call('PEXPIRE', index, ttl(ends - now))
  end
  return count, ends
end

-- longestUnused is the member with the least score of those that a session of the kind by
-- may end, and its score. Of equals it is the one with the largest id.
local function longestUnused(index, by)
  local found, least, from, some, all = nil, nil, 0, 2, nil
  repeat
    all = redis.call('ZRANGE', index, from, from + some - 1, 'WITHSCORES')
    for i = 1, #all, 2 do
      if found and all[i + 1] ~= least then return found, tonumber(least) end
      if all[i] ~= '' and (by == 0 or string.sub(all[i], -1) == BY_PASSWORD) then found, least = all[i], all[i + 1] end
    end
    from, some = from + some, 64
  until #all == 0
  return found, tonumber(least)
end
