-- A session is one string: see record.go. Its first byte is the version: the former
-- layout had none, and began with the highest byte of a time, 0 or 255.

local VERSION, TOMBSTONE = 1, 2
local HEAD, HEADED = '>Bi8i8i8BI2I2I2I2', 34

-- ZERO is the zero time.
local ZERO = -62135596800000000

local function unpacked(v)
  local s, digest, previous, client, place = {by = 0}, 0, 0, 0, 0
  local at, _ = HEADED, nil
  if string.byte(v) == VERSION then
    _, s.expires, s.idle, s.rotated, s.by, digest, previous, client, place = struct.unpack(HEAD, v)
  else
    at = 28
    s.expires, s.idle, s.rotated, digest, previous = struct.unpack('>i8i8i8I2I2', v)
  end
  s.digest = string.sub(v, at + 1, at + digest)
  at = at + digest
  s.previous = string.sub(v, at + 1, at + previous)
  s.rest = string.sub(v, at + previous + client + place + 1)
  s.user, _, _, s.created = struct.unpack('>I2c0I2c0i8i8', s.rest)
  s.used = s.rotated == ZERO and s.created or s.rotated
  return s
end

-- live is the session that v holds, if it holds one that is live at now.
local function live(v, now)
  if not v or string.byte(v) == TOMBSTONE then return nil end
  local s = unpacked(v)
  if now < s.expires and now < s.idle then return s end
end
