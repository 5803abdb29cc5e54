-- Asks, takes and charges, all or none, where a lockout is not locked; with undo 1 it
-- answers what undo.lua must know.

local undo, has
undo, has, at = struct.unpack('BB', request, at)
local _, wait = readLockout(has)
if wait then return {REFUSED, 0, wait} end
local u = readUses()
local refused
refused, wait = use(u)
if refused then return {REFUSED, refused, wait} end
write()
return {OK, tatsOf(u.takes), undo == 1 and changes(u) or 0}
