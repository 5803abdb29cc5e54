package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A rowServer is a driver and its server. Each statement gets the same answer.
type rowServer struct {
	row   []driver.Value // nil for no row
	ended int            // so many statements find that their connection has ended
	skips bool           // statements with arguments must be prepared
	late  error          // that of the end of the answer

	asked, opened int
}

func (s *rowServer) Connect(context.Context) (driver.Conn, error) {
	s.opened++
	return &rowConn{s}, nil
}

func (s *rowServer) Driver() driver.Driver { return nil }

type rowConn struct{ s *rowServer }

func (c *rowConn) Begin() (driver.Tx, error) { return nil, errors.ErrUnsupported }
func (c *rowConn) Close() error              { return nil }

func (c *rowConn) Prepare(string) (driver.Stmt, error) { return rowStmt{c}, nil }

func (c *rowConn) QueryContext(context.Context, string, []driver.NamedValue) (driver.Rows, error) {
	if c.s.skips {
		return nil, driver.ErrSkip
	}
	return c.query()
}

func (c *rowConn) query() (driver.Rows, error) {
	c.s.asked++
	if c.s.ended > 0 {
		c.s.ended--
		return nil, driver.ErrBadConn
	}
	return &rowRows{c.s, c.s.row}, nil
}

type rowStmt struct{ c *rowConn }

func (rowStmt) Close() error                               { return nil }
func (rowStmt) NumInput() int                              { return -1 }
func (rowStmt) Exec([]driver.Value) (driver.Result, error) { return nil, errors.ErrUnsupported }
func (s rowStmt) Query([]driver.Value) (driver.Rows, error) {
	return s.c.query()
}

type rowRows struct {
	s    *rowServer
	rest []driver.Value
}

func (r *rowRows) Columns() []string { return make([]string, len(r.s.row)) }
func (r *rowRows) Close() error      { return r.s.late }

func (r *rowRows) Next(into []driver.Value) error {
	if r.rest == nil {
		return io.EOF
	}
	copy(into, r.rest)
	r.rest = nil
	return nil
}

// scanned is what the row of s is, read as the columns of this package are.
func (s *rowServer) scanned(t *testing.T, into ...any) error {
	db := sql.OpenDB(s)
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return scanRow(t.Context(), pooled{db}, "SELECT $1", []any{int32(1)}, into...)
}

func TestScanRow(t *testing.T) {
	t.Parallel()
	of := []byte("bytes")
	s := &rowServer{row: []driver.Value{of, nil, "text", []byte("text"), int64(1 << 40), int64(7), true}}
	var b, none []byte
	var text, other string
	var long int64
	var short int
	var yes bool
	require.NoError(t, s.scanned(t, &b, &none, &text, &other, &long, &short, &yes))
	assert.Equal(t, []any{"bytes", "text", "text", int64(1 << 40), 7, true}, []any{string(b), text, other, long, short, yes})
	assert.Nil(t, none)
	of[0] = 'B'
	assert.Equal(t, "bytes", string(b), "the driver keeps its own")
	assert.Equal(t, 1, s.asked)
}

func TestScanRowFails(t *testing.T) {
	t.Parallel()
	var n int64
	late := errors.New("late")
	assert.ErrorIs(t, (&rowServer{}).scanned(t, &n), sql.ErrNoRows)
	assert.ErrorIs(t, (&rowServer{late: late}).scanned(t, &n), late)
	assert.ErrorIs(t, (&rowServer{row: []driver.Value{int64(1)}, late: late}).scanned(t, &n), late, "after the row")
	assert.EqualError(t, (&rowServer{row: []driver.Value{"1"}}).scanned(t, &n), "a column is string, and read as *int64")
	assert.ErrorContains(t, (&rowServer{row: []driver.Value{nil}}).scanned(t, &n), "a column is <nil>")
	s := &rowServer{row: []driver.Value{int64(1)}, ended: 100}
	assert.ErrorIs(t, s.scanned(t, &n), driver.ErrBadConn)
	s = &rowServer{row: []driver.Value{int64(1)}, late: driver.ErrBadConn}
	assert.ErrorIs(t, s.scanned(t, &n), driver.ErrBadConn)
	assert.Equal(t, 1, s.asked, "the server has had it")
}

// A statement that the driver has not taken is asked again: on another connection, or prepared.
func TestScanRowNotTaken(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]*rowServer{
		"ended":    {ended: 2},
		"prepared": {skips: true},
	} {
		s.row = []driver.Value{int64(5)}
		var n int64
		require.NoError(t, s.scanned(t, &n), name)
		assert.Equal(t, int64(5), n, name)
	}
}
