-- Takes and charges, all or none; with undo 1 it answers what undo.lua must know.

local undo, takes, budgets = arg() == '1', readTakes(), readBudgets()
local refused, wait = admit(takes)
if refused then return {REFUSED, refused, wait} end
refused, wait = charge(budgets)
if refused then return {REFUSED, #takes + refused, wait} end
write()
return {OK, resend(takes), undo and changes(takes, budgets) or {}}
