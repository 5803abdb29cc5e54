-- CreateSession where there is room for one more session, which is nearly always so. See
-- 00008_sessions_functions.sql for the rest, and 00007_challenges_functions.sql for what holds
-- for all functions.
-- +goose Up
-- +goose StatementBegin
DO $migration$
BEGIN
    EXECUTE pg_catalog.replace($functions$

-- Stores the session and returns true, or returns false if the user has as many as there may be.
-- The sessions are counted after the turn has come.
CREATE OR REPLACE FUNCTION @.phoneauth_add_session_v1(
    turn bigint,       -- whose turn it is, of those who create sessions of one user
    most integer, now_us bigint,
    new_id bytea, new_user bytea, new_epoch bigint, new_device bytea, new_digest bytea, new_previous bytea, new_amr bytea,
    new_by_password boolean, new_client bytea, new_place bytea,
    new_auth bigint, new_created bigint, new_rotated bigint, new_idle bigint, new_expires bigint, new_due integer
) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    -- An expression costs less than PERFORM.
    IF pg_catalog.pg_advisory_xact_lock(turn) IS NULL THEN
        RETURN false;
    END IF;
    INSERT INTO @.phoneauth_sessions (id, user_id, epoch, device_id, digest, previous, amr, by_password, client, place,
            auth_time, created_at, rotated_at, idle_until, expires_at, due)
        SELECT new_id, new_user, new_epoch, new_device, new_digest, new_previous, new_amr, new_by_password, new_client, new_place,
            new_auth, new_created, new_rotated, new_idle, new_expires, new_due
        WHERE (SELECT pg_catalog.count(*) FROM @.phoneauth_sessions AS x
            WHERE x.user_id = new_user AND x.idle_until > now_us AND x.expires_at > now_us) < most;
    RETURN FOUND;
END
$$;

REVOKE ALL ON FUNCTION @.phoneauth_add_session_v1 FROM PUBLIC;

$functions$, '@', pg_catalog.quote_ident(pg_catalog.current_schema()));
END
$migration$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION IF EXISTS phoneauth_add_session_v1;
