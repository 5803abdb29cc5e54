-- SessionByID.

local now, k = num(), key()
local s, v = live(k, now)
if not s then return {NOT_FOUND} end
return {OK, v}
