-- AttemptChallenge, with as much of its takes and gifts as is in this slot. With ruled 1 there are some.

local ruled, has
ruled, has, at = struct.unpack('BB', request, at)
local l, wait = readLockout(has)
if wait then return {REFUSED, 0, wait} end
local readGifts, give, write
if ruled == 1 then
  local readTakes, admit, refused
  readTakes, admit, readGifts, give, write = rules()
  refused, wait = admit(readTakes())
  if refused then return {REFUSED, refused, wait} end
end

-- which is the first candidate that is live, c that challenge, and of its key. On a match, value is stored in store.
local candidates, which, of, c, equal, store, value, life, gifts
candidates, at = struct.unpack('>I2', request, at)
for i = 1, candidates do
  local k, raw = key()
  local id, digests, stores
  id, digests, stores, at = struct.unpack('>I4c0I2B', request, at)
  local is = not c and live(k, raw, id)
  if is then which, of, c = i, k, is end
  for _ = 1, digests do
    local digest
    digest, at = struct.unpack('>I4c0', request, at)
    if is and digest ~= '' and digest == is.digest then equal = true end
  end
  if stores == 1 then
    local next, v, ms = key(), nil, nil
    v, ms, at = struct.unpack('>I4c0I4c0', request, at)
    if is then store, value, life = next, v, ms end
  end
  local g = readGifts and readGifts()
  if is then gifts = g end
end
if not c then
  if write then write() end
  return {NOT_FOUND}
end

-- A try is counted before anything else is written. So a server whose memory is full refuses right codes as it
-- refuses wrong ones. Else those could be tried without end. With a right code, a session does that, which is
-- stored first: AttemptSession says next whether there is one.
local opens = string.byte(request, at) == 1
c.tries = c.tries - 1
if not (equal and opens) then
  local left = string.sub(c.packed, 1, 16) .. struct.pack('>I4', c.tries) .. string.sub(c.packed, 21)
  redis.call('SET', of, left, 'KEEPTTL')
  if not equal then
    if write then write() end
    fail(l)
    if c.tries <= 0 then redis.call('DEL', of) end
    return {MISMATCH, which, left}
  end
end
