-- What AttemptSession does on a match. It answers as AttemptChallenge does. What is in create.lua follows,
-- unless there is no session to be stored.

local answer = {OK, which, c.packed, given}
local stores
stores, at = struct.unpack('B', numbers, at)
if stores == 0 then return answer end

local of, index, k = key(), key(), key()
local id, value, life, user, prefix, expires, gone, listed =
  text(), text(), text(), text(), text(), text(), text(), text()
local now, used, ends, most, by = struct.unpack('>i8i8i8i8B', numbers, at) -- the time is that of the session
