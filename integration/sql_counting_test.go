package integration_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"net"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"
)

// counted is what a database was asked for.
type counted struct {
	calls   atomic.Int64 // of the driver: statements, and what begins and ends transactions
	commits atomic.Int64 // of transactions, and of statements that write by themselves
	sent    atomic.Int64 // messages to the server, each of which is a round trip

	before  func(call int64)                  // each call, if it is set
	queries func(string, []driver.NamedValue) // each statement, if it is set
	rewrite func(string) string               // each statement, if it is set
	parsed  func(string)                      // each statement that is prepared or run as a text, if it is set
}

func (c *counted) reset() { c.calls.Store(0); c.commits.Store(0); c.sent.Store(0) }

// countedDB opens d through a driver that counts.
func (d database) countedDB(t testing.TB) (*sql.DB, *counted) {
	t.Helper()
	db, c := openCounted(d)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db, c
}

func openCounted(d database) (*sql.DB, *counted) {
	c := &counted{}
	var inner driver.Connector
	switch d.driver {
	case "pgx":
		config, err := pgx.ParseConfig(d.dsn)
		if err != nil {
			panic(err)
		}
		dial := config.DialFunc
		config.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := dial(ctx, network, addr)
			return &countingConn{conn, c}, err
		}
		inner = stdlib.GetConnector(*config)
	case "mysql":
		config, err := mysql.ParseDSN(d.dsn)
		if err != nil {
			panic(err)
		}
		config.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := new(net.Dialer).DialContext(ctx, network, addr)
			return &countingConn{conn, c}, err
		}
		if inner, err = mysql.NewConnector(config); err != nil {
			panic(err)
		}
	default:
		db, err := sql.Open(d.driver, d.dsn)
		if err != nil {
			panic(err)
		}
		inner = dsnConnector{db.Driver(), d.dsn} // which is all that db was for
	}
	db := sql.OpenDB(&countingConnector{inner, c})
	db.SetMaxOpenConns(16)
	db.SetMaxIdleConns(16)
	return db, c
}

type countingConn struct {
	net.Conn
	c *counted
}

func (n *countingConn) Write(b []byte) (int, error) {
	n.c.sent.Add(1)
	return n.Conn.Write(b)
}

type dsnConnector struct {
	driver driver.Driver
	dsn    string
}

func (d dsnConnector) Connect(context.Context) (driver.Conn, error) { return d.driver.Open(d.dsn) }
func (d dsnConnector) Driver() driver.Driver                        { return d.driver }

type countingConnector struct {
	driver.Connector
	c *counted
}

func (c *countingConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &countingSQL{conn, c.c, false}, nil
}

// countingSQL is a connection of a driver that has what both of ours have.
type countingSQL struct {
	driver.Conn
	c    *counted
	open bool // a transaction
}

// reads are how statements begin that change nothing.
var reads = map[string]bool{"SELECT": true, "(SELECT": true, "PRAGMA": true, "SHOW": true}

func (s *countingSQL) statement(query string) {
	calls := s.c.calls.Add(1)
	if s.c.before != nil {
		s.c.before(calls)
	}
	verb, _, _ := strings.Cut(query, " ")
	switch {
	case verb == "BEGIN":
		s.open = true
	case verb == "COMMIT":
		s.open = false
		s.c.commits.Add(1)
	case verb == "ROLLBACK" && query != "ROLLBACK TO turn":
		s.open = false
	case !s.open && (!reads[verb] || writingFunction.MatchString(query)):
		s.c.commits.Add(1)
	}
}

// writingFunction finds the calls of functions that write.
var writingFunction = regexp.MustCompile(`^SELECT \w+\.\w+_v\d+\(| FROM \w+\.\w+_v\d+\(`)

func (s *countingSQL) asked(query string, args []driver.NamedValue) string {
	s.statement(query)
	if s.c.queries != nil {
		s.c.queries(query, args)
	}
	if s.c.rewrite != nil {
		return s.c.rewrite(query)
	}
	return query
}

func (s *countingSQL) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	query = s.asked(query, args)
	s.parsed(query)
	return s.Conn.(driver.ExecerContext).ExecContext(ctx, query, args)
}

func (s *countingSQL) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	query = s.asked(query, args)
	s.parsed(query)
	return s.Conn.(driver.QueryerContext).QueryContext(ctx, query, args)
}

func (s *countingSQL) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	s.statement("BEGIN")
	tx, err := s.Conn.(driver.ConnBeginTx).BeginTx(ctx, opts)
	return countingTx{tx, s}, err
}

func (s *countingSQL) parsed(query string) {
	if s.c.parsed != nil {
		s.c.parsed(query)
	}
}

func (s *countingSQL) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	s.parsed(query)
	stmt, err := s.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, query)
	return countingStmt{stmt, s, query}, err
}

// countingStmt is a statement that was prepared.
type countingStmt struct {
	driver.Stmt
	s     *countingSQL
	query string
}

func (c countingStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	if query := c.s.asked(c.query, args); query != c.query {
		return c.s.Conn.(driver.ExecerContext).ExecContext(ctx, query, args)
	}
	return c.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
}

func (c countingStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	if query := c.s.asked(c.query, args); query != c.query {
		return c.s.Conn.(driver.QueryerContext).QueryContext(ctx, query, args)
	}
	return c.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
}

func (s *countingSQL) CheckNamedValue(v *driver.NamedValue) error {
	if checker, ok := s.Conn.(driver.NamedValueChecker); ok {
		return checker.CheckNamedValue(v)
	}
	return driver.ErrSkip
}

func (s *countingSQL) ResetSession(ctx context.Context) error {
	if r, ok := s.Conn.(driver.SessionResetter); ok {
		return r.ResetSession(ctx)
	}
	return nil
}

func (s *countingSQL) IsValid() bool {
	v, ok := s.Conn.(driver.Validator)
	return !ok || v.IsValid()
}

type countingTx struct {
	driver.Tx
	s *countingSQL
}

func (t countingTx) Commit() error {
	t.s.statement("COMMIT")
	if t.s.c.rewrite != nil {
		if query := t.s.c.rewrite("COMMIT"); query != "COMMIT" {
			_, err := t.s.Conn.(driver.ExecerContext).ExecContext(context.Background(), query, nil)
			return err
		}
	}
	return t.Tx.Commit()
}

func (t countingTx) Rollback() error {
	t.s.statement("ROLLBACK")
	return t.Tx.Rollback()
}
