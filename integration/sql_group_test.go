package integration_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/sqlstore"
)

// grouped is a store on SQLite whose first transaction can be held, so that the writes after it
// share the next one.
type grouped struct {
	*sqlstore.Store
	t      *testing.T
	c      *counted
	first  error         // what the call got that was held
	held   chan struct{} // closed when the first transaction begins
	resume chan struct{} // closed to let it go on
}

func newGrouped(t *testing.T) *grouped {
	d := database{sqlstore.SQLite, "sqlite", sqliteDSN(filepath.Join(t.TempDir(), "phoneauth.db"))}
	db, c := d.countedDB(t)
	g := &grouped{Store: d.store(t, db), t: t, c: c, held: make(chan struct{}), resume: make(chan struct{})}
	var once sync.Once
	c.queries = func(query string, _ []driver.NamedValue) {
		if strings.HasSuffix(query, " WHERE 0") { // what makes a transaction the writer
			once.Do(func() {
				close(g.held)
				<-g.resume
			})
		}
	}
	c.reset()
	return g
}

// take takes from a limit that admits so many in all.
func (g *grouped) take(ctx context.Context, key string, burst int) error {
	return takeFrom(ctx, g.Store, key, burst)
}

func takeFrom(ctx context.Context, s phoneauth.ChallengeStore, key string, burst int) error {
	return s.TakeLimits(ctx, phoneauth.TakeParams{
		Takes: []phoneauth.Take{{Name: "test", Key: "{" + key + "}s", Limit: phoneauth.Limit{Burst: burst, Every: time.Hour}, Cost: 1}},
		Now:   time.UnixMicro(1_700_000_000_000_000),
	})
}

// together has n callers call at once while the writer is held by another one, and returns what
// they got.
func (g *grouped) together(n int, call func(i int) error) []error {
	var calling atomic.Int64
	results := make([]error, n)
	var all sync.WaitGroup
	all.Go(func() { g.first = g.take(context.Background(), "first", 1) })
	<-g.held
	for i := range n {
		all.Go(func() {
			calling.Add(1)
			results[i] = call(i)
		})
	}
	require.Eventually(g.t, func() bool { return calling.Load() == int64(n) }, 10*time.Second, time.Millisecond)
	close(g.resume)
	all.Wait()
	return results
}

// TestSQLGroupCommit: writes that wait for the writer share its flush, and each is answered for
// itself: a limit of 5 admits 5 of them.
func TestSQLGroupCommit(t *testing.T) {
	g := newGrouped(t)
	admitted := 0
	for i, err := range g.together(32, func(i int) error {
		if i%2 == 0 {
			return g.take(t.Context(), "shared", 5)
		}
		return g.take(t.Context(), fmt.Sprint("own ", i), 1)
	}) {
		switch limit, refused := errors.AsType[*phoneauth.LimitError](err); {
		case i%2 == 1:
			require.NoError(t, err)
		case err == nil:
			admitted++
		default:
			require.True(t, refused, "%v", err)
			assert.Equal(t, "test", limit.Limit)
		}
	}
	require.NoError(t, g.first)
	assert.Equal(t, 5, admitted)
	t.Logf("%d commits for 33 writes, 22 of which change something", g.c.commits.Load())
	assert.Less(t, g.c.commits.Load(), int64(12))
	for i := 1; i < 32; i += 2 {
		assert.Error(t, g.take(t.Context(), fmt.Sprint("own ", i), 1), "it was stored")
	}
}

// TestSQLGroupCommitFails: where the commit fails, no caller has an answer, and nothing is stored.
func TestSQLGroupCommitFails(t *testing.T) {
	g := newGrouped(t)
	g.c.rewrite = func(query string) string {
		if query == "COMMIT" {
			return "COMMIT and fail"
		}
		return query
	}
	for i, err := range g.together(16, func(i int) error { return g.take(t.Context(), fmt.Sprint(i), 1) }) {
		require.Error(t, err, "%d", i)
		require.False(t, phoneauth.IsAnswer(err), "%v", err)
	}
	require.Error(t, g.first)
	g.c.rewrite = nil
	for i := range 16 {
		assert.NoError(t, g.take(t.Context(), fmt.Sprint(i), 1), "nothing was stored")
	}
}

