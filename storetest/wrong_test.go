package storetest

import (
	"context"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// wrongStore is the store by hand with one thing wrong, and the case that must see it.
type wrongStore struct {
	name, caught string
	fault        func(w *broken, s *byHand)
}

// wrongJournal is the reference journal with one thing wrong, and the case that must see
// it.
type wrongJournal struct {
	name, caught string
	fault        func(*entries) phoneauth.JournalStore
}

// recorder is a test that may fail.
type recorder struct {
	testing.TB // nil: what is not below is not called
	failures   []string
}

func (r *recorder) Helper()                  {}
func (r *recorder) Context() context.Context { return ctx }
func (r *recorder) Errorf(format string, args ...any) {
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}
func (r *recorder) FailNow()     { runtime.Goexit() }
func (r *recorder) Name() string { return "recorder" }

// trial are the options of a wrong store.
var trial = options{rounds: 100, patience: 100 * time.Millisecond}

// try runs the cases of this name on a store, and says how they fail.
func try(name string, store phoneauth.Store) (found bool, failures []string) {
	r := &recorder{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		found = tryCase(name, challengeCases(), func() *challenges { return newChallenges(r, store, trial) }) ||
			tryCase(name, userCases(), func() *users { return newUsers(r, store, trial) }) ||
			tryCase(name, sessionCases(), func() *sessions { return newSessions(r, store, trial) })
	}()
	<-done
	return found || len(r.failures) > 0, r.failures
}

// tryJournal is try for a journal.
func tryJournal(name string, store phoneauth.JournalStore) (found bool, failures []string) {
	r := &recorder{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		found = tryCase(name, journalCases(), func() *journal { return newJournal(r, store, trial) })
	}()
	<-done
	return found || len(r.failures) > 0, r.failures
}

func tryCase[F any](name string, cases []testCase[F], fixture func() F) bool {
	i := slices.IndexFunc(cases, func(c testCase[F]) bool { return c.name == name })
	if i >= 0 {
		cases[i].run(fixture())
	}
	return i >= 0
}

// TestWrongStores sees that each wrong store fails the case that is meant for it, which
// the right one passes, and that each case has a wrong store.
func TestWrongStores(t *testing.T) {
	all := slices.Concat(wrongBegins, wrongAttempts, wrongMatches, wrongLimits, wrongLockouts, wrongScores, wrongStates,
		wrongValues, wrongEdges, wrongPurges, wrongUsers, wrongUpdates, wrongImports, wrongSessions, wrongRotations, wrongAdmissions, wrongRefreshes, wrongOpenings, wrongAttemptSessions,
		wrongEvictions, naiveStores, naiveAccounts)
	names, catching := map[string]bool{}, map[string]bool{}
	for _, store := range all {
		require.False(t, names[store.name], "two wrong stores are named %q", store.name)
		names[store.name], catching[store.caught] = true, true
		t.Run(store.name, func(t *testing.T) {
			found, failures := try(store.caught, newBroken(store.fault))
			require.True(t, found, "there is no case %q", store.caught)
			assert.NotEmpty(t, failures, "the case %q does not see it", store.caught)
		})
	}
	for _, name := range slices.Sorted(maps.Keys(catching)) {
		_, failures := try(name, newBroken(func(*broken, *byHand) {}))
		assert.Empty(t, failures, "the right store fails %q", name)
	}
	for _, store := range wrongJournals {
		require.False(t, names[store.name], "two wrong stores are named %q", store.name)
		names[store.name], catching[store.caught] = true, true
		t.Run(store.name, func(t *testing.T) {
			found, failures := tryJournal(store.caught, store.fault(newEntries()))
			require.True(t, found, "there is no case %q", store.caught)
			assert.NotEmpty(t, failures, "the case %q does not see it", store.caught)
		})
	}
	for _, c := range everyCase() {
		assert.True(t, catching[c.name], "no wrong store shows what the case %q is for", c.name)
	}
	t.Logf("%d wrong stores, caught by %d cases", len(names), len(catching))
}
