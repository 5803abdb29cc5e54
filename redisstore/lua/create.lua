-- CreateSession where the user's list and all sessions are in one slot. The rule by which
-- one must end is NewSession.Evict in store_session.go. Keys of sessions are made from their
-- ids here: that is for one node only.
--
-- A session that has ended by itself stays in the list until that is full, or names FEW sessions.
--
-- To the answer it adds OK and what had to end, an empty string for nothing. Else it has done nothing, and
-- adds REFUSED for an id that is not new, or MISMATCH and for how long no session may end.

if not redis.call('SET', k, value, 'NX', 'PX', life) then
  table.insert(answer, REFUSED)
  return answer
end

local FEW = 8
local ended, first = '', nil
local count = redis.call('ZCARD', of)
if (count >= FEW or count >= most) and redis.call('ZREMRANGEBYSCORE', of, '-inf', gone) > 0 then
  redis.call('DEL', index)
  count = redis.call('ZCARD', of)
end
if most > 0 and count >= most then
  local reindex, longestUnused, live, member = room()
  local last = redis.call('ZRANGE', index, -1, -1, 'WITHSCORES')
  first = tonumber(last[2])
  if last[1] ~= '' or first <= now or redis.call('ZCARD', index) ~= count + 1 then
    count, first = reindex(of, index, user, prefix, now)
  end
  while count >= most and ended == '' do
    local oldest, was = longestUnused(index, by)
    if not oldest then
      count, first = reindex(of, index, user, prefix, now)
      oldest, was = longestUnused(index, by)
      if not oldest and count >= most then
        redis.call('DEL', k)
        table.insert(answer, MISMATCH)
        table.insert(answer, math.max(math.min(first, MOST) - now, 1))
        return answer
      end
    end
    if count < most then break end
    local other = string.sub(oldest, 1, -3)
    local v = redis.call('GET', prefix .. other)
    local s = live(v, now)
    if not s or s.user ~= user then
      count, first = reindex(of, index, user, prefix, now)
    elseif s.used > was then
      redis.call('ZADD', index, int(s.used), oldest)
    else
      redis.call('DEL', prefix .. other)
      redis.call('ZREM', of, other)
      redis.call('ZREM', index, oldest)
      ended = {other, v}
    end
  end
  if count > 0 then
    redis.call('ZADD', index, int(used), member(id, by))
    if ends < first then redis.call('ZADD', index, int(ends), '') end
  end
end
enlist(of, id, expires, listed)
table.insert(answer, OK)
table.insert(answer, ended)
return answer
