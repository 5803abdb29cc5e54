-- A session is one string: see record.go. Its first byte is the version: the former
-- layout had none, and began with the highest byte of a time, 0 or 255.

local VERSION, TOMBSTONE = 1, 2
local HEAD, HEADED = '>Bi8i8i8BI2I2I2I2', 34

-- ZERO is the zero time.
local ZERO = -62135596800000000

local function unpacked(v)
  local at, by, client, place, _, expires, idle, rotated, digest, previous = HEADED, 0, 0, 0
  if string.byte(v) == VERSION then
    _, expires, idle, rotated, by, digest, previous, client, place = struct.unpack(HEAD, v)
  else
    at = 28
    expires, idle, rotated, digest, previous = struct.unpack('>i8i8i8I2I2', v)
  end
  local rest = at + digest + previous + client + place + 1
  local user, _, _, created = struct.unpack('>I2c0I2c0i8i8', v, rest)
  return {expires = expires, idle = idle, rotated = rotated, by = by, user = user,
    digest = string.sub(v, at + 1, at + digest), previous = string.sub(v, at + digest + 1, at + digest + previous),
    rest = rest, used = rotated == ZERO and created or rotated}
end

-- live is the session that v holds, if it holds one that is live at now.
local function live(v, now)
  if not v or string.byte(v) == TOMBSTONE then return nil end
  local s = unpacked(v)
  if now < s.expires and now < s.idle then return s end
end
