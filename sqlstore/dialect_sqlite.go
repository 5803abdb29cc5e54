package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// leastBusyTimeout in milliseconds is how long a writer must wait for one of another
// process. They take turns by trying again, so it is many times what a write takes.
const leastBusyTimeout = 1000

var sqlite = speech{
	name:      "sqlite",
	returning: true,
	alone:     true,
	in:        [2]string{" IN (", ")"},
	least:     "MIN",
	integer:   "BIGINT",
	settings:  sqliteSettings,
	hasColumn: func(ctx context.Context, q querier, table, column string) (has bool, err error) {
		err = q.QueryRowContext(ctx, "SELECT count(*) FROM pragma_table_info(?) WHERE name = ?", table, column).Scan(&has)
		return has, err
	},
	// The transaction is the only writer already.
	takeTurn: func(context.Context, querier, string) error { return nil },
}

// sqliteSettings looks at two connections where there may be two: what was set by a
// statement, and not in the DSN, is set on one of them only.
func sqliteSettings(ctx context.Context, db *sql.DB) error {
	conns := 2
	if db.Stats().MaxOpenConnections == 1 {
		conns = 1
	}
	for range conns {
		conn, err := db.Conn(ctx)
		if err != nil {
			return err
		}
		defer conn.Close()
		if err := pragmas(ctx, conn); err != nil {
			return err
		}
	}
	return nil
}

func pragmas(ctx context.Context, conn *sql.Conn) error {
	var (
		journal              string
		synchronous, timeout int
		faults               []string
	)
	for pragma, into := range map[string]any{"journal_mode": &journal, "synchronous": &synchronous, "busy_timeout": &timeout} {
		if err := conn.QueryRowContext(ctx, "PRAGMA "+pragma).Scan(into); err != nil {
			return err
		}
	}
	if !strings.EqualFold(journal, "wal") {
		faults = append(faults, fmt.Sprintf("set journal_mode to WAL, it is %s", strings.ToUpper(journal)))
	}
	if full := 2; synchronous < full {
		faults = append(faults, fmt.Sprintf("set synchronous to FULL on every connection, it is %d: a crash would bring back codes that were used", synchronous))
	}
	if timeout < leastBusyTimeout {
		faults = append(faults, fmt.Sprintf("set busy_timeout to at least %d on every connection, it is %d", leastBusyTimeout, timeout))
	}
	if len(faults) > 0 {
		return &settingError{strings.Join(faults, "; ")}
	}
	return nil
}
