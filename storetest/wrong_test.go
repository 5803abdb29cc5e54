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

// ctx is what the wrong stores hand to the right one.
var ctx = context.Background()

// wrongStore is the reference with one thing wrong, and the case that must see it.
type wrongStore struct {
	name, caught string
	fault        func(w *broken, s *reference)
}

// broken is a Store whose verbs, where they are set, replace those of the reference.
type broken struct {
	*reference
	begin         func(phoneauth.Begin) (phoneauth.Begun, error)
	attempt       func(phoneauth.Attempt) (phoneauth.Challenge, error)
	cancel        func(keys ...string) error
	takeLimits    func([]phoneauth.Take, time.Time) error
	countFailure  func(phoneauth.Failures, time.Time) error
	clearFailures func(key string) error
	signIn        func(phoneauth.SignIn) (phoneauth.SignedIn, error)
	byID          func(id string) (phoneauth.User, error)
	password      func(phoneauth.PasswordUpdate) (phoneauth.User, error)
	phone         func(phoneauth.PhoneUpdate) (phoneauth.User, error)
	blocked       func(id string, blocked bool, now time.Time) (phoneauth.User, error)
	deleteUser    func(id string) error
	byPhone       func(phoneauth.Phone) (phoneauth.User, error)
	createSession func(phoneauth.SessionRecord) error
	sessionByID   func(id string, now time.Time) (phoneauth.SessionRecord, error)
	rotate        func(phoneauth.Rotation) (phoneauth.SessionRecord, error)
	end           func(id string) error
	endUser       func(userID, exceptID string) error
	purge         func(time.Time) (int, error)
}

func newBroken(fault func(w *broken, s *reference)) *broken {
	s := newReference()
	w := &broken{
		reference:     s,
		begin:         func(b phoneauth.Begin) (phoneauth.Begun, error) { return s.BeginChallenge(ctx, b) },
		attempt:       func(a phoneauth.Attempt) (phoneauth.Challenge, error) { return s.AttemptChallenge(ctx, a) },
		cancel:        func(keys ...string) error { return s.CancelChallenges(ctx, keys...) },
		takeLimits:    func(takes []phoneauth.Take, now time.Time) error { return s.TakeLimits(ctx, takes, now) },
		countFailure:  func(f phoneauth.Failures, now time.Time) error { return s.CountFailure(ctx, f, now) },
		clearFailures: func(key string) error { return s.ClearFailures(ctx, key) },
		signIn:        func(in phoneauth.SignIn) (phoneauth.SignedIn, error) { return s.SignInUser(ctx, in) },
		byID:          func(id string) (phoneauth.User, error) { return s.UserByID(ctx, id) },
		byPhone:       func(p phoneauth.Phone) (phoneauth.User, error) { return s.UserByPhone(ctx, p) },
		password:      func(p phoneauth.PasswordUpdate) (phoneauth.User, error) { return s.SetPassword(ctx, p) },
		phone:         func(p phoneauth.PhoneUpdate) (phoneauth.User, error) { return s.SetPhone(ctx, p) },
		blocked: func(id string, blocked bool, now time.Time) (phoneauth.User, error) {
			return s.SetBlocked(ctx, id, blocked, now)
		},
		createSession: func(r phoneauth.SessionRecord) error { return s.CreateSession(ctx, r) },
		deleteUser:    func(id string) error { return s.DeleteUser(ctx, id) },
		sessionByID: func(id string, now time.Time) (phoneauth.SessionRecord, error) {
			return s.SessionByID(ctx, id, now)
		},
		rotate:  func(r phoneauth.Rotation) (phoneauth.SessionRecord, error) { return s.RotateSession(ctx, r) },
		end:     func(id string) error { return s.EndSession(ctx, id) },
		endUser: func(userID, exceptID string) error { return s.EndUserSessions(ctx, userID, exceptID) },
		purge:   func(now time.Time) (int, error) { return s.Purge(ctx, now) },
	}
	fault(w, s)
	return w
}

