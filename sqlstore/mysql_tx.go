package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
)

// onConn calls do in a transaction. A sql.Tx would not do: its Commit waits for the server
// without a context, and so for a server that is away.
func (s *Store) onConn(ctx context.Context, do func(q querier) error) error {
	conn, err := s.begun(ctx)
	if err != nil {
		return err
	}
	ended := false
	defer func() {
		if !ended { // the server rolls back; do may have panicked
			discard(conn)
		}
		_ = conn.Close()
	}()
	if err = do(conn); err == nil {
		// If ctx ends now, the driver closes the connection, and the outcome is unknown.
		if _, err = conn.ExecContext(ctx, "COMMIT"); err == nil {
			ended = true
			return nil
		}
	}
	_, failed := conn.ExecContext(ctx, "ROLLBACK")
	ended = failed == nil
	return err
}

// staleConns is how many connections of the pool may have ended since they were used.
const staleConns = 100

// begun returns a connection with a transaction. A connection that has ended in the pool is
// known by its first statement; then another is taken, for nothing was done yet.
func (s *Store) begun(ctx context.Context) (*sql.Conn, error) {
	for try := 1; ; try++ {
		conn, err := s.db.Conn(ctx)
		if err != nil {
			return nil, err
		}
		if _, err = conn.ExecContext(ctx, "BEGIN"); err == nil {
			return conn, nil
		}
		discard(conn)
		_ = conn.Close()
		if try == staleConns || !errors.Is(err, driver.ErrBadConn) {
			return nil, err
		}
	}
}
