-- Scores: see Score and Charge in store_score.go.

-- A score is its value, when that was changed last, and when it is forgotten. The former
-- layout lacks the last: such a score is forgotten with its key.
local scores = {}

local function scoreOf(raw)
  local s = {raw = raw or '', value = 0, at = 0, forget = 0, by = nil, is = ''}
  if raw then
    local value, at, forget = string.match(raw, '^(%S+) (%S+) ?(%S*)$')
    if value then s.value, s.at, s.forget = tonumber(value), tonumber(at), tonumber(forget) or math.huge end
  end
  return s
end

-- readCharges reads charges. A charge has the e-fold times in nanoseconds, and how long its
-- score is remembered.
local function readCharges()
  local n = count()
  if n == 0 then return NONE end
  local all = {}
  changed = true
  for i = 1, n do
    local k, raw = key()
    local s = scores[k]
    if not s then
      s = scoreOf(raw)
      scores[k] = s
    end
    local max, amount, debt, credit, life, below, weight
    max, amount, debt, credit, life, below, weight, at = struct.unpack('>ddi8i8i8dd', request, at)
    all[i] = {score = s, max = max, amount = amount, debt = debt, credit = credit, life = life, below = below, weight = weight}
  end
  return all
end

local function faded(s, c, at)
  if s.value == 0 or at >= s.forget then return 0 end
  if at <= s.at then return s.value end
  return s.value * math.exp(-(at - s.at) * 1000 / (s.value < 0 and c.credit or c.debt))
end

-- exceeds rounds half away from zero.
local function exceeds(sum, most)
  local size = math.abs(sum)
  local whole = math.floor(size)
  if size - whole >= 0.5 then whole = whole + 1 end
  if sum < 0 then whole = -whole end
  return whole > most
end

-- waits is how long a charge that is refused now will be: at most until the score is
-- forgotten, even where no wait would do.
local function waits(s, c, value)
  local longest = c.life
  if s.value ~= 0 and s.forget > now then longest = s.forget - now end
  longest = math.max(math.min(longest, MOST), 1)
  local below = math.floor(c.max) + 0.5 - c.amount -- a score below it is admitted
  if below <= 0 then return longest end
  local wait = math.max(1, math.min(math.ceil(c.debt / 1000 * math.log(value / below)), longest))
  wait = wait + math.max(0, s.at - now) -- until then nothing fades
  if wait < longest and exceeds(faded(s, c, now + wait) + c.amount, c.max) then wait = wait + 1 end
  return math.min(wait, longest)
end

-- change plans a change of a score that has faded to value.
local function change(s, c, value, by)
  if c.below ~= 0 and value < c.below then
    if c.weight == 0 then return end
    by = by * c.weight
  end
  s.at = s.value ~= 0 and math.max(s.at, now) or now
  s.value, s.forget = value + by, math.min(s.at + c.life, MOST)
  s.by = (s.by or 0) + by
end

-- charge plans charges; else it returns which of them refuses, and for how long.
local function charge(charges)
  for i = 1, #charges do
    local c = charges[i]
    local s = c.score
    local value = faded(s, c, now)
    if exceeds(value + c.amount, c.max) then return i, waits(s, c, value) end
    change(s, c, value, c.amount)
  end
end

-- credit plans to take by off the score of c.
local function credit(c, by)
  if by ~= 0 then change(c.score, c, faded(c.score, c, now), -by) end
end
