package sqlstore

import (
	"context"
	"database/sql"
)

// Dialect is a kind of database. The zero Dialect is invalid.
type Dialect int

const (
	// Postgres is PostgreSQL 13 or later, or a database that understands its SQL.
	Postgres Dialect = 1 + iota
	// SQLite is SQLite 3.35 or later, in a file.
	SQLite
)

// String returns "postgres" or "sqlite".
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
	}
	return nil
}

// speech is in what the dialects differ; all other SQL here is understood by both. One
// without RETURNING is to read what it needs, locked in the order of keys, and then to
// write it.
type speech struct {
	name string
	// alone: one writer at a time. Nothing need be locked, and nothing that a
	// transaction has read changes before it writes.
	alone bool
	// forUpdate ends a SELECT that locks its rows in the order it returns them,
	// skipLocked one that passes over rows that are locked.
	forUpdate, skipLocked string
	// in goes around a SELECT, and finds a column in it by its index.
	in [2]string
	// least is the function that returns the smaller of two numbers.
	least string
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
	takeTurn func(ctx context.Context, q querier, name string) error
}

// querier is a *sql.DB, a *sql.Conn or a *sql.Tx.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}
