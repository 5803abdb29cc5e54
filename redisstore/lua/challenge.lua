-- A challenge is one string: see challenge.go.

local HEAD, HEADED = '>i8i8I4I4I2I2I2', 30

local function unpacked(v)
  local expires, until_, tries, sends, ids, digests, sealeds = struct.unpack(HEAD, v)
  local at = HEADED + ids
  return {packed = v, expires = expires, until_ = until_, tries = tries, sends = sends, sealeds = sealeds,
    id = string.sub(v, HEADED + 1, at), digest = string.sub(v, at + 1, at + digests), rest = at + digests + 1}
end

-- live is the challenge that v holds, the value of k, if it is live and, unless id is empty,
-- that one. What is gone goes for good, so that a clock that is behind does not find it again.
local function live(k, v, id)
  if not v then return nil end
  local c = unpacked(v)
  if now >= c.expires then
    redis.call('DEL', k)
  elseif id == '' or id == c.id then
    return c
  end
end
