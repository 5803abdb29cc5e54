package integration_test

import (
	"database/sql"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth/integration"
)

// What tests of locks share: somebody holds rows, and others come as far as they can.

// patientDatabase is a database that resolves no deadlock: those who wait for each other get an
// error, in the end.
func patientDatabase(t *testing.T) database {
	d := postgresDatabase(t)
	d.dsn += "&deadlock_timeout=1h&statement_timeout=10s"
	return d
}

// arrive runs verb until it has ended, or until more than the n who wait already wait for locks.
func arrive(t *testing.T, db *sql.DB, n int, verb func() error) <-chan error {
	t.Helper()
	answer := make(chan error, 1)
	go func() { answer <- verb() }()
	require.NoError(t, integration.Poll(10*time.Second, func() error {
		var waiting int
		err := db.QueryRow("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").Scan(&waiting)
		if err == nil && waiting <= n && len(answer) == 0 {
			err = fmt.Errorf("%d wait", waiting)
		}
		return err
	}))
	return answer
}

// hold runs query in a transaction, which lasts until release is called.
func hold(t *testing.T, db *sql.DB, query string, args ...any) (release func()) {
	t.Helper()
	tx, err := db.Begin()
	require.NoError(t, err)
	t.Cleanup(func() { _ = tx.Rollback() })
	_, err = tx.Exec(query, args...)
	require.NoError(t, err)
	return func() { require.NoError(t, tx.Rollback()) }
}
