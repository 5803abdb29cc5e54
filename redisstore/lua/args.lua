-- Keys and arguments, read in the order in which the caller wrote them.

local keys, args = 0, 0
local function key() keys = keys + 1; return KEYS[keys] end
local function arg() args = args + 1; return ARGV[args] end
local function num()
  local s = arg()
  if s == 'inf' then return math.huge end
  return tonumber(s)
end

-- list reads a list: its length, and that many times what one reads.
local function list(one)
  local all = {}
  for i = 1, num() do all[i] = one() end
  return all
end
