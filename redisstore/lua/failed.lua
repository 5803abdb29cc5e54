-- CountFailure.

local l, wait = readLockout()
if wait then return {REFUSED, 0, wait} end
fail(l)
return {OK}
