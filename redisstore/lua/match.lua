-- What a match does. given says whether there was a reward.

local given = gifts and give(gifts, c.sends) or 0
if write then write() end
redis.call('DEL', of)
if l and l.held then redis.call('DEL', l.key) end
if gifts then
  for _, k in ipairs(gifts.clear) do redis.call('DEL', k) end
end
if store then redis.call('SET', store, value, 'PX', life) end
