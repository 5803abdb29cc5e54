-- Challenges and proofs, and the counters of limits, failures and budgets. Keys are ASCII.
-- due is when a row ends, in whole minutes or hours, for Purge: so coarse that most
-- changes of a row change no index. revision grows with every write, so that each write
-- changes its row: servers that certify writes see by it that two steps met.
-- +goose Up
CREATE TABLE IF NOT EXISTS phoneauth_challenges (
    expires_at BIGINT NOT NULL,
    until_at   BIGINT NOT NULL,
    revision   BIGINT NOT NULL DEFAULT 0,
    due        INTEGER NOT NULL,
    tries_left INTEGER NOT NULL,
    sends      INTEGER NOT NULL,
    `key`      VARBINARY(256) NOT NULL,
    id         VARBINARY(256) NOT NULL,
    digest     VARBINARY(256) NOT NULL,
    sealed     BLOB NOT NULL,
    pending    BLOB NOT NULL,
    PRIMARY KEY (`key`),
    KEY phoneauth_challenges_due (due)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- The first byte of key says what the rest counts, and so what the columns are:
--   l  a limit:           at_us is its tat, and so is until_us
--   f  a failure counter: amount the count, at_us when it is forgotten, until_us the end of the lock
--   b  a budget:          amount the score, at_us its last change, until_us when it is forgotten
-- A row may go once now has reached both at_us and until_us.
CREATE TABLE IF NOT EXISTS phoneauth_counters (
    at_us    BIGINT NOT NULL,
    until_us BIGINT NOT NULL,
    revision BIGINT NOT NULL DEFAULT 0,
    amount   DOUBLE NOT NULL,
    due      INTEGER NOT NULL,
    `key`    VARBINARY(256) NOT NULL,
    PRIMARY KEY (`key`),
    KEY phoneauth_counters_due (due)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- +goose Down
DROP TABLE IF EXISTS phoneauth_counters;
DROP TABLE IF EXISTS phoneauth_challenges;
