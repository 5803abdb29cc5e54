-- Gives back and credits. Nothing refuses that; the answer says whether the reward was
-- given.

local g = readGifts()
local given = give(g, 1)
write()
for _, k in ipairs(g.clear) do redis.call('DEL', k) end
return {OK, given}
