-- What is kept of the sessions of a user, where they are in one slot with the list.

local of = key()
local ids, known = readKnown()
local all = unknown(of, known)
if all then return {AGAIN, all} end
for i, id in ipairs(ids) do ids[i] = redis.call('GET', known[id]) or '' end
return {OK, ids}
