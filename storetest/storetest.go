// Package storetest is the conformance suite that every [phoneauth.Store] must pass. Each
// case holds a sentence of the contracts, which stand in store.go and the files beside it
// whose names begin with store_. A case that fails prints the sentence that was broken.
// Cases come in an order in which the first failure is the cause: limits, lockouts, scores
// and challenges before what is checked by asking them. A check that asks other verbs what
// the verb under test has done says "probe:" in its message.
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(t testing.TB) phoneauth.Store { return memstore.New() })
//	}
//
// A host that implements one role runs the cases of that role, such as [RunUsers] for its own
// table of users.
//
// A store that computes limits, lockouts and scores by itself, in place of calling the
// steps that package phoneauth exports, also runs [Differential].
//
// Cases with races run many rounds, because a wrong store passes most rounds by luck: see
// [Rounds]. A store that reads, waits and then writes fails within 100 of them.
package storetest

import (
	"sync"
	"testing"
	"time"

	"github.com/phoneauth/phoneauth"
)

// Option changes how a suite runs.
type Option func(*options)

type options struct {
	rounds int
	// oldestFirst is said by OldestFirst.
	oldestFirst bool
	// patience is how long a verb may take on a context that has ended.
	patience time.Duration
}

// Rounds sets how many rounds each race of 16 callers has; 300 unless set. Races of
// more callers, or over slower verbs, have a tenth of the rounds, but at least 20. A
// test run has 2,000 in memory and 300 on a server.
func Rounds(n int) Option { return func(o *options) { o.rounds = n } }

// OldestFirst is for stores that end the oldest session of a user in place of the one that was
// unused longest. [phoneauth.SessionStore] allows both.
func OldestFirst() Option { return func(o *options) { o.oldestFirst = true } }

// Run tests the stores that newStore makes against every sentence of [phoneauth.Store].
//
// newStore is called once for each case, and cleans up by t.Cleanup. It may return one
// and the same store again, and that store need not be empty: no case uses a key, a
// phone or an id of another, nor expects ids to begin anywhere. While the
// cases run, nobody else may use the store with a later time. Cases run one after the other, at a time
// that is years from the clock's.
//
// A store that is a [phoneauth.Purger] is purged here too, and must return exactly how many
// records it removed. Of [phoneauth.Stores] each part is purged by itself.
func Run(t *testing.T, newStore func(t testing.TB) phoneauth.Store, opts ...Option) {
	t.Run("Challenges", func(t *testing.T) {
		RunChallenges(t, func(t testing.TB) phoneauth.ChallengeStore { return newStore(t) }, opts...)
	})
	t.Run("Users", func(t *testing.T) {
		RunUsers(t, func(t testing.TB) phoneauth.UserStore { return newStore(t) }, opts...)
	})
	t.Run("Sessions", func(t *testing.T) {
		RunSessions(t, func(t testing.TB) phoneauth.SessionStore { return newStore(t) }, opts...)
	})
}

// RunChallenges is [Run] for the cases of [phoneauth.ChallengeStore].
func RunChallenges(t *testing.T, newStore func(t testing.TB) phoneauth.ChallengeStore, opts ...Option) {
	run(t, challengeCases(), func(t testing.TB, o options) *challenges {
		return newChallenges(t, newStore(t), o)
	}, opts)
}

// RunUsers is [Run] for the cases of [phoneauth.UserStore].
func RunUsers(t *testing.T, newStore func(t testing.TB) phoneauth.UserStore, opts ...Option) {
	run(t, userCases(), func(t testing.TB, o options) *users {
		return newUsers(t, newStore(t), o)
	}, opts)
}

// RunSessions is [Run] for the cases of [phoneauth.SessionStore].
func RunSessions(t *testing.T, newStore func(t testing.TB) phoneauth.SessionStore, opts ...Option) {
	run(t, sessionCases(), func(t testing.TB, o options) *sessions {
		return newSessions(t, newStore(t), o)
	}, opts)
}

// RunJournal is [Run] for the cases of [phoneauth.JournalStore].
func RunJournal(t *testing.T, newStore func(t testing.TB) phoneauth.JournalStore, opts ...Option) {
	run(t, journalCases(), func(t testing.TB, o options) *journal {
		return newJournal(t, newStore(t), o)
	}, opts)
}

// testCase is one rule: F is the fixture of its role.
type testCase[F any] struct {
	name string
	// sentence is the rule, word for word as the contract has it.
	sentence string
	run      func(F)
}

func run[F any](t *testing.T, cases []testCase[F], fixture func(testing.TB, options) F, opts []Option) {
	o := options{rounds: 300, patience: 10 * time.Second}
	for _, opt := range opts {
		opt(&o)
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			defer func() {
				if t.Failed() {
					t.Logf("The contract says: %q", c.sentence)
				}
			}()
			c.run(fixture(t, o))
		})
	}
}

// heavy returns the number of rounds for races of many callers.
func (o options) heavy() int { return max(min(o.rounds, 20), o.rounds/10) }

// together runs call(0) to call(n-1), each on a goroutine of its own, which all wait
// for one another before they begin.
func together(n int, call func(i int)) {
	var ready, done sync.WaitGroup
	begin := make(chan struct{})
	ready.Add(n)
	for i := range n {
		done.Go(func() {
			ready.Done()
			<-begin
			call(i)
		})
	}
	ready.Wait()
	close(begin)
	done.Wait()
}
