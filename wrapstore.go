package phoneauth

import (
	"context"
	"time"
)

// Around is called for every method of a wrapped store. verb is the name of the method, such
// as "BeginChallenge". Around must call call exactly once, with ctx or a context made of it.
// The error that Around returns is the error of the method. It is called concurrently.
type Around func(ctx context.Context, verb string, call func(context.Context) error) error

// WrapStore returns a Store that calls around for every method of s, so that calls can be
// bounded, measured or traced. When a method returns an error for which [IsAnswer] is false,
// its other result is replaced by the zero value. The Store is a [Purger] exactly if s is
// one.
func WrapStore(s Store, around Around) Store {
	w := wrapped{s, around}
	if p, ok := s.(Purger); ok {
		return wrappedPurger{w, p}
	}
	return w
}

// unwrap returns the Store that was wrapped.
func (w wrapped) unwrap() Store { return w.store }

// wrapped is a Store with around in front of each method.
type wrapped struct {
	store  Store
	around Around
}

// inside calls a method that has a result.
func inside[T any](ctx context.Context, w wrapped, verb string, call func(context.Context) (T, error)) (v T, err error) {
	err = w.around(ctx, verb, func(ctx context.Context) (err error) {
		v, err = call(ctx)
		return err
	})
	if err != nil && !IsAnswer(err) {
		var none T
		return none, err
	}
	return v, err
}

// wrappedPurger is a wrapped Store that is a Purger.
type wrappedPurger struct {
	wrapped
	purger Purger
}

// Purge returns the count also with an error: so many records were removed.
func (w wrappedPurger) Purge(ctx context.Context, now time.Time) (removed int, err error) {
	err = w.around(ctx, "Purge", func(ctx context.Context) (err error) {
		removed, err = w.purger.Purge(ctx, now)
		return err
	})
	return removed, err
}

func (w wrapped) BeginChallenge(ctx context.Context, p BeginParams) (BeginResult, error) {
	return inside(ctx, w, "BeginChallenge", func(ctx context.Context) (BeginResult, error) { return w.store.BeginChallenge(ctx, p) })
}

func (w wrapped) AttemptChallenge(ctx context.Context, p AttemptParams) (Challenge, error) {
	return inside(ctx, w, "AttemptChallenge", func(ctx context.Context) (Challenge, error) { return w.store.AttemptChallenge(ctx, p) })
}

func (w wrapped) CancelChallenges(ctx context.Context, keys ...string) error {
	return w.around(ctx, "CancelChallenges", func(ctx context.Context) error { return w.store.CancelChallenges(ctx, keys...) })
}

func (w wrapped) TakeLimits(ctx context.Context, p TakeParams) error {
	return w.around(ctx, "TakeLimits", func(ctx context.Context) error { return w.store.TakeLimits(ctx, p) })
}

func (w wrapped) GiveBack(ctx context.Context, p GiveBackParams) error {
	return w.around(ctx, "GiveBack", func(ctx context.Context) error { return w.store.GiveBack(ctx, p) })
}

func (w wrapped) CountFailure(ctx context.Context, l Lockout, now time.Time) error {
	return w.around(ctx, "CountFailure", func(ctx context.Context) error { return w.store.CountFailure(ctx, l, now) })
}

func (w wrapped) ClearFailures(ctx context.Context, key string) error {
	return w.around(ctx, "ClearFailures", func(ctx context.Context) error { return w.store.ClearFailures(ctx, key) })
}

func (w wrapped) ReadState(ctx context.Context, p StateParams) (State, error) {
	return inside(ctx, w, "ReadState", func(ctx context.Context) (State, error) { return w.store.ReadState(ctx, p) })
}

func (w wrapped) SignInUser(ctx context.Context, s SignIn) (SignedIn, error) {
	return inside(ctx, w, "SignInUser", func(ctx context.Context) (SignedIn, error) { return w.store.SignInUser(ctx, s) })
}

func (w wrapped) UserByID(ctx context.Context, id string) (User, error) {
	return inside(ctx, w, "UserByID", func(ctx context.Context) (User, error) { return w.store.UserByID(ctx, id) })
}

func (w wrapped) UserByPhone(ctx context.Context, p Phone) (User, error) {
	return inside(ctx, w, "UserByPhone", func(ctx context.Context) (User, error) { return w.store.UserByPhone(ctx, p) })
}

func (w wrapped) UpdateUser(ctx context.Context, u UserUpdate) (User, error) {
	return inside(ctx, w, "UpdateUser", func(ctx context.Context) (User, error) { return w.store.UpdateUser(ctx, u) })
}

func (w wrapped) ImportUsers(ctx context.Context, users []UserImport, now time.Time) ([]ImportedUser, error) {
	return inside(ctx, w, "ImportUsers", func(ctx context.Context) ([]ImportedUser, error) { return w.store.ImportUsers(ctx, users, now) })
}

func (w wrapped) DeleteUser(ctx context.Context, id string) error {
	return w.around(ctx, "DeleteUser", func(ctx context.Context) error { return w.store.DeleteUser(ctx, id) })
}

func (w wrapped) CreateSession(ctx context.Context, n NewSession) (SessionRecord, error) {
	return inside(ctx, w, "CreateSession", func(ctx context.Context) (SessionRecord, error) { return w.store.CreateSession(ctx, n) })
}

func (w wrapped) SessionByID(ctx context.Context, id string, now time.Time) (SessionRecord, error) {
	return inside(ctx, w, "SessionByID", func(ctx context.Context) (SessionRecord, error) { return w.store.SessionByID(ctx, id, now) })
}

func (w wrapped) UserSessions(ctx context.Context, userID string, now time.Time) ([]SessionRecord, error) {
	return inside(ctx, w, "UserSessions", func(ctx context.Context) ([]SessionRecord, error) { return w.store.UserSessions(ctx, userID, now) })
}

func (w wrapped) RotateSession(ctx context.Context, r Rotation) (SessionRecord, error) {
	return inside(ctx, w, "RotateSession", func(ctx context.Context) (SessionRecord, error) { return w.store.RotateSession(ctx, r) })
}

func (w wrapped) EndSession(ctx context.Context, userID, id string) error {
	return w.around(ctx, "EndSession", func(ctx context.Context) error { return w.store.EndSession(ctx, userID, id) })
}

func (w wrapped) EndUserSessions(ctx context.Context, userID, exceptID string) error {
	return w.around(ctx, "EndUserSessions", func(ctx context.Context) error { return w.store.EndUserSessions(ctx, userID, exceptID) })
}

// storeDeadline bounds every call of the store.
const storeDeadline = 2 * time.Second

// guarded returns s with a deadline for every call. Every error of it is either an answer
// (see IsAnswer) or ErrUnavailable.
func guarded(s Store) Store {
	return WrapStore(s, func(ctx context.Context, verb string, call func(context.Context) error) error {
		ctx, cancel := context.WithTimeout(ctx, storeDeadline)
		defer cancel()
		err := call(ctx)
		if err == nil || IsAnswer(err) {
			return err
		}
		return &unavailable{verb, err}
	})
}
