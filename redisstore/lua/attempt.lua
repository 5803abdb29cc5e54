-- AttemptChallenge, with as much of its takes, credits and bonus as is in this slot.

local k, id, digests = key(), arg(), {}
for i = 1, num() do digests[i] = arg() end
local after
if arg() == '1' then after = {key = key(), packed = arg()} end
local f = readFailures()
local takes, back, bonus, more = readTakes(), readTakes(), readTakes(), num()
local earned = readBudgets()

local wait = locked(f)
if wait then return {REFUSED, 0, wait} end
local refused
refused, wait = admit(takes)
if refused then return {REFUSED, refused, wait} end

local c = live(k, id)
if not c then
  write()
  return {NOT_FOUND}
end

local equal = false
for _, digest in ipairs(digests) do
  if digest ~= '' and digest == c.digest then equal = true end
end
if not equal then
  write()
  count(f)
  c.tries = c.tries - 1
  local left = packed(c)
  if c.tries > 0 then
    keep(k, left, c.expires - now)
  else
    redis.call('DEL', k)
  end
  return {MISMATCH, left}
end

redis.call('DEL', k)
if after then keep(after.key, after.packed, unpacked(after.packed).expires - now) end
if f then redis.call('DEL', f.key) end
admit(back)
local extra, given = 0, 0
if #bonus > 0 and not admit(bonus) then extra, given = more, 1 end
for _, b in ipairs(earned) do
  local s = score(b.key)
  change(s, b, faded(s, b, now), c.sends * b.add + extra)
end
write()
return {OK, c.packed, given}
