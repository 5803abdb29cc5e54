package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/phoneauth/phoneauth"
)

// errRaced says that another transaction wrote what this one has read. This one is rolled back
// and done again.
var errRaced = errors.New("raced")

// fault is an error that is no answer. Its text holds the error code. It holds no text of the
// driver, which may quote an argument or an address. The cause is wrapped.
type fault struct {
	step  string
	cause error
}

func (f *fault) Error() string { return "sqlstore: " + f.step + ": " + describe(f.cause) }
func (f *fault) Unwrap() error { return f.cause }

// failed returns err as a verb returns it: an answer as it is, anything else as a fault.
func failed(step string, err error) error {
	if err == nil || phoneauth.IsAnswer(err) {
		return err
	}
	return &fault{step, err}
}

func describe(err error) string {
	if state := sqlState(err); state != "" {
		return "SQLSTATE " + state
	}
	if number := mysqlNumber(err); number != 0 {
		return fmt.Sprintf("MySQL error %d", number)
	}
	if code, ok := sqliteCode(err); ok {
		return fmt.Sprintf("SQLite error %d", code)
	}
	for _, known := range []error{errRaced, errRows, context.DeadlineExceeded, context.Canceled, sql.ErrConnDone, sql.ErrTxDone} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return op.Op + ": " + op.Err.Error() // without its address
	}
	return fmt.Sprintf("%T", err)
}

// rolledBack reports whether the database has rolled back a transaction that may succeed when it
// is done again.
func rolledBack(err error) bool {
	switch sqlState(err) {
	case "40001", "40P01": // serialization_failure, deadlock_detected
		return true
	}
	switch mysqlNumber(err) {
	case mysqlDeadlock, mysqlLockWait:
		return true
	}
	const busy = 5 // SQLITE_BUSY, beside more special codes of it
	code, ok := sqliteCode(err)
	return ok && code&0xff == busy || errors.Is(err, errRaced)
}

// duplicate reports whether err is that of a UNIQUE constraint.
func duplicate(err error) bool {
	const constraintUnique = 2067 // SQLITE_CONSTRAINT_UNIQUE
	code, ok := sqliteCode(err)
	return sqlState(err) == "23505" || ok && code == constraintUnique || mysqlNumber(err) == mysqlDuplicate
}

// sqlState returns the code of PostgreSQL: pgx and lib/pq have this method.
func sqlState(err error) string {
	var coded interface{ SQLState() string }
	if errors.As(err, &coded) {
		return coded.SQLState()
	}
	return ""
}

// sqliteCode returns the extended code of SQLite: modernc has this method, mattn only words,
// and those are SQLite's own.
func sqliteCode(err error) (int, bool) {
	var coded interface{ Code() int }
	if errors.As(err, &coded) {
		return coded.Code(), true
	}
	switch text := fmt.Sprint(err); {
	case strings.HasPrefix(text, "database is locked"):
		return 5, true
	case strings.HasPrefix(text, "UNIQUE constraint failed"):
		return 2067, true
	}
	return 0, false
}
