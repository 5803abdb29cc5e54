-- What the statements of postgres_direct.go ask last. They do the steps in which no counter but a
-- lockout takes part, without the function of steps. See 00007_challenges_functions.sql for what
-- holds for all functions.
-- +goose Up
-- +goose StatementBegin
DO $migration$
BEGIN
    EXECUTE pg_catalog.replace($functions$

-- True if the lockout with this key does not lock at instant, or, where instant is NULL, if there
-- is none. Else an error with which the client does the whole step again. A function sees what was
-- committed while the statement that calls it waited for a row. That statement itself does not.
CREATE OR REPLACE FUNCTION @.phoneauth_not_locked_v1(lockout bytea, instant bigint)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    locks boolean;
BEGIN
    SELECT instant IS NULL OR x.amount <> 0 AND x.until_us > instant INTO locks
        FROM @.phoneauth_counters AS x WHERE x.key = lockout FOR UPDATE;
    IF locks THEN
        RAISE EXCEPTION USING ERRCODE = '40001', MESSAGE = 'phoneauth: raced';
    END IF;
    RETURN true;
END
$$;

REVOKE ALL ON FUNCTION @.phoneauth_not_locked_v1 FROM PUBLIC;

$functions$, '@', pg_catalog.quote_ident(pg_catalog.current_schema()));
END
$migration$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION IF EXISTS phoneauth_not_locked_v1;
