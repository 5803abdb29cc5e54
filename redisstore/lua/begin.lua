-- BeginChallenge, or with store 0 all of it but the storing.

local k, old = key()
local given, renew, life = text(), text(), text()
local store
store, at = struct.unpack('B', numbers, at)
local l, u = readLockout(), readUses()

local wait = locked(l)
if wait then return {REFUSED, 0, wait} end
local c = live(k, old, renew)
if renew ~= '' and not c then return {NOT_FOUND} end
local refused
refused, wait = use(u)
if refused then return {REFUSED, refused, wait} end

write()
local touched
if store == 1 then
  if c then
    local new = unpacked(given)
    if renew ~= '' then c.id = new.id end
    c.sends = math.min(c.sends + new.sends, 2147483647)
    c.expires = math.min(new.expires, c.until_)
    touched = packed(c, pending(new))
    keep(k, touched, c.expires - now)
  else
    redis.call('SET', k, given, 'PX', life)
  end
end
if not changed then return {OK, NONE, NONE, touched} end
return {OK, tatsOf(u.takes), store == 1 and NONE or changes(u), touched}
