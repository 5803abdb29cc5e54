-- CountFailure.

local has
has, at = struct.unpack('B', request, at)
local l, wait = readLockout(has)
if wait then return {REFUSED, 0, wait} end
fail(l)
return {OK}
