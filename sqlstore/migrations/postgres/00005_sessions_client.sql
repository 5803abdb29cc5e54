-- What people see of their sessions: the program, the place, and how it began.
-- +goose Up
ALTER TABLE phoneauth_sessions ADD COLUMN IF NOT EXISTS by_password BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE phoneauth_sessions ADD COLUMN IF NOT EXISTS client BYTEA NOT NULL DEFAULT '';
ALTER TABLE phoneauth_sessions ADD COLUMN IF NOT EXISTS place BYTEA NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE phoneauth_sessions DROP COLUMN IF EXISTS place;
ALTER TABLE phoneauth_sessions DROP COLUMN IF EXISTS client;
ALTER TABLE phoneauth_sessions DROP COLUMN IF EXISTS by_password;
