-- Blanks entries of a user, and those with a print from before a time.

local user, print, before = arg(), arg(), num()
for i = 1, #KEYS do
  local k = key()
  local v = redis.call('GET', k)
  local e = v and unpacked(v)
  if e and ((user ~= '' and e.user == user) or (print ~= '' and e.print == print and e.time < before)) then
    e.user, e.message, e.data = '', '', ''
    redis.call('SET', k, packed(e), 'KEEPTTL')
  end
end
return {OK}
