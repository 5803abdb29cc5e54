package phoneauth

import (
	"context"
	"errors"
	"time"
)

// storeDeadline bounds every call of the store.
const storeDeadline = 2 * time.Second

// guard is a Store whose every call has a deadline, and whose every error is either an
// answer that store.go names or ErrUnavailable.
type guard struct{ store Store }

// guarded makes one call. The answers pass as they are.
func guarded[T any](ctx context.Context, step string, call func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, storeDeadline)
	defer cancel()
	v, err := call(ctx)
	if err == nil || isAnswer(err) {
		return v, err
	}
	var none T
	return none, &unavailable{step, err}
}

func isAnswer(err error) bool {
	for _, answer := range [...]error{ErrNotFound, ErrMismatch, ErrStale, ErrReused, ErrBlocked, ErrPhoneTaken} {
		if errors.Is(err, answer) {
			return true
		}
	}
	_, limited := errors.AsType[*LimitError](err)
	return limited
}

// guardedErr is guarded for verbs without a result.
func guardedErr(ctx context.Context, step string, call func(context.Context) error) error {
	_, err := guarded(ctx, step, func(ctx context.Context) (struct{}, error) { return struct{}{}, call(ctx) })
	return err
}

func (g guard) BeginChallenge(ctx context.Context, b Begin) (Begun, error) {
	return guarded(ctx, "begin challenge", func(ctx context.Context) (Begun, error) { return g.store.BeginChallenge(ctx, b) })
}

func (g guard) AttemptChallenge(ctx context.Context, a Attempt) (Challenge, error) {
	return guarded(ctx, "attempt challenge", func(ctx context.Context) (Challenge, error) { return g.store.AttemptChallenge(ctx, a) })
}

func (g guard) CancelChallenges(ctx context.Context, keys ...string) error {
	return guardedErr(ctx, "cancel challenges", func(ctx context.Context) error { return g.store.CancelChallenges(ctx, keys...) })
}

func (g guard) TakeLimits(ctx context.Context, takes []Take, now time.Time) error {
	if len(takes) == 0 {
		return nil
	}
	return guardedErr(ctx, "take limits", func(ctx context.Context) error { return g.store.TakeLimits(ctx, takes, now) })
}

func (g guard) CountFailure(ctx context.Context, f Failures, now time.Time) error {
	return guardedErr(ctx, "count failure", func(ctx context.Context) error { return g.store.CountFailure(ctx, f, now) })
}

func (g guard) ClearFailures(ctx context.Context, key string) error {
	return guardedErr(ctx, "clear failures", func(ctx context.Context) error { return g.store.ClearFailures(ctx, key) })
}

func (g guard) SignInUser(ctx context.Context, s SignIn) (SignedIn, error) {
	return guarded(ctx, "sign in user", func(ctx context.Context) (SignedIn, error) { return g.store.SignInUser(ctx, s) })
}

func (g guard) UserByID(ctx context.Context, id string) (User, error) {
	return guarded(ctx, "user by id", func(ctx context.Context) (User, error) { return g.store.UserByID(ctx, id) })
}

func (g guard) UserByPhone(ctx context.Context, p Phone) (User, error) {
	return guarded(ctx, "user by phone", func(ctx context.Context) (User, error) { return g.store.UserByPhone(ctx, p) })
}

func (g guard) SetPassword(ctx context.Context, u PasswordUpdate) (User, error) {
	return guarded(ctx, "set password", func(ctx context.Context) (User, error) { return g.store.SetPassword(ctx, u) })
}

func (g guard) SetPhone(ctx context.Context, u PhoneUpdate) (User, error) {
	return guarded(ctx, "set phone", func(ctx context.Context) (User, error) { return g.store.SetPhone(ctx, u) })
}

func (g guard) SetBlocked(ctx context.Context, id string, blocked bool, now time.Time) (User, error) {
	return guarded(ctx, "set blocked", func(ctx context.Context) (User, error) { return g.store.SetBlocked(ctx, id, blocked, now) })
}

func (g guard) DeleteUser(ctx context.Context, id string) error {
	return guardedErr(ctx, "delete user", func(ctx context.Context) error { return g.store.DeleteUser(ctx, id) })
}

func (g guard) CreateSession(ctx context.Context, r SessionRecord) error {
	return guardedErr(ctx, "create session", func(ctx context.Context) error { return g.store.CreateSession(ctx, r) })
}

func (g guard) SessionByID(ctx context.Context, id string, now time.Time) (SessionRecord, error) {
	return guarded(ctx, "session by id", func(ctx context.Context) (SessionRecord, error) { return g.store.SessionByID(ctx, id, now) })
}

func (g guard) RotateSession(ctx context.Context, r Rotation) (SessionRecord, error) {
	return guarded(ctx, "rotate session", func(ctx context.Context) (SessionRecord, error) { return g.store.RotateSession(ctx, r) })
}

func (g guard) EndSession(ctx context.Context, id string) error {
	return guardedErr(ctx, "end session", func(ctx context.Context) error { return g.store.EndSession(ctx, id) })
}

func (g guard) EndUserSessions(ctx context.Context, userID, exceptID string) error {
	return guardedErr(ctx, "end user sessions", func(ctx context.Context) error { return g.store.EndUserSessions(ctx, userID, exceptID) })
}
