-- A challenge is one string: see challenge.go.

local HEAD = '>i8i8I4I4I2I2I2'
local HEADED = 30

local function unpacked(v)
  local c = {}
  c.expires, c.until_, c.tries, c.sends, c.ids, c.digests, c.sealeds = struct.unpack(HEAD, v)
  local at = HEADED + c.ids
  c.id = string.sub(v, HEADED + 1, at)
  c.digest = string.sub(v, at + 1, at + c.digests)
  at = at + c.digests
  c.sealed = string.sub(v, at + 1, at + c.sealeds)
  c.pending = string.sub(v, at + c.sealeds + 1)
  return c
end

local function packed(c)
  return struct.pack(HEAD, c.expires, c.until_, c.tries, c.sends, #c.id, #c.digest, #c.sealed) ..
    c.id .. c.digest .. c.sealed .. c.pending
end

-- live is the challenge at k, if it is live and, unless id is empty, that one. What is
-- gone goes for good, so that a clock that is behind does not find it again.
local function live(k, id)
  local v = held[k]
  if not v then return nil end
  local c = unpacked(v)
  if now >= c.expires then
    redis.call('DEL', k)
  elseif id == '' or id == c.id then
    c.packed = v
    return c
  end
end
