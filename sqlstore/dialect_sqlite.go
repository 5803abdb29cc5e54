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
	notEmpty:  [2]string{"", " > x''"},
	least:     "MIN",
	integer:   "BIGINT",
	settings:  sqliteSettings,
	hasColumn: func(ctx context.Context, q querier, table, column string) (has bool, err error) {
		err = q.QueryRowContext(ctx, "SELECT count(*) FROM pragma_table_info(?) WHERE name = ?", table, column).Scan(&has)
		return has, err
	},
	// The transaction is the only writer already.
	takeTurn: func(context.Context, *Store, querier, string) error { return nil },
}

func sqliteSettings(ctx context.Context, db *sql.DB) error {
	return eachConn(ctx, db, func(conn *sql.Conn) ([]string, error) { return pragmaFaults(ctx, conn) })
}

// pragmaFaults returns what must be changed in the settings of a connection.
func pragmaFaults(ctx context.Context, conn *sql.Conn) (faults []string, err error) {
	var (
		journal              string
		synchronous, timeout int
	)
	for pragma, into := range map[string]any{"journal_mode": &journal, "synchronous": &synchronous, "busy_timeout": &timeout} {
		if err := conn.QueryRowContext(ctx, "PRAGMA "+pragma).Scan(into); err != nil {
			return nil, err
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
	return faults, nil
}
