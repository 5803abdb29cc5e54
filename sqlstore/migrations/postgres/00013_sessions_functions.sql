-- The functions of 00010_sessions_functions.sql and of 00012_sessions_functions.sql that read all sessions of
-- one user. They read them through the index, one by one. A bitmap scan visits rows of ended sessions until
-- the next vacuum: for a user with 100 sessions and as many ended ones, a sign-in took twice as long. An index
-- scan visits such a row once, and then marks it in the index. It can only do so where one entry of the index
-- stands for one row. Entries that are there already stay as they are until REINDEX. Indexes of a host's own,
-- as of a table in partitions, are left as they are.
-- +goose Up
-- +goose StatementBegin
DO $migration$
DECLARE
    own CONSTANT text := pg_catalog.quote_ident(pg_catalog.current_schema());
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_class AS c
        WHERE c.oid = pg_catalog.to_regclass(own || '.phoneauth_sessions_user') AND c.relkind = 'i') THEN
        EXECUTE 'ALTER INDEX ' || own || '.phoneauth_sessions_user SET (deduplicate_items = off)';
    END IF;
    EXECUTE pg_catalog.replace($functions$

ALTER FUNCTION @.phoneauth_add_session_v1 SET enable_bitmapscan = off;
ALTER FUNCTION @.phoneauth_create_session_v2 SET enable_bitmapscan = off;

$functions$, '@', own);
END
$migration$;
-- +goose StatementEnd

-- +goose Down
ALTER FUNCTION phoneauth_create_session_v2 RESET enable_bitmapscan;
ALTER FUNCTION phoneauth_add_session_v1 RESET enable_bitmapscan;
