-- Limits: see Limit and Take in store_limit.go. What a script does to limits and scores
-- is planned first and written by write(), in plan.lua: a refusal has nothing to undo.

local NONE = {} -- a list of nothing; nobody writes to it

-- int is x as text. What is kept must have all digits.
local function int(x) return string.format('%.0f', x) end

-- count reads how many items follow.
local function count()
  local n
  n, at = struct.unpack('>I2', request, at)
  return n
end

-- A limit is its tat. changed is true once one was read.
local tats, changed = {}, false

-- readTakes reads takes. Each has by how much it moves the tat, and how far that may be
-- ahead of now.
local function readTakes()
  local n = count()
  if n == 0 then return NONE end
  local all = {}
  changed = true
  for i = 1, n do
    local k, raw = key()
    local t = tats[k]
    if not t then
      local was = raw and tonumber(raw)
      t = {raw = raw or '', was = was, at = was or -math.huge, is = ''}
      tats[k] = t
    end
    local span, room
    span, room, at = struct.unpack('>i8i8', request, at)
    all[i] = {tat = t, span = span, room = room}
  end
  return all
end

-- admit plans takes, or only asks; else it returns which of them refuses, and for how
-- long.
local function admit(takes, asking)
  for i = 1, #takes do
    local take = takes[i]
    local t = take.tat
    local after = (t.at > now and t.at or now) + take.span
    if after > MOST then after = MOST end
    local wait = after - now - take.room
    if wait > 0 then return i, math.min(wait, MOST) end
    if not asking then t.at = after end
  end
end

-- giveBack plans to give takes back so many times.
local function giveBack(takes, times)
  for _, take in ipairs(takes) do take.tat.at = take.tat.at - take.span * times end
end
