-- SESSION is what is told of a new session: the time of the step; when the session was last used, which is now, and
-- when it ends; how many the user may have; 1 for one by a password; until when members have left the list, and for
-- how many milliseconds the list is kept; its id, what is stored of it, for how many milliseconds, when it leaves the
-- list, and its user.
local SESSION = '>i8i8i8i8Bi8i8I4c0I4c0I4c0I4c0I4c0'
