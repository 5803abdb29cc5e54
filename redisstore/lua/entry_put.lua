-- Stores entries. One that is there already has its count raised. The answer is, for
-- each, what was there and now is, an empty string for a new one.

local answers = {}
for i, k in ipairs(KEYS) do
  local v, life = ARGV[2 * i - 1], ARGV[2 * i]
  answers[i] = ''
  if not redis.call('SET', k, v, 'NX', 'PX', life) then
    local was, more = redis.call('GET', k), unpacked(v).count
    if more > 0 then
      local e = unpacked(was)
      e.count = math.min(e.count + more, 4294967295)
      was = packed(e)
      redis.call('SET', k, was, 'KEEPTTL')
    end
    answers[i] = was
  end
end
return {OK, answers}
