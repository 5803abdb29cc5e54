-- What keys hold, at one moment; an empty string where there is nothing.

local all = values(KEYS)
for i, value in ipairs(all) do all[i] = value or '' end
return {OK, all}
