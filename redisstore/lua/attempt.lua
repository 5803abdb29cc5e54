-- AttemptChallenge, with as much of its takes and gifts as is in this slot.

local l, takes = readLockout(), readTakes()
local candidates = list(function()
  local o = {key = key(), id = arg(), digests = list(arg)}
  if arg() == '1' then o.store = {key = key(), packed = arg()} end
  o.gifts = readGifts()
  return o
end)

local wait = locked(l)
if wait then return {REFUSED, 0, wait} end
local refused
refused, wait = admit(takes)
if refused then return {REFUSED, refused, wait} end

local which, of, c
for i, o in ipairs(candidates) do
  c = live(o.key, o.id)
  if c then
    which, of = i, o
    break
  end
end
if not c then
  write()
  return {NOT_FOUND}
end

local equal = false
for _, digest in ipairs(of.digests) do
  if digest ~= '' and digest == c.digest then equal = true end
end
if not equal then
  write()
  fail(l)
  c.tries = c.tries - 1
  local left = packed(c)
  if c.tries > 0 then
    keep(of.key, left, c.expires - now)
  else
    redis.call('DEL', of.key)
  end
  return {MISMATCH, which, left}
end

local given = give(of.gifts, c.sends)
write()
redis.call('DEL', of.key)
if l then redis.call('DEL', l.key) end
for _, k in ipairs(of.gifts.clear) do redis.call('DEL', k) end
if of.store then keep(of.store.key, of.store.packed, unpacked(of.store.packed).expires - now) end
return {OK, which, c.packed, given}
