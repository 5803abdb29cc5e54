-- Accounts that their owner has locked, after a change that was not theirs.
-- +goose Up
ALTER TABLE phoneauth_users ADD COLUMN IF NOT EXISTS locked BOOLEAN NOT NULL DEFAULT FALSE;

-- +goose Down
ALTER TABLE phoneauth_users DROP COLUMN IF EXISTS locked;
