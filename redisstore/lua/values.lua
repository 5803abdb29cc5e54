-- values are what keys hold, false where there is nothing. One MGET is cheaper than many
-- GETs; unpack takes some thousand values at most.
local function values(of)
  local all = {}
  for from = 1, #of, 1000 do
    local some = redis.call('MGET', unpack(of, from, math.min(from + 999, #of)))
    for i, value in ipairs(some) do all[from + i - 1] = value end
  end
  return all
end
