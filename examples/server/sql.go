package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"modernc.org/sqlite"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/sqlstore"
)

// How many connections are open, and stay open, as the documentation of sqlstore has it.
const (
	postgresConns = 16 // for a server of four cores
	sqliteConns   = 4
)

func openPostgres(ctx context.Context, dsn string, parts ...sqlstore.Option) (phoneauth.Store, func() error, error) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, nil, errors.New("cannot be read as a URL of PostgreSQL") // its own error quotes the URL
	}
	stranger := errors.New("no PostgreSQL that can be talked to is there: is it its port, and the sslmode that it wants?")
	return openSQL(ctx, stdlib.OpenDB(*config), sqlstore.Postgres, postgresConns, stranger, parts...)
}

// sqlitePragmas are those that sqlstore checks, and a cache of 16 MiB for each connection: by default it is
// 2, which is less than a few thousand sign-ins write. The busy_timeout, the first of them,
// because the others wait by it, ends before startTimeout does.
const sqlitePragmas = "?_pragma=busy_timeout(3000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=cache_size(-16384)"

func openSQLite(ctx context.Context, path string, parts ...sqlstore.Option) (phoneauth.Store, func() error, error) {
	// It holds phone numbers and hashes of passwords: the file is its owner's alone, and
	// so are those that SQLite makes beside it.
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, nil, err
	}
	if err := file.Close(); err != nil {
		return nil, nil, err
	}
	uri := "file:" + strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(path)
	db, err := sql.Open("sqlite", uri+sqlitePragmas)
	if err != nil {
		return nil, nil, err
	}
	return openSQL(ctx, db, sqlstore.SQLite, sqliteConns, errors.New("SQLite cannot open the file"), parts...)
}

// openSQL creates the tables in db, and returns a store on them. stranger is the error for a
// server that does not answer like the database.
func openSQL(ctx context.Context, db *sql.DB, dialect sqlstore.Dialect, conns int, stranger error, parts ...sqlstore.Option) (phoneauth.Store, func() error, error) {
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	store, err := func() (*sqlstore.Store, error) {
		if err := db.PingContext(ctx); err != nil {
			return nil, cause(ctx, err, stranger)
		}
		if err := sqlstore.Migrate(ctx, db, dialect, parts...); err != nil {
			return nil, cause(ctx, err, err)
		}
		store, err := sqlstore.New(ctx, db, dialect, parts...)
		return store, cause(ctx, err, err)
	}()
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	return store, db.Close, nil
}

// postgresCause returns what may be said of an error of the server; its own words may quote
// what it was sent.
func postgresCause(err *pgconn.PgError) error {
	say := map[string]string{
		"28000": "the server refuses the user or the password",
		"28P01": "the server refuses the user or the password",
		"3D000": "there is no such database",
		"42501": "the user may not do what is needed to make the tables",
		"25006": "the server only reads, as a replica does",
		"53300": "the server has no connection left",
		"57P03": "the server is starting, or ending",
	}[err.Code]
	if say == "" {
		say = "the server refuses"
	}
	return fmt.Errorf("%s (SQLSTATE %s)", say, err.Code)
}

// sqliteCause returns a better error than the driver's, or nil if it knows none.
func sqliteCause(err *sqlite.Error) error {
	say := map[int]string{
		5:  "another process keeps the file locked",
		8:  "the file cannot be written to",
		13: "the disk is full",
		14: "the file, or one beside it, cannot be opened",
		26: "the file is no SQLite database",
	}[err.Code()&0xff]
	if say == "" {
		return nil
	}
	return fmt.Errorf("%s (SQLite error %d)", say, err.Code())
}
