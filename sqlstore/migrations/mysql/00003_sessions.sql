-- Sessions: one row a refresh-token family. Ids are ASCII; user_id is the id that the
-- store of users gave, which may be another database. due is the day a row ends, revision
-- the count of its writes.
-- +goose Up
CREATE TABLE IF NOT EXISTS phoneauth_sessions (
    epoch       BIGINT NOT NULL,
    auth_time   BIGINT NOT NULL,
    created_at  BIGINT NOT NULL,
    rotated_at  BIGINT NOT NULL,
    idle_until  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    revision    BIGINT NOT NULL DEFAULT 0,
    due         INTEGER NOT NULL,
    by_password BOOLEAN NOT NULL DEFAULT FALSE,
    id          VARBINARY(128) NOT NULL,
    user_id     VARBINARY(128) NOT NULL,
    device_id   VARBINARY(128) NOT NULL,
    digest      VARBINARY(256) NOT NULL,
    previous    VARBINARY(256) NOT NULL,
    amr         VARBINARY(1024) NOT NULL,
    client      VARBINARY(256) NOT NULL DEFAULT '',
    place       VARBINARY(256) NOT NULL DEFAULT '',
    PRIMARY KEY (id),
    KEY phoneauth_sessions_due (due),
    KEY phoneauth_sessions_user (user_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Who creates a session of a user, or ends all of them, writes the row that the hash of
-- the user's id names. So they take turns. There are at most 4096 rows, and all may be
-- deleted at any time.
CREATE TABLE IF NOT EXISTS phoneauth_turns (
    turn  INTEGER NOT NULL,
    taken BIGINT NOT NULL,
    PRIMARY KEY (turn)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- +goose Down
DROP TABLE IF EXISTS phoneauth_turns;
DROP TABLE IF EXISTS phoneauth_sessions;
