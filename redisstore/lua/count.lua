-- CountFailure; with ask 1 only whether it is locked.

local ask, f = arg() == '1', readFailures()
local wait = locked(f)
if wait then return {REFUSED, 0, wait} end
if not ask then count(f) end
return {OK}
