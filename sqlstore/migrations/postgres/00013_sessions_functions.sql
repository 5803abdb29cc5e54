-- The functions of 00010_sessions_functions.sql and of 00012_sessions_functions.sql that read all sessions of
-- one user. They read them through the index, one by one. A bitmap scan visits rows of ended sessions until
-- the next vacuum: for a user with 100 sessions and as many ended ones, a sign-in took twice as long. An index
-- scan visits such a row once, and then marks it in the index. It can only do so where one entry of the index
-- stands for one row.
-- +goose Up
-- +goose StatementBegin
DO $migration$
BEGIN
    EXECUTE pg_catalog.replace($functions$

ALTER INDEX @.phoneauth_sessions_user SET (deduplicate_items = off);
ALTER FUNCTION @.phoneauth_add_session_v1 SET enable_bitmapscan = off;
ALTER FUNCTION @.phoneauth_create_session_v2 SET enable_bitmapscan = off;

$functions$, '@', pg_catalog.quote_ident(pg_catalog.current_schema()));
END
$migration$;
-- +goose StatementEnd

-- +goose Down
ALTER FUNCTION phoneauth_create_session_v2 RESET enable_bitmapscan;
ALTER FUNCTION phoneauth_add_session_v1 RESET enable_bitmapscan;
ALTER INDEX IF EXISTS phoneauth_sessions_user RESET (deduplicate_items);
