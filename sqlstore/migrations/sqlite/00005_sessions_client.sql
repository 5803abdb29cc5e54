-- What people see of their sessions: the program, the place, and how it began.
--
-- SQLite has no ADD COLUMN IF NOT EXISTS. sqlstore.Migrate looks whether the columns are
-- there. Another tool that takes over from it is to be told that this file is applied.
-- +goose Up
ALTER TABLE phoneauth_sessions ADD COLUMN by_password INTEGER NOT NULL DEFAULT 0;
ALTER TABLE phoneauth_sessions ADD COLUMN client BLOB NOT NULL DEFAULT x'';
ALTER TABLE phoneauth_sessions ADD COLUMN place BLOB NOT NULL DEFAULT x'';

-- +goose Down
ALTER TABLE phoneauth_sessions DROP COLUMN place;
ALTER TABLE phoneauth_sessions DROP COLUMN client;
ALTER TABLE phoneauth_sessions DROP COLUMN by_password;
