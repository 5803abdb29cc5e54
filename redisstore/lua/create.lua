-- Puts a session that was stored into the list of its user. Without fresh it was not stored. Another session ends
-- where there is no room: the rule is NewSession.Evict in store_session.go. Keys of sessions are made from their ids
-- here: that is for one node only.
--
-- A session that has ended by itself stays in the list until that is full, or names a multiple of FEW sessions.
--
-- The answer is OK and what had to end, an empty string for nothing. Else no session is stored, and the answer
-- is REFUSED for an id that is not new, or MISMATCH and for how long no session may end.

if not fresh then return answer(REFUSED) end

local FEW = 8
local ended, count, indexed, first = '', redis.call('ZCARD', sessions), false, nil
local full = most > 0 and count >= most
if full then
  local last = redis.call('ZRANGE', index, -1, -1, 'WITHSCORES')
  first = tonumber(last[2])
  indexed = last[1] == '' and first > now and redis.call('ZCARD', index) == count + 1
end
if not indexed and (full or count > 0 and count % FEW == 0) and redis.call('ZREMRANGEBYSCORE', sessions, '-inf', gone) > 0 then
  redis.call('DEL', index)
  count = redis.call('ZCARD', sessions)
  full = most > 0 and count >= most
end
if full then
  local reindex, longestUnused, live, member = room()
  local prefix = string.sub(k, 1, -#id - 1)
  if not indexed then count, first = reindex(sessions, index, user, prefix, now) end
  while count >= most and ended == '' do
    local oldest, was = longestUnused(index, by)
    if not oldest then
      count, first = reindex(sessions, index, user, prefix, now)
      oldest, was = longestUnused(index, by)
      if not oldest and count >= most then
        redis.call('DEL', k)
        return answer(MISMATCH, math.max(math.min(first, MOST) - now, 1))
      end
    end
    if count < most then break end
    local other = string.sub(oldest, 1, -3)
    local v = redis.call('GET', prefix .. other)
    local s = live(v, now)
    if not s or s.user ~= user then
      count, first = reindex(sessions, index, user, prefix, now)
    elseif s.used > was then
      redis.call('ZADD', index, s.used, oldest)
    else
      redis.call('DEL', prefix .. other)
      redis.call('ZREM', sessions, other)
      redis.call('ZREM', index, oldest)
      ended = {other, v}
    end
  end
  if count > 0 then
    redis.call('ZADD', index, used, member(id, by))
    if ends < first then redis.call('ZADD', index, ends, '') end
  end
end
enlist(sessions, id, expires, listed)
return answer(OK, ended)
