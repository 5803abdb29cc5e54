-- A challenge is one string: see challenge.go.

local HEAD, HEADED = '>i8i8I4I4I2I2I2', 30

local function unpacked(v)
  local expires, until_, tries, sends, ids, digests, sealeds = struct.unpack(HEAD, v)
  local at = HEADED + ids
  return {packed = v, expires = expires, until_ = until_, tries = tries, sends = sends, sealeds = sealeds,
    id = string.sub(v, HEADED + 1, at), digest = string.sub(v, at + 1, at + digests), rest = at + digests + 1}
end

-- packed is c with its sealed blob, and with what is pending.
local function packed(c, pending)
  return struct.pack(HEAD, c.expires, c.until_, c.tries, c.sends, #c.id, #c.digest, c.sealeds) ..
    c.id .. c.digest .. string.sub(c.packed, c.rest, c.rest + c.sealeds - 1) .. pending
end

-- tried is c as it was, with c.tries.
local function tried(c) return string.sub(c.packed, 1, 16) .. struct.pack('>I4', c.tries) .. string.sub(c.packed, 21) end

local function pending(c) return string.sub(c.packed, c.rest + c.sealeds) end

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
