-- The ids of a user's sessions and what is kept of each, where they are in one slot with the
-- list. An empty string is for one that is gone.

local ids, keys = redis.call('ZRANGE', KEYS[1], 0, -1), {}
for i, id in ipairs(ids) do keys[i] = ARGV[1] .. id end
local all = values(keys)
for i, value in ipairs(all) do all[i] = value or '' end
return {OK, ids, all}
