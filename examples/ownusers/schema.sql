-- The host's own tables. Times are microseconds since 1970, UTC; 0001-01-01 is never.

CREATE TABLE IF NOT EXISTS members (
	-- AUTOINCREMENT: the id of a member who left is not used again.
	id            INTEGER PRIMARY KEY AUTOINCREMENT,

	-- What the host knows about its members: phoneauth neither reads nor writes it.
	display_name  TEXT NOT NULL DEFAULT '',

	-- What phoneauth must find again: the fields of phoneauth.User.
	uuid          TEXT NOT NULL UNIQUE,
	phone         TEXT NOT NULL UNIQUE, -- E.164
	password_hash TEXT NOT NULL DEFAULT '',
	epoch         INTEGER NOT NULL DEFAULT 0,
	blocked       INTEGER NOT NULL DEFAULT 0,
	locked        INTEGER NOT NULL DEFAULT 0,
	created_at    INTEGER NOT NULL,
	updated_at    INTEGER NOT NULL,
	signed_in_at  INTEGER NOT NULL
);

CREATE TABLE IF NOT EXISTS credits (
	id        INTEGER PRIMARY KEY,
	member_id INTEGER NOT NULL REFERENCES members ON DELETE CASCADE,
	reason    TEXT NOT NULL,
	cents     INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS credits_of_member ON credits (member_id);
