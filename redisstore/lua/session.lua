-- A session is one string: see record.go.

local HEAD = '>i8i8i8I2I2'
local HEADED = 28

local function unpacked(v)
  local s = {}
  local digest, previous, user
  s.expires, s.idle, s.rotated, digest, previous = struct.unpack(HEAD, v)
  local at = HEADED + digest
  s.digest = string.sub(v, HEADED + 1, at)
  s.previous = string.sub(v, at + 1, at + previous)
  at = at + previous
  s.rest = string.sub(v, at + 1)
  user = struct.unpack('>I2', s.rest)
  s.user = string.sub(s.rest, 3, 2 + user)
  return s
end

local function packed(s)
  return struct.pack(HEAD, s.expires, s.idle, s.rotated, #s.digest, #s.previous) .. s.digest .. s.previous .. s.rest
end

local function live(k, now)
  local v = redis.call('GET', k)
  if not v then return nil end
  local s = unpacked(v)
  if now < s.expires and now < s.idle then return s, v end
end
