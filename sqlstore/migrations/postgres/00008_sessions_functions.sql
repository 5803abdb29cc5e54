-- CreateSession where sessions are counted, in one statement of the client. The rule by which one
-- must end is NewSession.Evict in store_session.go. See 00007_challenges_functions.sql for what
-- holds for all functions.
-- +goose Up
-- +goose StatementBegin
DO $migration$
BEGIN
    EXECUTE pg_catalog.replace($functions$

CREATE OR REPLACE FUNCTION @.phoneauth_create_session_v1(
    turn bigint,       -- whose turn it is, of those who create sessions of one user
    most integer, now_us bigint,
    new_id bytea, new_user bytea, new_epoch bigint, new_device bytea, new_digest bytea, new_previous bytea, new_amr bytea,
    new_by_password boolean, new_client bytea, new_place bytea,
    new_auth bigint, new_created bigint, new_rotated bigint, new_idle bigint, new_expires bigint, new_due integer,
    OUT answer integer, -- 0 done, 1 refused
    OUT wait bigint,    -- how long it is refused
    OUT o_id bytea, OUT o_user_id bytea, OUT o_epoch bigint, OUT o_device_id bytea, -- the session that was ended
    OUT o_digest bytea, OUT o_previous bytea, OUT o_amr bytea, OUT o_by_password boolean, OUT o_client bytea, OUT o_place bytea,
    OUT o_auth_time bigint, OUT o_created_at bigint, OUT o_rotated_at bigint, OUT o_idle_until bigint, OUT o_expires_at bigint
) LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    never CONSTANT bigint := -62135596800000000; -- the zero time
    live integer; ends bigint;
BEGIN
    answer := 0; wait := 0;
    PERFORM pg_catalog.pg_advisory_xact_lock(turn);
    INSERT INTO @.phoneauth_sessions (id, user_id, epoch, device_id, digest, previous, amr, by_password, client, place,
            auth_time, created_at, rotated_at, idle_until, expires_at, due)
        SELECT new_id, new_user, new_epoch, new_device, new_digest, new_previous, new_amr, new_by_password, new_client, new_place,
            new_auth, new_created, new_rotated, new_idle, new_expires, new_due
        WHERE (SELECT pg_catalog.count(*) FROM @.phoneauth_sessions AS x
            WHERE x.user_id = new_user AND x.idle_until > now_us AND x.expires_at > now_us) < most;
    IF FOUND THEN
        RETURN;
    END IF;

    -- Nobody uses or ends one of them between the choice and the commit.
    PERFORM FROM @.phoneauth_sessions AS x
        WHERE x.user_id = new_user AND x.idle_until > now_us AND x.expires_at > now_us ORDER BY x.id FOR UPDATE;
    SELECT pg_catalog.count(*), pg_catalog.min(least(x.idle_until, x.expires_at)) INTO live, ends FROM @.phoneauth_sessions AS x
        WHERE x.user_id = new_user AND x.idle_until > now_us AND x.expires_at > now_us;
    IF live >= most THEN
        SELECT x.id, x.user_id, x.epoch, x.device_id, x.digest, x.previous, x.amr, x.by_password, x.client, x.place,
                x.auth_time, x.created_at, x.rotated_at, x.idle_until, x.expires_at
            INTO o_id, o_user_id, o_epoch, o_device_id, o_digest, o_previous, o_amr, o_by_password, o_client, o_place,
                o_auth_time, o_created_at, o_rotated_at, o_idle_until, o_expires_at FROM @.phoneauth_sessions AS x
            WHERE x.user_id = new_user AND x.idle_until > now_us AND x.expires_at > now_us AND (x.by_password OR NOT new_by_password)
            ORDER BY CASE x.rotated_at WHEN never THEN x.created_at ELSE x.rotated_at END, x.id DESC LIMIT 1;
        IF NOT FOUND THEN
            answer := 1; wait := greatest(ends - now_us, 1);
            PERFORM pg_catalog.set_config('synchronous_commit', 'off', true);
            RETURN;
        END IF;
    END IF;
    INSERT INTO @.phoneauth_sessions (id, user_id, epoch, device_id, digest, previous, amr, by_password, client, place,
            auth_time, created_at, rotated_at, idle_until, expires_at, due)
        VALUES (new_id, new_user, new_epoch, new_device, new_digest, new_previous, new_amr, new_by_password, new_client, new_place,
            new_auth, new_created, new_rotated, new_idle, new_expires, new_due);
    DELETE FROM @.phoneauth_sessions AS x WHERE x.id = o_id; -- last: an id that exists is an error
END
$$;

REVOKE ALL ON FUNCTION @.phoneauth_create_session_v1 FROM PUBLIC;

$functions$, '@', pg_catalog.quote_ident(pg_catalog.current_schema()));
END
$migration$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION IF EXISTS phoneauth_create_session_v1;
