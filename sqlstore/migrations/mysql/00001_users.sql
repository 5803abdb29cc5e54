-- Accounts. Times are microseconds since 1970 in UTC; the zero time is the default below.
-- Text is ASCII in columns of bytes: to read it by hand, CONVERT(phone USING utf8mb4).
-- +goose Up
CREATE TABLE IF NOT EXISTS phoneauth_users (
    id            BIGINT NOT NULL AUTO_INCREMENT,
    epoch         BIGINT NOT NULL DEFAULT 0,
    created_at    BIGINT NOT NULL,
    updated_at    BIGINT NOT NULL,
    signed_in_at  BIGINT NOT NULL DEFAULT -62135596800000000,
    blocked       BOOLEAN NOT NULL DEFAULT FALSE,
    locked        BOOLEAN NOT NULL DEFAULT FALSE,
    uuid          VARBINARY(128) NOT NULL,
    phone         VARBINARY(128) NOT NULL,
    password_hash VARBINARY(2048) NOT NULL DEFAULT '',
    PRIMARY KEY (id),
    UNIQUE KEY phoneauth_users_phone (phone)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- +goose Down
DROP TABLE IF EXISTS phoneauth_users;
