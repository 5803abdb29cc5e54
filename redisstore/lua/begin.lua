-- BeginChallenge, or with store 0 all of it but the storing.

local k, given, renew, store = key(), arg(), arg(), arg() == '1'
local l, u = readLockout(), readUses()

local wait = locked(l)
if wait then return {REFUSED, 0, wait} end
local c = live(k, renew)
if renew ~= '' and not c then return {NOT_FOUND} end
local refused
refused, wait = use(u)
if refused then return {REFUSED, refused, wait} end

write()
local touched = ''
if store then
  local new = unpacked(given)
  if c then
    if renew ~= '' then c.id = new.id end
    c.pending = new.pending
    c.sends = math.min(c.sends + new.sends, 2147483647)
    c.expires = math.min(new.expires, c.until_)
    touched = packed(c)
    keep(k, touched, c.expires - now)
  else
    keep(k, given, new.expires - now)
  end
end
return {OK, tatsOf(u.takes), store and {} or changes(u), touched}
