-- Limits, budgets and failure counters. What a call does to limits and budgets is
-- planned first and written by write(): a refusal has nothing to undo.

local now = num()

-- held is what the keys hold when the script begins: one read is cheaper than many.
local held = {}
for i, value in ipairs(redis.call('MGET', unpack(KEYS))) do held[KEYS[i]] = value end

-- A limit is its tat.
local tats = {}
local function tat(k)
  local t = tats[k]
  if not t then
    local raw = held[k]
    local was = tonumber(raw)
    t = {raw = raw or '', was = was, at = was or -math.huge, again = 0}
    tats[k] = t
  end
  return t
end

local function readTakes()
  local takes = {}
  for i = 1, num() do
    takes[i] = {key = key(), burst = num(), every = num(), cost = num()}
  end
  return takes
end

-- admit plans takes; else it returns which of them refuses, and for how long.
local function admit(takes)
  for i, take in ipairs(takes) do
    local t = tat(take.key)
    if take.cost < 0 then
      t.at = t.at + take.cost * take.every
    else
      local after = math.max(t.at, now) + math.max(take.cost, 1) * take.every
      local wait = after - now - take.burst * take.every
      if wait > 0 then return i, wait end
      if take.cost > 0 then t.at = after end
    end
  end
end

-- resend is when takes, asked again after their plan, would all be admitted.
local function resend(takes)
  local at = now
  for _, take in ipairs(takes) do
    local t = tat(take.key)
    if take.cost >= 0 then
      local asked = t.again + math.max(take.cost, 1) * take.every
      at = math.max(at, t.at + asked - take.burst * take.every)
    end
    t.again = t.again + take.cost * take.every
  end
  return at
end

-- A budget is its score and when that was changed last.
local scores = {}
local function score(k)
  local s = scores[k]
  if not s then
    s = {value = 0, at = -math.huge}
    local raw = held[k]
    if raw then
      local value, at = string.match(raw, '^(%S+) (%S+)$')
      s.value, s.at = tonumber(value), tonumber(at)
    end
    s.raw = raw or ''
    scores[k] = s
  end
  return s
end

local function readBudgets()
  local budgets = {}
  for i = 1, num() do
    local b = {key = key(), max = num(), add = num(), owed = num(), earned = num(), thin = num(), weight = num()}
    b.kept = 4 * math.ceil(math.max(b.owed, b.earned))
    budgets[i] = b
  end
  return budgets
end

local function faded(s, b, at)
  if s.value == 0 or at >= s.at + b.kept then return 0 end
  if at <= s.at then return s.value end
  return s.value * math.exp(-(at - s.at) / (s.value < 0 and b.earned or b.owed))
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
local function waits(s, b, value)
  local longest = b.kept
  if s.value ~= 0 and s.at + b.kept > now then longest = s.at + b.kept - now end
  local below = math.floor(b.max) + 0.5 - b.add -- a score below it is admitted
  if below <= 0 then return math.max(longest, 1) end
  local wait = math.max(1, math.min(math.ceil(b.owed * math.log(value / below)), longest))
  wait = wait + math.max(0, s.at - now) -- until then nothing fades
  if wait < longest and exceeds(faded(s, b, now + wait) + b.add, b.max) then wait = wait + 1 end
  return math.max(1, math.min(wait, longest))
end

-- change plans a change of the score.
local function change(s, b, value, by)
  if b.thin ~= 0 and value < b.thin then by = by * b.weight end
  if by == 0 then return end
  s.value, s.at = value + by, math.max(s.at, now)
  s.kept = b.kept
  s.by = (s.by or 0) + by
end

-- charge plans budgets; else it returns which of them refuses, and for how long.
local function charge(budgets)
  for i, b in ipairs(budgets) do
    local s = score(b.key)
    local value = faded(s, b, now)
    if exceeds(value + b.add, b.max) then return i, waits(s, b, value) end
    change(s, b, value, b.add)
  end
end

-- write does what was planned.
local function write()
  for k, t in pairs(tats) do
    t.is = ''
    if t.at > now then
      t.is = int(t.at)
      if t.at ~= t.was then keep(k, t.is, t.at - now) end
    elseif t.was then
      redis.call('DEL', k)
    end
  end
  for k, s in pairs(scores) do
    if s.kept then
      s.is = ''
      if s.value == 0 then
        redis.call('DEL', k)
      else
        s.is = string.format('%.17g %.0f', s.value, s.at)
        keep(k, s.is, s.at + s.kept - now)
      end
    end
  end
end

-- changes are what undo must know of takes and budgets that were written: for each,
-- what its key holds and held, and for budgets by how much that was changed.
local function changes(takes, budgets)
  local all = {}
  for _, take in ipairs(takes) do
    local t = tat(take.key)
    table.insert(all, {t.is, t.raw})
  end
  for _, b in ipairs(budgets) do
    local s = score(b.key)
    table.insert(all, s.by and {s.is, s.raw, string.format('%.17g', s.by)} or {})
  end
  return all
end

-- A failure counter is its count, the end of its lock, and when it is forgotten unless
-- it is locked then.
local function readFailures()
  if arg() == '0' then return nil end
  local f = {key = key(), forget = num(), steps = {}, count = 0, lock = 0, over = 0}
  for i = 1, num() do f.steps[i] = {at = num(), wait = num()} end
  local raw = held[f.key]
  if raw then
    local count, lock, over = string.match(raw, '^(%S+) (%S+) (%S+)$')
    f.count, f.lock, f.over = tonumber(count), tonumber(lock), tonumber(over)
  end
  return f
end

-- locked is how long f is, if it is.
local function locked(f)
  if f and f.count > 0 and now < f.lock then return f.lock - now end
end

-- count counts a failure of f, which is not locked, and writes it.
local function count(f)
  if not f then return end
  if f.count == 0 or now >= math.max(f.lock, f.over) then f.count, f.lock, f.over = 0, 0, 0 end
  f.count = f.count + 1
  for i, step in ipairs(f.steps) do
    if f.count == step.at or (f.count > step.at and i == #f.steps) then f.lock = now + step.wait end
  end
  f.over = math.max(f.over, now + f.forget)
  keep(f.key, string.format('%.0f %.0f %.0f', f.count, f.lock, f.over), math.max(f.lock, f.over) - now)
end
