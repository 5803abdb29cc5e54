-- Accounts that their owner has locked, after a change that was not theirs.
--
-- SQLite has no ADD COLUMN IF NOT EXISTS. sqlstore.Migrate looks whether the column is
-- there. Another tool that takes over from it is to be told that this file is applied.
-- +goose Up
ALTER TABLE phoneauth_users ADD COLUMN locked INTEGER NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE phoneauth_users DROP COLUMN locked;
