package suite

import (
	"os"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/race"
	"github.com/phoneauth/phoneauth/memstore"
)

// NewStore makes an empty store, or returns one that no other test uses the keys, numbers
// and ids of.
type NewStore func(testing.TB) phoneauth.Store

// Options say where and how much a suite runs.
type Options struct {
	// Store makes the stores. Tests of a suite run one after the other where Real is set.
	Store NewStore
	// Rounds is how often each race is run.
	Rounds int
	// Real: the store is a server. What only memory has time for is left out.
	Real bool
}

// Parts is a store whose users are in another store than the rest.
func Parts(rest interface {
	phoneauth.ChallengeStore
	phoneauth.SessionStore
	phoneauth.JournalStore
}, users phoneauth.UserStore) phoneauth.Store {
	stores := phoneauth.Stores{ChallengeStore: rest, UserStore: users, SessionStore: rest}
	return struct {
		phoneauth.Stores
		phoneauth.JournalStore
		phoneauth.Opener
	}{stores, rest, passed(stores).(phoneauth.Opener)}
}

// MemoryInParts are the Options of Memory, for a store in parts.
func MemoryInParts() Options {
	o := Memory()
	o.Store = func(testing.TB) phoneauth.Store { return Parts(memstore.New(), memstore.New()) }
	return o
}

// Memory are the Options of the root: memory, and as many rounds as there is time for.
func Memory() Options {
	o := Options{Store: func(testing.TB) phoneauth.Store { return memstore.New() }, Rounds: 2_000}
	switch {
	case Release():
		o.Rounds = 100_000
	case race.Enabled || testing.Short():
		o.Rounds = 100
	}
	return o
}

// Release asks for the figures of a release: minutes, not seconds.
func Release() bool { return os.Getenv("PHONEAUTH_RELEASE") == "1" }

// Test is one test of a suite.
type Test func(*testing.T, Options)

// Run runs each test as a subtest with the name of its function: that of testPromiseX is
// TestPromiseX.
func Run(t *testing.T, o Options, tests ...Test) {
	for _, test := range tests {
		t.Run(test.name(), func(t *testing.T) { test(t, o) })
	}
}

// RunParallel is Run, with all of the tests at once in memory.
func RunParallel(t *testing.T, o Options, tests ...Test) {
	for _, test := range tests {
		t.Run(test.name(), func(t *testing.T) {
			o.Parallel(t)
			test(t, o)
		})
	}
}

func (f Test) name() string {
	name := runtime.FuncForPC(reflect.ValueOf(f).Pointer()).Name()
	name = name[strings.LastIndexByte(name, '.')+1:]
	return strings.ToUpper(name[:1]) + name[1:]
}

// Parallel lets a test run beside others, where that is memory only.
func (o Options) Parallel(t *testing.T) {
	if !o.Real {
		t.Parallel()
	}
}

// Scope runs a part of a test, and then what it has left to clean up.
func Scope(t testing.TB, part func(testing.TB)) {
	t.Helper()
	s := &scope{TB: t}
	defer s.end()
	part(s)
}

// scope is a testing.TB that cleans up before its test ends.
type scope struct {
	testing.TB
	cleanups []func()
}

func (s *scope) Cleanup(f func()) { s.cleanups = append(s.cleanups, f) }

func (s *scope) end() {
	for _, f := range slices.Backward(s.cleanups) {
		f()
	}
}

// Service makes a Service on a store of its own.
func (o Options) Service(t testing.TB, change ...func(*phoneauth.Config)) *Service {
	t.Helper()
	return New(t, o.Store(t)).Service(change...)
}

// On makes a Service on this store, with a clock of its own.
func On(t testing.TB, store phoneauth.Store, change ...func(*phoneauth.Config)) *Service {
	t.Helper()
	return New(t, store).Service(change...)
}

// InBubble makes a Service of [Bubble].
func InBubble(t testing.TB, store phoneauth.Store, change ...func(*phoneauth.Config)) *Service {
	t.Helper()
	return Bubble(t, store).Service(change...)
}
