-- Takes ids of sessions that were ended out of the list of their user.

local list = key()
for i = 1, #ARGV do redis.call('ZREM', list, ARGV[i]) end
return {OK}
