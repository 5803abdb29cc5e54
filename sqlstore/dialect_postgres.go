package sqlstore

import (
	"context"
	"database/sql"
	"hash/fnv"
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
	settings: func(ctx context.Context, db *sql.DB) error {
		// NULL from what speaks the language but has no such setting.
		var commit sql.NullString
		if err := db.QueryRowContext(ctx, "SELECT current_setting('synchronous_commit', true)").Scan(&commit); err != nil {
			return err
		}
		if commit.String == "off" {
			return &settingError{"set synchronous_commit to on: with off, a crash brings back codes that were used"}
		}
		return nil
	},
	takeTurn: func(ctx context.Context, _ *Store, q querier, name string) error {
		_, err := q.ExecContext(ctx, "SELECT pg_advisory_xact_lock($1)", turnOf(name))
		return err
	},
}

// turnOf returns the number of the advisory lock of a turn.
func turnOf(name string) int64 {
	h := fnv.New64a()
	h.Write([]byte("phoneauth " + name))
	return int64(h.Sum64())
}
