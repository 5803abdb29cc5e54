-- CreateSession where the user's list and all sessions are in one slot. The rule by which
-- one must end is NewSession.Evict in store_session.go. Keys of sessions are made from their
-- ids here: that is for one node only.

local of, index, k = KEYS[1], KEYS[2], KEYS[3]
local numbers, id, value, life, user, prefix, expires, gone, listed = unpack(ARGV)
local now, used, ends, most, by = struct.unpack('>i8i8i8i8B', numbers)

if not redis.call('SET', k, value, 'NX', 'PX', life) then return {REFUSED} end
if redis.call('ZREMRANGEBYSCORE', of, '-inf', gone) > 0 then redis.call('DEL', index) end

local ended, first = '', nil
local count = most > 0 and redis.call('ZCARD', of) or -1
if count >= most then
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
        return {MISMATCH, math.max(math.min(first, MOST) - now, 1)}
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
return {OK, ended}
