-- Takes away keys, whatever they hold.

for i = 1, #KEYS do redis.call('DEL', KEYS[i]) end
return {OK}
