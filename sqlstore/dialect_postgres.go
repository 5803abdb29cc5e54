package sqlstore

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"strings"
)

var postgres = speech{
	name:       "postgres",
	returning:  true,
	forUpdate:  " FOR UPDATE",
	skipLocked: " FOR UPDATE SKIP LOCKED",
	in:         [2]string{" = ANY (ARRAY(", "))"}, // no join, and so no scan
	notEmpty:   [2]string{"length(", ") > 0"},
	least:      "LEAST",
	arrays:     true,
	integer:    "BIGINT",
	numbered:   true,
	schemas:    true,
	settings:   postgresSettings,
	takeTurn: func(ctx context.Context, _ *Store, q querier, name string) error {
		_, err := q.ExecContext(ctx, "SELECT pg_advisory_xact_lock($1)", turnOf(name))
		return err
	},
}

// postgresSettings looks at what holds for a single statement. A verb that is a transaction asks for
// READ COMMITTED itself.
func postgresSettings(ctx context.Context, db *sql.DB) error {
	// NULL from what speaks the language but has no such setting.
	var commit, isolation sql.NullString
	err := db.QueryRowContext(ctx, "SELECT current_setting('synchronous_commit', true), current_setting('transaction_isolation', true)").
		Scan(&commit, &isolation)
	switch level := isolation.String; {
	case err != nil:
		return err
	case commit.String == "off":
		return &settingError{"set synchronous_commit to on: with off, a crash brings back codes that were used"}
	case level != "" && !strings.HasPrefix(level, "read "): // "read uncommitted" is the same as "read committed"
		return &settingError{"set default_transaction_isolation to read committed, it is " + level +
			": a statement that has waited for another must see what that one has done"}
	}
	return nil
}

// turnOf returns the number of the advisory lock of a turn: the first 8 bytes of a SHA-256, which the
// function of 00012_sessions_functions.sql computes too.
func turnOf(name string) int64 {
	sum := sha256.Sum256([]byte(turnPrefix + name))
	return int64(binary.BigEndian.Uint64(sum[:]))
}

const turnPrefix = "phoneauth "
