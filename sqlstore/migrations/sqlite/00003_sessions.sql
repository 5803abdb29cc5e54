-- Sessions: one row a refresh-token family. Ids are ASCII; user_id is the id that the
-- store of users gave, which may be another database. due is the day a row ends.
-- +goose Up
CREATE TABLE IF NOT EXISTS phoneauth_sessions (
    epoch      INTEGER NOT NULL,
    auth_time  INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    rotated_at INTEGER NOT NULL,
    idle_until INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    due        INTEGER NOT NULL,
    id         BLOB NOT NULL PRIMARY KEY,
    user_id    BLOB NOT NULL,
    device_id  BLOB NOT NULL,
    digest     BLOB NOT NULL,
    previous   BLOB NOT NULL,
    amr        BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS phoneauth_sessions_due ON phoneauth_sessions (due);
CREATE INDEX IF NOT EXISTS phoneauth_sessions_user ON phoneauth_sessions (user_id);

-- +goose Down
DROP TABLE IF EXISTS phoneauth_sessions;
