-- BeginChallenge, or with store 0 all of it but the storing. With ruled 1 there are limits or scores.

local k, old = key()
local given, renew, life, store, ruled, has
given, renew, life, store, ruled, has, at = struct.unpack('>I4c0I4c0I4c0BBB', request, at)

local l, wait = readLockout(has)
if wait then return {REFUSED, 0, wait} end
local c = live(k, old, renew)
if renew ~= '' and not c then return {NOT_FOUND} end
local tats, undone
if ruled == 1 then
  local readUses, use, write, tatsOf, changes = rules()
  local u = readUses()
  local refused
  refused, wait = use(u)
  if refused then return {REFUSED, refused, wait} end
  write()
  tats, undone = tatsOf(u.takes), store == 0 and changes(u)
end

local touched
if store == 1 then
  if c then
    local new = unpacked(given)
    if renew ~= '' then c.id = new.id end
    c.sends = math.min(c.sends + new.sends, 2147483647)
    c.expires = math.min(new.expires, c.until_)
    touched = struct.pack(HEAD, c.expires, c.until_, c.tries, c.sends, #c.id, #c.digest, c.sealeds) .. c.id .. c.digest ..
      string.sub(c.packed, c.rest, c.rest + c.sealeds - 1) .. string.sub(given, new.rest + new.sealeds)
    keep(k, touched, c.expires - now)
  else
    redis.call('SET', k, given, 'PX', life)
  end
end
return {OK, tats or 0, undone or 0, touched}
