-- Limits: see Limit and Take in store_limit.go. What a script does to limits and scores
-- is planned first and written by write(), in plan.lua: a refusal has nothing to undo.

local now = num()

-- held is what the keys hold when the script begins.
local held = {}
for i, value in ipairs(values(KEYS)) do held[KEYS[i]] = value end

-- A limit is its tat.
local tats = {}
local function tat(k)
  local t = tats[k]
  if not t then
    local was = tonumber(held[k])
    t = {raw = held[k] or '', was = was, at = was or -math.huge}
    tats[k] = t
  end
  return t
end

-- A take has by how much it moves the tat, and how far that may be ahead of now.
local function readTakes()
  return list(function() return {key = key(), span = num(), room = num()} end)
end

-- admit plans takes, or only asks; else it returns which of them refuses, and for how
-- long.
local function admit(takes, asking)
  for i, take in ipairs(takes) do
    local t = tat(take.key)
    local after = math.min(math.max(t.at, now) + take.span, MOST)
    local wait = after - now - take.room
    if wait > 0 then return i, math.min(wait, MOST) end
    if not asking then t.at = after end
  end
end

-- giveBack plans to give takes back so many times.
local function giveBack(takes, times)
  for _, take in ipairs(takes) do
    local t = tat(take.key)
    t.at = t.at - take.span * times
  end
end
