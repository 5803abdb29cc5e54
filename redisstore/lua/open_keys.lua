UNREAD = 3 -- those of a list, an index and a new session
