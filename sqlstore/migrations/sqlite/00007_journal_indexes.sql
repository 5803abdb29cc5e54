-- An INSERT of several rows keeps a copy of each page that it changes, so that it can be undone
-- alone, if a function in the condition of an index may fail. So no condition calls one.
-- +goose Up
DROP INDEX IF EXISTS phoneauth_journal_print;
DROP INDEX IF EXISTS phoneauth_journal_user;
DROP INDEX IF EXISTS phoneauth_journal_message;
CREATE INDEX IF NOT EXISTS phoneauth_journal_print ON phoneauth_journal (print, time_us) WHERE print > x'';
CREATE INDEX IF NOT EXISTS phoneauth_journal_user ON phoneauth_journal (user_id, time_us) WHERE user_id > x'';
CREATE INDEX IF NOT EXISTS phoneauth_journal_message ON phoneauth_journal (message_id, time_us) WHERE message_id > x'';

-- +goose Down
DROP INDEX IF EXISTS phoneauth_journal_print;
DROP INDEX IF EXISTS phoneauth_journal_user;
DROP INDEX IF EXISTS phoneauth_journal_message;
CREATE INDEX IF NOT EXISTS phoneauth_journal_print ON phoneauth_journal (print, time_us) WHERE length(print) > 0;
CREATE INDEX IF NOT EXISTS phoneauth_journal_user ON phoneauth_journal (user_id, time_us) WHERE length(user_id) > 0;
CREATE INDEX IF NOT EXISTS phoneauth_journal_message ON phoneauth_journal (message_id, time_us) WHERE length(message_id) > 0;
