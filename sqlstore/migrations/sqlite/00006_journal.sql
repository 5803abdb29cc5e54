-- The journal: what happened about a phone or an account. Keys and ids are ASCII; print is
-- the keyed fingerprint of the phone. hour is the hour of time_us, by which entries are
-- counted; due is the day a row ends, for Purge.
-- +goose Up
CREATE TABLE IF NOT EXISTS phoneauth_journal (
    time_us    INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    count      INTEGER NOT NULL,
    hour       INTEGER NOT NULL,
    due        INTEGER NOT NULL,
    id         BLOB NOT NULL PRIMARY KEY,
    print      BLOB NOT NULL,
    user_id    BLOB NOT NULL,
    message_id BLOB NOT NULL,
    type       BLOB NOT NULL,
    region     BLOB NOT NULL,
    purpose    BLOB NOT NULL,
    channel    BLOB NOT NULL,
    sender     BLOB NOT NULL,
    data       BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS phoneauth_journal_print ON phoneauth_journal (print, time_us) WHERE length(print) > 0;
CREATE INDEX IF NOT EXISTS phoneauth_journal_user ON phoneauth_journal (user_id, time_us) WHERE length(user_id) > 0;
CREATE INDEX IF NOT EXISTS phoneauth_journal_message ON phoneauth_journal (message_id, time_us) WHERE length(message_id) > 0;
CREATE INDEX IF NOT EXISTS phoneauth_journal_hour ON phoneauth_journal (hour);
CREATE INDEX IF NOT EXISTS phoneauth_journal_due ON phoneauth_journal (due);

-- +goose Down
DROP TABLE IF EXISTS phoneauth_journal;