// TestSQLGroupCommitCancelled: a caller who leaves while it waits has done nothing, and the others
// are served.
func TestSQLGroupCommitCancelled(t *testing.T) {
	g := newGrouped(t)
	ctx, cancel := context.WithCancel(t.Context())
	results := g.together(16, func(i int) error {
		if i != 7 {
			return g.take(t.Context(), fmt.Sprint(i), 1)
		}
		cancel() // the writer is held, so it waits
		return g.take(ctx, fmt.Sprint(i), 1)
	})
	for i, err := range results {
		if i == 7 {
			require.ErrorIs(t, err, context.Canceled)
			continue
		}
		require.NoError(t, err)
	}
	assert.NoError(t, g.take(t.Context(), "7", 1), "nothing was stored")
}

// TestSQLGroupCommitLeft: a caller who leaves does not wait for the writer.
func TestSQLGroupCommitLeft(t *testing.T) {
	g := newGrouped(t)
	var first sync.WaitGroup
	first.Go(func() { g.first = g.take(context.Background(), "first", 1) })
	<-g.held
	ctx, cancel := context.WithCancel(t.Context())
	left := make(chan error, 1)
	go func() { left <- g.take(ctx, "left", 1) }()
	cancel()
	select {
	case err := <-left:
		require.ErrorIs(t, err, context.Canceled)
	case <-time.After(10 * time.Second):
		t.Error("it waits for the writer")
	}
	close(g.resume)
	first.Wait()
	require.NoError(t, g.first)
}

// TestSQLGroupCommitUndoesOne: a write that fails midway is undone alone.
func TestSQLGroupCommitUndoesOne(t *testing.T) {
	g := newGrouped(t)
	entries := make([]phoneauth.JournalEntry, 501) // two statements
	for i := range entries {
		entries[i] = phoneauth.JournalEntry{ID: fmt.Sprint("entry ", i), UserID: "1", Time: time.Now(), ExpiresAt: time.Now().Add(time.Hour)}
	}
	begun := false
	g.c.rewrite = func(query string) string { // there is one writer
		if !strings.HasPrefix(query, "INSERT OR FAIL INTO phoneauth_journal") {
			return query
		}
		if begun {
			return "INSERT and fail"
		}
		begun = true
		return query
	}
	for i, err := range g.together(16, func(i int) error {
		if i == 7 {
			return g.AppendEntries(t.Context(), entries)
		}
		return g.take(t.Context(), fmt.Sprint(i), 1)
	}) {
		require.Equal(t, i == 7, err != nil, "%d: %v", i, err)
	}
	require.True(t, begun)
	found, err := g.Entries(t.Context(), phoneauth.JournalQuery{UserID: "1", Limit: 1, Now: time.Now()})
	require.NoError(t, err)
	assert.Empty(t, found, "half of a write is stored")
	for i := range 16 {
		assert.Equal(t, i != 7, g.take(t.Context(), fmt.Sprint(i), 1) != nil, "%d", i)
	}
}

// TestSQLGroupCommitOthersAnswer: where a refused write cannot be undone alone, all fail, and no
// other caller gets its refusal.
func TestSQLGroupCommitOthersAnswer(t *testing.T) {
	g := newGrouped(t)
	undone := false
	g.c.rewrite = func(query string) string {
		if query == "ROLLBACK TO turn" {
			undone = true
			return "ROLLBACK TO nothing"
		}
		return query
	}
	for i, err := range g.together(16, func(i int) error {
		if i%2 == 0 {
			return g.take(t.Context(), fmt.Sprint(i), 1)
		}
		return g.take(t.Context(), "shared", 1)
	}) {
		if i%2 == 0 {
			assert.False(t, phoneauth.IsAnswer(err), "%d got the answer of another: %v", i, err)
		}
	}
	require.True(t, undone)
	assert.False(t, phoneauth.IsAnswer(g.first), "%v", g.first)
}
