-- CreateSession where the user's list and all sessions are in one slot. The rule by which
-- one must end is NewSession.Evict in store_session.go.

local now, of, k, id, value, user, by = num(), key(), key(), arg(), arg(), arg(), arg() == '1'
local expires, gone, listed, life, most = arg(), arg(), num(), num(), num()
local ids, known = readKnown()

-- before orders strings by their bytes: < goes by the locale of the server.
local function before(a, b)
  for i = 1, math.min(#a, #b) do
    local x, y = string.byte(a, i), string.byte(b, i)
    if x ~= y then return x < y end
  end
  return #a < #b
end

if redis.call('EXISTS', k) == 1 then return {REFUSED} end
unlistGone(of, gone)
local ended = ''
if most > 0 and redis.call('ZCARD', of) >= most then
  local all = unknown(of, known)
  if all then return {AGAIN, all} end
  local count, ends, oldest = 0, math.huge, nil
  for _, other in ipairs(redis.call('ZRANGE', of, 0, -1)) do
    local v = redis.call('GET', known[other])
    local s = live(v, now)
    if s and s.user == user then
      count = count + 1
      ends = math.min(ends, s.expires, s.idle)
      s.id, s.packed = other, v
      s.used = s.rotated == ZERO and s.created or s.rotated
      if (s.by == 1 or not by) and
        (not oldest or s.used < oldest.used or (s.used == oldest.used and before(oldest.id, other))) then
        oldest = s
      end
    else
      redis.call('ZREM', of, other)
    end
  end
  if count >= most then
    if not oldest then return {MISMATCH, math.max(math.min(ends, MOST) - now, 1)} end
    redis.call('DEL', known[oldest.id])
    redis.call('ZREM', of, oldest.id)
    ended = {oldest.id, oldest.packed}
  end
end
enlist(of, id, expires, listed)
keep(k, value, life)
return {OK, ended}
