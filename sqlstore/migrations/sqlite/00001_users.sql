-- Accounts. Times are microseconds since 1970 in UTC; the zero time is the default below.
-- +goose Up
CREATE TABLE IF NOT EXISTS phoneauth_users (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    epoch         INTEGER NOT NULL DEFAULT 0,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    signed_in_at  INTEGER NOT NULL DEFAULT -62135596800000000,
    blocked       INTEGER NOT NULL DEFAULT 0,
    uuid          TEXT NOT NULL,
    phone         TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL DEFAULT ''
);

-- +goose Down
DROP TABLE IF EXISTS phoneauth_users;
