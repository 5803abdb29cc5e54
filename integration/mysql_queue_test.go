package integration_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// notCertified is what a node of a cluster answers to a transaction that has met another.
const notCertified = "SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213, MESSAGE_TEXT = 'Deadlock found'"

// Steps about one phone that met are done again one after the other. Nobody waits in the queue longer
// than the context says.
func TestSQLMySQLStepsThatMetTakeTurns(t *testing.T) {
	const callers = 8
	d := mariadbDatabase(t)
	db, c := d.countedDB(t)
	s := d.store(t, db)
	var begun, open, most atomic.Int64
	var met sync.WaitGroup
	met.Add(callers)
	held, release := make(chan struct{}), make(chan struct{})
	c.rewrite = func(query string) string {
		switch query {
		case "BEGIN":
			n := begun.Add(1)
			if n <= callers {
				met.Done()
				met.Wait() // all of them meet
				return notCertified
			}
			most.Store(max(most.Load(), open.Add(1)))
			if n == callers+1 {
				close(held)
				<-release
			}
		case "COMMIT", "ROLLBACK":
			open.Add(-1)
		}
		return query
	}
	lockout := absentLockout()
	lockout.Steps[0].Failures = callers + 1
	fail := func(ctx context.Context, key string) error {
		l := lockout
		l.Key = key
		return s.CountFailure(ctx, l, absentNow)
	}
	var all sync.WaitGroup
	for range callers {
		all.Go(func() { assert.NoError(t, fail(context.Background(), "{a}f")) })
	}
	<-held
	soon, end := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer end()
	assert.ErrorIs(t, fail(soon, "{a}f"), context.DeadlineExceeded, "it does not wait for its turn")
	assert.NoError(t, fail(t.Context(), "{b}f"), "it waits for the turn of another phone")
	most.Store(1)
	close(release)
	all.Wait()
	assert.EqualValues(t, 1, most.Load(), "at once")
	assert.EqualValues(t, 2*callers+1, begun.Load(), "each is done twice, and that of the other phone once")
	state, err := s.ReadState(t.Context(), phoneauth.StateParams{Lockouts: []string{"{a}f"}, Now: absentNow})
	require.NoError(t, err)
	assert.Equal(t, callers, state.Lockouts[0].Failures)
}
