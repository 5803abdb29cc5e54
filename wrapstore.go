package phoneauth

import (
	"context"
	"time"
)

// Around is called for every verb of a wrapped store, with the name of the verb in lower
// case words, such as "begin challenge". It calls call once, with a context of its choice,
// and returns the error that the caller of the verb gets.
type Around func(ctx context.Context, verb string, call func(context.Context) error) error

// WrapStore returns a Store whose every verb runs inside around: to bound, measure or trace
// it. What a verb returns beside an error that is no answer, see [IsAnswer], is dropped.
// The Store it returns is a [Purger], which has nothing to purge where s is none.
func WrapStore(s Store, around Around) Store { return wrapped{s, around} }

// wrapped is a Store with around in front of each verb.
type wrapped struct {
	store  Store
	around Around
}

// inside makes one call that has a result.
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

// Purge implements [Purger].
func (w wrapped) Purge(ctx context.Context, now time.Time) (int, error) {
	p, ok := w.store.(Purger)
	if !ok {
		return 0, nil
	}
	return inside(ctx, w, "purge", func(ctx context.Context) (int, error) { return p.Purge(ctx, now) })
}

func (w wrapped) BeginChallenge(ctx context.Context, p BeginParams) (BeginResult, error) {
	return inside(ctx, w, "begin challenge", func(ctx context.Context) (BeginResult, error) { return w.store.BeginChallenge(ctx, p) })
}

func (w wrapped) AttemptChallenge(ctx context.Context, p AttemptParams) (Challenge, error) {
	return inside(ctx, w, "attempt challenge", func(ctx context.Context) (Challenge, error) { return w.store.AttemptChallenge(ctx, p) })
}

func (w wrapped) CancelChallenges(ctx context.Context, keys ...string) error {
	return w.around(ctx, "cancel challenges", func(ctx context.Context) error { return w.store.CancelChallenges(ctx, keys...) })
}

func (w wrapped) TakeLimits(ctx context.Context, p TakeParams) error {
	return w.around(ctx, "take limits", func(ctx context.Context) error { return w.store.TakeLimits(ctx, p) })
}

func (w wrapped) GiveBack(ctx context.Context, p GiveBackParams) error {
	return w.around(ctx, "give back", func(ctx context.Context) error { return w.store.GiveBack(ctx, p) })
}

func (w wrapped) CountFailure(ctx context.Context, l Lockout, now time.Time) error {
	return w.around(ctx, "count failure", func(ctx context.Context) error { return w.store.CountFailure(ctx, l, now) })
}

func (w wrapped) ClearFailures(ctx context.Context, key string) error {
	return w.around(ctx, "clear failures", func(ctx context.Context) error { return w.store.ClearFailures(ctx, key) })
}

func (w wrapped) ReadState(ctx context.Context, p StateParams) (State, error) {
	return inside(ctx, w, "read state", func(ctx context.Context) (State, error) { return w.store.ReadState(ctx, p) })
}

func (w wrapped) SignInUser(ctx context.Context, s SignIn) (SignedIn, error) {
	return inside(ctx, w, "sign in user", func(ctx context.Context) (SignedIn, error) { return w.store.SignInUser(ctx, s) })
}

func (w wrapped) UserByID(ctx context.Context, id string) (User, error) {
	return inside(ctx, w, "user by id", func(ctx context.Context) (User, error) { return w.store.UserByID(ctx, id) })
}

func (w wrapped) UserByPhone(ctx context.Context, p Phone) (User, error) {
	return inside(ctx, w, "user by phone", func(ctx context.Context) (User, error) { return w.store.UserByPhone(ctx, p) })
}

func (w wrapped) UpdateUser(ctx context.Context, u UserUpdate) (User, error) {
	return inside(ctx, w, "update user", func(ctx context.Context) (User, error) { return w.store.UpdateUser(ctx, u) })
}

func (w wrapped) ImportUsers(ctx context.Context, users []UserImport, now time.Time) ([]ImportedUser, error) {
	return inside(ctx, w, "import users", func(ctx context.Context) ([]ImportedUser, error) { return w.store.ImportUsers(ctx, users, now) })
}

func (w wrapped) DeleteUser(ctx context.Context, id string) error {
	return w.around(ctx, "delete user", func(ctx context.Context) error { return w.store.DeleteUser(ctx, id) })
}

func (w wrapped) CreateSession(ctx context.Context, n NewSession) (SessionRecord, error) {
	return inside(ctx, w, "create session", func(ctx context.Context) (SessionRecord, error) { return w.store.CreateSession(ctx, n) })
}

func (w wrapped) SessionByID(ctx context.Context, id string, now time.Time) (SessionRecord, error) {
	return inside(ctx, w, "session by id", func(ctx context.Context) (SessionRecord, error) { return w.store.SessionByID(ctx, id, now) })
}

func (w wrapped) UserSessions(ctx context.Context, userID string, now time.Time) ([]SessionRecord, error) {
	return inside(ctx, w, "user sessions", func(ctx context.Context) ([]SessionRecord, error) { return w.store.UserSessions(ctx, userID, now) })
}

func (w wrapped) RotateSession(ctx context.Context, r Rotation) (SessionRecord, error) {
	return inside(ctx, w, "rotate session", func(ctx context.Context) (SessionRecord, error) { return w.store.RotateSession(ctx, r) })
}

func (w wrapped) EndSession(ctx context.Context, userID, id string) error {
	return w.around(ctx, "end session", func(ctx context.Context) error { return w.store.EndSession(ctx, userID, id) })
}

func (w wrapped) EndUserSessions(ctx context.Context, userID, exceptID string) error {
	return w.around(ctx, "end user sessions", func(ctx context.Context) error { return w.store.EndUserSessions(ctx, userID, exceptID) })
}
