-- AttemptChallenge, with as much of its takes and gifts as is in this slot. With ruled 1 there are some.

local ruled
ruled, at = struct.unpack('B', numbers, at)
local l, wait = readLockout()
if wait then return {REFUSED, 0, wait} end
local readGifts, give, write
if ruled == 1 then
  local readTakes, admit, refused
  readTakes, admit, readGifts, give, write = rules()
  refused, wait = admit(readTakes())
  if refused then return {REFUSED, refused, wait} end
end

local candidates = {}
for i = 1, count() do
  local id, digests, n, stores, store, value, life = text(), {}, 0, 0, nil, nil, nil
  local k, raw = key()
  n, stores, at = struct.unpack('>I2B', numbers, at)
  for j = 1, n do digests[j] = text() end
  if stores == 1 then
    store, value, life = key(), text(), text()
  end
  candidates[i] = {key = k, held = raw, id = id, digests = digests, store = store, value = value, life = life,
    gifts = readGifts and readGifts()}
end

local which, of, c
for i, o in ipairs(candidates) do
  c = live(o.key, o.held, o.id)
  if c then
    which, of = i, o
    break
  end
end
if not c then
  if write then write() end
  return {NOT_FOUND}
end

-- A try is counted before anything is compared, and this is the first write. So a server whose memory is
-- full refuses right codes as it refuses wrong ones. Else those could be tried without end.
c.tries = c.tries - 1
local left = string.sub(c.packed, 1, 16) .. struct.pack('>I4', c.tries) .. string.sub(c.packed, 21)
redis.call('SET', of.key, left, 'KEEPTTL')

local equal = false
for _, digest in ipairs(of.digests) do
  if digest ~= '' and digest == c.digest then equal = true end
end
if not equal then
  if write then write() end
  fail(l)
  if c.tries <= 0 then redis.call('DEL', of.key) end
  return {MISMATCH, which, left}
end

local given = of.gifts and give(of.gifts, c.sends) or 0
if write then write() end
redis.call('DEL', of.key)
if l and l.held then redis.call('DEL', l.key) end
if of.gifts then
  for _, k in ipairs(of.gifts.clear) do redis.call('DEL', k) end
end
if of.store then redis.call('SET', of.store, of.value, 'PX', of.life) end
