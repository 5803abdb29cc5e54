-- AttemptSession answers as AttemptChallenge does, and adds what became of the session.

local function answer(status, more) return {OK, which, c.packed, given, status, more} end
if not opens then return answer() end
