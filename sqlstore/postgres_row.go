package sqlstore

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
)

// pooled is the database of PostgreSQL. It is a querier that asks the driver itself for an answer of
// one row. database/sql starts a goroutine for each answer, in case it is not read to its end.
type pooled struct{ *sql.DB }

// scanRow runs a statement, and scans its one row: sql.ErrNoRows if there is none.
func scanRow(ctx context.Context, on querier, text string, args []any, into ...any) error {
	if p, ok := on.(pooled); ok {
		return p.scanRow(ctx, text, args, into)
	}
	return on.QueryRowContext(ctx, text, args...).Scan(into...)
}

func (p pooled) scanRow(ctx context.Context, text string, args, into []any) error {
	taken, err := p.ask(ctx, text, args, into)
	if !taken { // database/sql tries other connections, or prepares the statement
		return p.QueryRowContext(ctx, text, args...).Scan(into...)
	}
	return err
}

// ask is scanRow on a connection of the pool. taken is false if the driver has not taken the
// statement: the connection has ended in the pool, or the driver must prepare the statement.
func (p pooled) ask(ctx context.Context, text string, args, into []any) (taken bool, err error) {
	conn, err := p.Conn(ctx)
	if err != nil {
		return true, err
	}
	defer conn.Close()
	err = conn.Raw(func(c any) error {
		rows, err := queried(ctx, c, text, args)
		taken = !errors.Is(err, driver.ErrBadConn) && !errors.Is(err, driver.ErrSkip)
		if err != nil {
			return err
		}
		err = scanFirst(rows, into)
		return cmp.Or(rows.Close(), err) // the server may fail after the row
	})
	return taken, err
}

// queried runs a statement on the connection c of a driver.
func queried(ctx context.Context, c any, text string, args []any) (driver.Rows, error) {
	on, ok := c.(driver.QueryerContext)
	if !ok {
		return nil, driver.ErrSkip
	}
	checker, checks := c.(driver.NamedValueChecker)
	values := make([]driver.NamedValue, len(args))
	for i, arg := range args {
		values[i] = driver.NamedValue{Ordinal: i + 1, Value: arg}
		err := driver.ErrSkip
		if checks {
			err = checker.CheckNamedValue(&values[i])
		}
		if errors.Is(err, driver.ErrSkip) {
			values[i].Value, err = driver.DefaultParameterConverter.ConvertValue(arg)
		}
		if err != nil {
			return nil, err
		}
	}
	return on.QueryContext(ctx, text, values)
}

// scanFirst scans the first row: sql.ErrNoRows if there is none.
func scanFirst(rows driver.Rows, into []any) error {
	values := make([]driver.Value, len(into))
	if err := rows.Next(values); errors.Is(err, io.EOF) {
		return sql.ErrNoRows
	} else if err != nil {
		return err
	}
	for i, v := range values {
		if !assign(into[i], v) {
			return fmt.Errorf("a column is %T, and read as %T", v, into[i])
		}
	}
	return nil
}

// assign scans a column into one of the types that the columns of this package have. It returns false if
// v has another type.
func assign(into any, v driver.Value) (ok bool) {
	switch into := into.(type) {
	case *[]byte:
		var b []byte
		b, ok = v.([]byte)
		*into = bytes.Clone(b) // it belongs to the driver
		ok = ok || v == nil
	case *string:
		var b []byte
		if *into, ok = v.(string); !ok {
			b, ok = v.([]byte)
			*into = string(b)
		}
	case *int64:
		*into, ok = v.(int64)
	case *int:
		var n int64
		n, ok = v.(int64)
		*into = int(n)
	case *bool:
		*into, ok = v.(bool)
	}
	return ok
}
