-- CreateSession of 00008_sessions_functions.sql, which locks only the session that must end. And what
-- OpenSession does after a match: SignInUser and CreateSession in the statement of the attempt. That
-- needs the tables of users and of sessions when it is called. See 00007_challenges_functions.sql for
-- what holds for all functions.
-- +goose Up
-- +goose StatementBegin
DO $migration$
BEGIN
    EXECUTE pg_catalog.replace($functions$

-- Which session must end is NewSession.Evict in store_session.go. It is read with how many there are, in one
-- statement and so at one moment. If it is used or ended before it is deleted, the function fails, and
-- the client does the whole step again.
CREATE OR REPLACE FUNCTION @.phoneauth_create_session_v2(
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
) LANGUAGE plpgsql AS $$
DECLARE
    live integer; ends bigint; rotated bigint; may boolean; oldest bytea;
BEGIN
    answer := 0; wait := 0;
    IF pg_catalog.pg_advisory_xact_lock(turn) IS NULL THEN
        RETURN; -- never: this is an expression, which costs less than PERFORM
    END IF;
    SELECT x.id, x.rotated_at, x.by_password OR NOT new_by_password,
            pg_catalog.count(*) OVER (), pg_catalog.min(least(x.idle_until, x.expires_at)) OVER ()
        INTO oldest, rotated, may, live, ends FROM @.phoneauth_sessions AS x
        WHERE x.user_id = new_user AND x.idle_until > now_us AND x.expires_at > now_us
        ORDER BY new_by_password AND NOT x.by_password, CASE x.rotated_at WHEN -62135596800000000 THEN x.created_at ELSE x.rotated_at END, x.id DESC
        LIMIT 1;
    IF live >= most AND NOT may THEN
        answer := 1; wait := greatest(ends - now_us, 1);
        PERFORM pg_catalog.set_config('synchronous_commit', 'off', true);
        RETURN;
    END IF;
    INSERT INTO @.phoneauth_sessions (id, user_id, epoch, device_id, digest, previous, amr, by_password, client, place,
            auth_time, created_at, rotated_at, idle_until, expires_at, due)
        VALUES (new_id, new_user, new_epoch, new_device, new_digest, new_previous, new_amr, new_by_password, new_client, new_place,
            new_auth, new_created, new_rotated, new_idle, new_expires, new_due);
    IF live >= most THEN -- last: an id that exists is an error
        DELETE FROM @.phoneauth_sessions AS x WHERE x.id = oldest AND x.rotated_at = rotated
            RETURNING x.id, x.user_id, x.epoch, x.device_id, x.digest, x.previous, x.amr, x.by_password, x.client, x.place,
                x.auth_time, x.created_at, x.rotated_at, x.idle_until, x.expires_at
            INTO o_id, o_user_id, o_epoch, o_device_id, o_digest, o_previous, o_amr, o_by_password, o_client, o_place,
                o_auth_time, o_created_at, o_rotated_at, o_idle_until, o_expires_at;
        IF NOT FOUND THEN
            RAISE EXCEPTION USING ERRCODE = '40001', MESSAGE = 'phoneauth: raced';
        END IF;
    END IF;
END
$$;

-- Signs the user of the phone in, or creates one, and stores the session. If the sign-in is refused, it
-- does neither, stored is false, and the user is returned as it is. So it does where there is no room for
-- a session by password. If the user changes meanwhile, it fails, and the client does the whole step again.
CREATE OR REPLACE FUNCTION @.phoneauth_open_session_v1(
    matched boolean,   -- else it does nothing
    of_phone text, new_uuid text,
    want_id bigint,    -- the id that the user must have, or NULL
    want_epoch bigint, -- the epoch that the user must be at, or -1
    signs_us bigint,   -- when the user signs in
    turns text,        -- how the names of the turns to create a session begin: the id follows
    most integer, now_us bigint,
    new_id bytea, new_device bytea, new_digest bytea, new_previous bytea, new_amr bytea,
    new_by_password boolean, new_client bytea, new_place bytea,
    new_auth bigint, new_created bigint, new_rotated bigint, new_idle bigint, new_expires bigint, new_due integer,
    OUT u_id bigint, OUT u_uuid text, OUT u_phone text, OUT u_password_hash text, OUT u_epoch bigint,
    OUT u_blocked boolean, OUT u_locked boolean, OUT u_created_at bigint, OUT u_updated_at bigint, OUT u_signed_in_at bigint,
    OUT created boolean, OUT first boolean, OUT stored boolean,
    OUT evicted bytea -- the id of the session that was ended
) LANGUAGE plpgsql AS $$
DECLARE
    changed boolean := false; -- somebody else was faster
    turn bigint;
BEGIN
    created := false; first := false; stored := false;
    IF NOT matched THEN
        RETURN;
    END IF;

    -- SignIn.Refusal and SignIn.Apply. There is always room for a session of a new user.
    SELECT u.id, u.uuid, u.phone, u.password_hash, u.epoch, u.blocked, u.locked, u.created_at, u.updated_at, u.signed_in_at
        INTO u_id, u_uuid, u_phone, u_password_hash, u_epoch, u_blocked, u_locked, u_created_at, u_updated_at, u_signed_in_at
        FROM @.phoneauth_users AS u WHERE u.phone = of_phone;
    IF u_id IS NULL THEN
        IF want_id IS NOT NULL OR want_epoch NOT IN (-1, 0) THEN
            RETURN;
        END IF;
        INSERT INTO @.phoneauth_users AS u (uuid, phone, created_at, updated_at, signed_in_at)
            VALUES (new_uuid, of_phone, signs_us, signs_us, signs_us) ON CONFLICT (phone) DO NOTHING
            RETURNING u.id, u.uuid, u.phone, u.password_hash, u.epoch, u.blocked, u.locked, u.created_at, u.updated_at, u.signed_in_at
            INTO u_id, u_uuid, u_phone, u_password_hash, u_epoch, u_blocked, u_locked, u_created_at, u_updated_at, u_signed_in_at;
        created := FOUND;
        first := created;
        changed := NOT created;
    ELSIF u_blocked OR u_locked OR want_id <> u_id OR want_epoch <> -1 AND want_epoch <> u_epoch THEN
        RETURN;
    END IF;

    -- The number of the turn is that of turnOf.
    turn := ('x' || pg_catalog.substr(pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(turns || u_id, 'UTF8')), 'hex'), 1, 16))::bit(64)::bigint;
    stored := NOT changed AND @.phoneauth_add_session_v1(turn,
        most, now_us, new_id, pg_catalog.convert_to(u_id::text, 'UTF8'), u_epoch, new_device, new_digest, new_previous, new_amr,
        new_by_password, new_client, new_place, new_auth, new_created, new_rotated, new_idle, new_expires, new_due);
    IF NOT stored AND NOT changed AND NOT new_by_password THEN
        stored := true;
        evicted := (@.phoneauth_create_session_v2(turn,
            most, now_us, new_id, pg_catalog.convert_to(u_id::text, 'UTF8'), u_epoch, new_device, new_digest, new_previous, new_amr,
            new_by_password, new_client, new_place, new_auth, new_created, new_rotated, new_idle, new_expires, new_due)).o_id;
    END IF;

    IF stored AND u_signed_in_at = -62135596800000000 THEN
        UPDATE @.phoneauth_users AS u SET signed_in_at = signs_us, updated_at = signs_us
            WHERE u.id = u_id AND u.phone = of_phone AND u.epoch = u_epoch AND u.signed_in_at = u_signed_in_at
                AND NOT u.blocked AND NOT u.locked;
        first := FOUND;
        changed := NOT first;
        u_signed_in_at := signs_us;
        u_updated_at := signs_us;
    END IF;
    IF changed THEN
        RAISE EXCEPTION USING ERRCODE = '40001', MESSAGE = 'phoneauth: raced';
    END IF;
END
$$;

REVOKE ALL ON FUNCTION @.phoneauth_create_session_v2 FROM PUBLIC;
REVOKE ALL ON FUNCTION @.phoneauth_open_session_v1 FROM PUBLIC;

$functions$, '@', pg_catalog.quote_ident(pg_catalog.current_schema()));
END
$migration$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION IF EXISTS phoneauth_open_session_v1;
DROP FUNCTION IF EXISTS phoneauth_create_session_v2;
