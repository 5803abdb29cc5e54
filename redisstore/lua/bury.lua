-- Sees to it that sessions are gone and do not come again: a tombstone is put where each
-- is not live, or is just what the caller has seen of it. The answer is what each was
-- that was ended thereby, an empty string for one that was not live, and 0 for one that
-- is live still or has a tombstone already.

local now, life, answers = num(), num(), {}
local tombstone = struct.pack('>Bi8', TOMBSTONE, now)
for i = 1, num() do
  local k, seen = key(), arg()
  local v = redis.call('GET', k)
  answers[i] = 0
  if not (v and string.byte(v) == TOMBSTONE and v ~= seen) then
    local s = live(v, now)
    if not s or v == seen then
      keep(k, tombstone, life)
      answers[i] = s and v or ''
    end
  end
end
return {OK, answers}
