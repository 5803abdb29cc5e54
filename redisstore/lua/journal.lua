-- An entry of the journal is one string: see journal_record.go.

local ENTRY, ENTRY_HEAD, ENTRY_HEADED = 1, '>Bi8i8I4I2I2I2I2', 29

local function unpacked(v)
  local e, print, user, message, kind = {}, 0, 0, 0, 0
  local at, _ = ENTRY_HEADED, nil
  _, e.time, e.expires, e.count, print, user, message, kind = struct.unpack(ENTRY_HEAD, v)
  local function part(size)
    at = at + size
    return string.sub(v, at - size + 1, at)
  end
  e.print, e.user, e.message, e.kind = part(print), part(user), part(message), part(kind)
  e.data = string.sub(v, at + 1)
  return e
end

local function packed(e)
  return struct.pack(ENTRY_HEAD, ENTRY, e.time, e.expires, e.count, #e.print, #e.user, #e.message, #e.kind) ..
    e.print .. e.user .. e.message .. e.kind .. e.data
end
