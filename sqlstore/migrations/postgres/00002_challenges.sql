-- Challenges and proofs, and the counters of limits, failures and budgets. Keys are ASCII.
-- due is when a row ends, in whole minutes or hours, for Purge: so coarse that most
-- changes of a row change no index.
-- +goose Up
CREATE TABLE IF NOT EXISTS phoneauth_challenges (
    expires_at BIGINT NOT NULL,
    until_at   BIGINT NOT NULL,
    due        INTEGER NOT NULL,
    tries_left INTEGER NOT NULL,
    sends      INTEGER NOT NULL,
    key        BYTEA NOT NULL PRIMARY KEY,
    id         BYTEA NOT NULL,
    digest     BYTEA NOT NULL,
    sealed     BYTEA NOT NULL,
    pending    BYTEA NOT NULL
);
CREATE INDEX IF NOT EXISTS phoneauth_challenges_due ON phoneauth_challenges (due);

-- The first byte of key says what the rest counts, and so what the columns are:
--   l  a limit:           at_us is its tat, and so is until_us
--   f  a failure counter: amount the count, at_us when it is forgotten, until_us the end of the lock
--   b  a budget:          amount the score, at_us its last change, until_us when it is forgotten
-- A row may go once now has reached both at_us and until_us.
CREATE TABLE IF NOT EXISTS phoneauth_counters (
    at_us    BIGINT NOT NULL,
    until_us BIGINT NOT NULL,
    amount   DOUBLE PRECISION NOT NULL,
    due      INTEGER NOT NULL,
    key      BYTEA NOT NULL PRIMARY KEY
) WITH (fillfactor = 80);
CREATE INDEX IF NOT EXISTS phoneauth_counters_due ON phoneauth_counters (due);

-- +goose Down
DROP TABLE IF EXISTS phoneauth_counters;
DROP TABLE IF EXISTS phoneauth_challenges;
