-- What several scripts do to limits and scores.

-- readUses reads asks, takes and charges.
local function readUses() return {asks = readTakes(), takes = readTakes(), charges = readCharges()} end

-- use plans them; else it returns which of them all refuses, counted through, and for how
-- long.
local function use(u)
  local refused, wait = admit(u.asks, true)
  if refused then return refused, wait end
  refused, wait = admit(u.takes)
  if refused then return #u.asks + refused, wait end
  refused, wait = charge(u.charges)
  if refused then return #u.asks + #u.takes + refused, wait end
end

-- readGifts reads what is given on a match: takes that are given back once, those that
-- are for each send, a reward, credits, and keys of scores to be forgotten.
local function readGifts()
  local some
  some, at = struct.unpack('B', request, at)
  if some == 0 then return nil end
  local once, sends, reward, more = readTakes(), readTakes(), readTakes(), 0
  more, at = struct.unpack('>d', request, at)
  local credits, clear = readCharges(), {}
  for i = 1, count() do clear[i] = key() end
  return {once = once, sends = sends, reward = reward, more = more, credits = credits, clear = clear}
end

-- give plans g after so many sends, and says whether there was a reward. Credits are
-- positive: they are taken off.
local function give(g, sends)
  giveBack(g.once, 1)
  if sends > 0 then giveBack(g.sends, sends) end
  local more, given = 0, 0
  if #g.reward > 0 and not admit(g.reward) then more, given = g.more, 1 end
  for _, c in ipairs(g.credits) do credit(c, sends * c.amount + more) end
  return given
end

-- write does what was planned.
local function write()
  if not changed then return end
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
    if s.by then
      s.is = ''
      if s.value == 0 then
        redis.call('DEL', k)
      else
        s.is = string.format('%.17g %.0f %.0f', s.value, s.at, s.forget)
        keep(k, s.is, s.forget - now)
      end
    end
  end
end

-- tatsOf are the tats of takes that were planned.
local function tatsOf(takes)
  local all = {}
  for i = 1, #takes do all[i] = int(takes[i].tat.at) end
  return all
end

-- changes are what undo must know of takes and charges that were written: for each, what
-- its key holds and held, and for charges by how much that was changed.
local function changes(u)
  local all = {}
  for _, take in ipairs(u.takes) do table.insert(all, {take.tat.is, take.tat.raw}) end
  for _, c in ipairs(u.charges) do
    local s = c.score
    table.insert(all, s.by and {s.is, s.raw, string.format('%.17g', s.by)} or {})
  end
  return all
end
