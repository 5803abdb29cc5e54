package sqlstore

import (
	"context"
	"database/sql"
	"strings"
)

// Dialect is a kind of database. The zero Dialect is invalid.
type Dialect int

const (
	// Postgres is PostgreSQL 13 or later, or a database that understands its SQL.
	Postgres Dialect = 1 + iota
	// SQLite is SQLite 3.35 or later, in a file.
	SQLite
	// MySQL is MySQL 8.0 or MariaDB 10.6, or later, and clusters of them.
	MySQL
)

// String returns "postgres", "sqlite" or "mysql".
func (d Dialect) String() string {
	if sp := d.speech(); sp != nil {
		return sp.name
	}
	return "no dialect"
}

func (d Dialect) speech() *speech {
	switch d {
	case Postgres:
		return &postgres
	case SQLite:
		return &sqlite
	case MySQL:
		return &mysql
	}
	return nil
}

// speech contains the differences between the dialects. All of them understand all other SQL
// here, except where a method asks for returning and does something else for MySQL.
type speech struct {
	name string
	// returning: there are RETURNING and ON CONFLICT. A dialect without them reads the rows,
	// locked, and then writes them.
	returning bool
	// alone is true when there is one writer at a time. Rows then need no locks, and rows
	// that a transaction has read do not change before it writes.
	alone bool
	// forUpdate ends a SELECT that locks its rows in the order it returns them,
	// skipLocked one that passes over rows that are locked.
	forUpdate, skipLocked string
	// in goes around a SELECT, and finds a column in it by its index.
	in [2]string
	// notEmpty goes around a column of the journal: it is the condition of the indexes that
	// hold no empty values.
	notEmpty [2]string
	// least is the function that returns the smaller of two numbers. integer is the type to
	// which a sum is cast.
	least, integer string
	// from ends a list of columns of no table that a WHERE follows.
	from string
	// quote quotes the names in a statement that are words of the dialect. nil: none is one.
	quote func(statement string) string
	// arrays: an argument may be a column of values.
	arrays bool
	// numbered: placeholders are $1, $2 and so on; else each is a question mark.
	numbered bool
	// schemas: there are some. Else tables are told apart by prefix only.
	schemas bool
	// settings fails if the database is set up so that it would lose or refuse what it
	// must not, and says what to change.
	settings func(ctx context.Context, db *sql.DB) error
	// hasColumn reports whether a table has a column. It is nil where the files add a column
	// only if it is missing.
	hasColumn func(ctx context.Context, q querier, table, column string) (bool, error)
	// takeTurn lets one transaction of this name on at a time. It waits for the one before
	// it, and ends with its own.
	takeTurn func(ctx context.Context, s *Store, q querier, name string) error
}

// sql returns the statement as it is sent.
func (sp *speech) sql(statement string) string {
	if sp.quote == nil {
		return statement
	}
	return sp.quote(statement)
}

// filled is the condition that a column of the journal is not empty.
func (sp *speech) filled(column string) string { return sp.notEmpty[0] + column + sp.notEmpty[1] }

// eachConn fails with what must be changed in the settings of connections. It looks at two of
// them where there may be two: what was set by a statement, and not in the DSN, is set on one of
// them only.
func eachConn(ctx context.Context, db *sql.DB, faults func(conn *sql.Conn) ([]string, error)) error {
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
		found, err := faults(conn)
		if err != nil {
			return err
		}
		if len(found) > 0 {
			return &settingError{strings.Join(found, "; ")}
		}
	}
	return nil
}

// querier is a *sql.DB, a pooled, a *sql.Conn, a *sql.Tx, a prepared or a steady.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}
