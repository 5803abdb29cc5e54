-- Sessions: one row a refresh-token family. Ids are ASCII; user_id is the id that the
-- store of users gave, which may be another database. due is the day a row ends.
-- +goose Up
CREATE TABLE IF NOT EXISTS phoneauth_sessions (
    epoch      BIGINT NOT NULL,
    auth_time  BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    rotated_at BIGINT NOT NULL,
    idle_until BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    due        INTEGER NOT NULL,
    id         BYTEA NOT NULL PRIMARY KEY,
    user_id    BYTEA NOT NULL,
    device_id  BYTEA NOT NULL,
    digest     BYTEA NOT NULL,
    previous   BYTEA NOT NULL,
    amr        BYTEA NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX IF NOT EXISTS phoneauth_sessions_due ON phoneauth_sessions (due);
CREATE INDEX IF NOT EXISTS phoneauth_sessions_user ON phoneauth_sessions (user_id);

-- +goose Down
DROP TABLE IF EXISTS phoneauth_sessions;
