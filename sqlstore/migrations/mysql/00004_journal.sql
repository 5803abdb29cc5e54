-- The journal: what happened about a phone or an account. Keys and ids are ASCII; print is
-- the keyed fingerprint of the phone. hour is the hour of time_us, by which entries are
-- counted; due is the day a row ends, for Purge.
-- +goose Up
CREATE TABLE IF NOT EXISTS phoneauth_journal (
    time_us    BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    count      BIGINT NOT NULL,
    hour       INTEGER NOT NULL,
    due        INTEGER NOT NULL,
    id         VARBINARY(256) NOT NULL,
    print      VARBINARY(128) NOT NULL,
    user_id    VARBINARY(128) NOT NULL,
    message_id VARBINARY(512) NOT NULL,
    type       VARBINARY(128) NOT NULL,
    region     VARBINARY(128) NOT NULL,
    purpose    VARBINARY(128) NOT NULL,
    channel    VARBINARY(128) NOT NULL,
    sender     VARBINARY(128) NOT NULL,
    data       BLOB NOT NULL,
    PRIMARY KEY (id),
    KEY phoneauth_journal_print (print, time_us),
    KEY phoneauth_journal_user (user_id, time_us),
    KEY phoneauth_journal_message (message_id, time_us),
    KEY phoneauth_journal_hour (hour),
    KEY phoneauth_journal_due (due)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- +goose Down
DROP TABLE IF EXISTS phoneauth_journal;
