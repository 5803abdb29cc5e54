-- Gives back and credits. Nothing refuses that; the answer says whether the reward was
-- given.

local g = readGifts()
if not g then return {OK, 0} end
local given = give(g, 1)
write()
for _, k in ipairs(g.clear) do redis.call('DEL', k) end
return {OK, given}
