-- CountFailure.

local l = readLockout()
local wait = locked(l)
if wait then return {REFUSED, 0, wait} end
fail(l)
return {OK}
