package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/phoneauth/phoneauth/sqlstore"
)

// openTimeout is how long a database has to answer at start.
const openTimeout = 10 * time.Second

// conns is how many connections are open. A dry run looks eight numbers up at once.
const conns = 8

// openStore opens what -store names, as examples/server does, for users alone. It makes the table
// of users, unless it must be there. Its errors do not quote -store, in which there may be a
// password.
func openStore(ctx context.Context, spec string, mustBeThere bool) (*sqlstore.Store, func() error, error) {
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	kind, where, _ := strings.Cut(spec, ":")
	switch {
	case kind == "sqlite" && where != "" && where != ":memory:":
		return openSQLite(ctx, where, mustBeThere)
	case (kind == "postgres" || kind == "postgresql") && strings.HasPrefix(where, "//"):
		config, err := pgx.ParseConfig(spec)
		if err != nil {
			return nil, nil, errors.New("cannot be read as a URL of PostgreSQL") // its own error quotes the URL
		}
		return openSQL(ctx, stdlib.OpenDB(*config), sqlstore.Postgres, mustBeThere)
	case kind == "mysql" && strings.HasPrefix(where, "//"):
		return openMySQL(ctx, spec, mustBeThere)
	}
	return nil, nil, errors.New(`unknown kind of store, must be "sqlite:PATH", "postgres://…" or "mysql://…"`)
}

// openSQLite opens or makes a file that is its owner's alone, because it holds numbers and
// hashes.
func openSQLite(ctx context.Context, path string, mustBeThere bool) (*sqlstore.Store, func() error, error) {
	flags := os.O_RDWR
	if !mustBeThere {
		flags |= os.O_CREATE
	}
	file, err := os.OpenFile(path, flags, 0o600)
	if err != nil {
		return nil, nil, err
	}
	if err := file.Close(); err != nil {
		return nil, nil, err
	}
	uri := "file:" + strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(path)
	db, err := sql.Open("sqlite", uri+"?_pragma=busy_timeout(3000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	if err != nil {
		return nil, nil, err
	}
	return openSQL(ctx, db, sqlstore.SQLite, mustBeThere)
}

// openSQL returns a store on the table of users in db, which it makes unless it must be there.
func openSQL(ctx context.Context, db *sql.DB, dialect sqlstore.Dialect, mustBeThere bool) (*sqlstore.Store, func() error, error) {
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	users := sqlstore.Only(sqlstore.Users) // the server makes the other tables
	store, err := func() (*sqlstore.Store, error) {
		if err := db.PingContext(ctx); err != nil {
			return nil, cause(err, dialect)
		}
		if !mustBeThere {
			if err := sqlstore.Migrate(ctx, db, dialect, users); err != nil {
				return nil, err // the errors of sqlstore quote nothing
			}
		}
		return sqlstore.New(ctx, db, dialect, users)
	}()
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	return store, db.Close, nil
}

// cause returns what may be said of an error of a driver. What those of servers say quotes where
// they connect to, or as whom.
func cause(err error, dialect sqlstore.Dialect) error {
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok {
		return fmt.Errorf("the server refuses (SQLSTATE %s)", refused.Code)
	}
	if refused, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return fmt.Errorf("the server refuses (MySQL error %d)", refused.Number)
	}
	switch dialect {
	case sqlstore.Postgres:
		return errors.New("no PostgreSQL that can be used is there: is it its port, and the sslmode that it wants?")
	case sqlstore.MySQL:
		return errors.New("no MySQL that can be used is there: is it its port, and the tls that it wants?")
	}
	return err
}