func (w *broken) BeginChallenge(_ context.Context, b phoneauth.Begin) (phoneauth.Begun, error) {
	return w.begin(b)
}
func (w *broken) AttemptChallenge(_ context.Context, a phoneauth.Attempt) (phoneauth.Challenge, error) {
	return w.attempt(a)
}
func (w *broken) CancelChallenges(_ context.Context, keys ...string) error { return w.cancel(keys...) }
func (w *broken) TakeLimits(_ context.Context, takes []phoneauth.Take, now time.Time) error {
	return w.takeLimits(takes, now)
}
func (w *broken) CountFailure(_ context.Context, f phoneauth.Failures, now time.Time) error {
	return w.countFailure(f, now)
}
func (w *broken) ClearFailures(_ context.Context, key string) error { return w.clearFailures(key) }
func (w *broken) SignInUser(_ context.Context, in phoneauth.SignIn) (phoneauth.SignedIn, error) {
	return w.signIn(in)
}
func (w *broken) UserByID(_ context.Context, id string) (phoneauth.User, error) { return w.byID(id) }
func (w *broken) UserByPhone(_ context.Context, p phoneauth.Phone) (phoneauth.User, error) {
	return w.byPhone(p)
}
func (w *broken) SetPassword(_ context.Context, p phoneauth.PasswordUpdate) (phoneauth.User, error) {
	return w.password(p)
}
func (w *broken) SetPhone(_ context.Context, p phoneauth.PhoneUpdate) (phoneauth.User, error) {
	return w.phone(p)
}
func (w *broken) SetBlocked(_ context.Context, id string, blocked bool, now time.Time) (phoneauth.User, error) {
	return w.blocked(id, blocked, now)
}
func (w *broken) DeleteUser(_ context.Context, id string) error { return w.deleteUser(id) }
func (w *broken) CreateSession(_ context.Context, r phoneauth.SessionRecord) error {
	return w.createSession(r)
}
func (w *broken) SessionByID(_ context.Context, id string, now time.Time) (phoneauth.SessionRecord, error) {
	return w.sessionByID(id, now)
}
func (w *broken) RotateSession(_ context.Context, r phoneauth.Rotation) (phoneauth.SessionRecord, error) {
	return w.rotate(r)
}
func (w *broken) EndSession(_ context.Context, id string) error { return w.end(id) }
func (w *broken) EndUserSessions(_ context.Context, userID, exceptID string) error {
	return w.endUser(userID, exceptID)
}
func (w *broken) Purge(_ context.Context, now time.Time) (int, error) { return w.purge(now) }

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

// try runs the cases of this name on a store, and says how they fail.
func try(name string, store phoneauth.Store) (found bool, failures []string) {
	r, o := &recorder{}, options{rounds: 100}
	done := make(chan struct{})
	go func() {
		defer close(done)
		found = tryCase(name, challengeCases(), func() *challenges { return newChallenges(r, store, o) }) ||
			tryCase(name, userCases(), func() *users { return newUsers(r, store, o) }) ||
			tryCase(name, sessionCases(), func() *sessions { return newSessions(r, store, o) })
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
// the reference passes, and that each case has a wrong store.
func TestWrongStores(t *testing.T) {
	all := slices.Concat(wrongBegins, wrongAttempts, wrongEffects, wrongLimits, wrongScores, wrongValues,
		wrongUsers, wrongSessions, naiveStores, naiveAccounts)
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
		_, failures := try(name, newBroken(func(*broken, *reference) {}))
		assert.Empty(t, failures, "the reference fails %q", name)
	}
	for _, c := range everyCase() {
		assert.True(t, catching[c.name], "no wrong store shows what the case %q is for", c.name)
	}
	t.Logf("%d wrong stores, caught by %d cases", len(all), len(catching))
}
