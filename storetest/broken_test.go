package storetest

import (
	"context"
	"time"

	"github.com/phoneauth/phoneauth"
)

// ctx is what the wrong stores hand to the right one.
var ctx = context.Background()

// broken is a Store whose verbs, where they are set, replace those of the store by hand.
type broken struct {
	*byHand
	begin         func(phoneauth.BeginParams) (phoneauth.BeginResult, error)
	attempt       func(phoneauth.AttemptParams) (phoneauth.Challenge, error)
	cancel        func(keys ...string) error
	takeLimits    func(phoneauth.TakeParams) error
	giveBackOf    func(phoneauth.GiveBackParams) error
	countFailure  func(phoneauth.Lockout, time.Time) error
	clearFailures func(key string) error
	readState     func(phoneauth.StateParams) (phoneauth.State, error)
	signIn        func(phoneauth.SignIn) (phoneauth.SignedIn, error)
	byID          func(id string) (phoneauth.User, error)
	phoned        func(phoneauth.Phone) (phoneauth.User, error)
	update        func(phoneauth.UserUpdate) (phoneauth.User, error)
	importing     func([]phoneauth.UserImport, time.Time) ([]phoneauth.ImportedUser, error)
	deleteUser    func(id string) error
	createSession func(phoneauth.NewSession) (phoneauth.SessionRecord, error)
	sessionByID   func(id string, now time.Time) (phoneauth.SessionRecord, error)
	userSessions  func(userID string, now time.Time) ([]phoneauth.SessionRecord, error)
	rotate        func(phoneauth.Rotation) (phoneauth.SessionRecord, error)
	admit         func(phoneauth.TakeParams, phoneauth.Phone) (phoneauth.User, error)
	open          func(phoneauth.Opening) (phoneauth.Opened, error)
	both          func(phoneauth.AttemptParams, phoneauth.NewSession) (phoneauth.Opened, error)
	refresh       func(userID, uuid string, r phoneauth.Rotation) (phoneauth.User, phoneauth.SessionRecord, error)
	end           func(userID, id string) error
	endUser       func(userID, exceptID string) error
	purge         func(time.Time) (int, error)
	// before, unless nil, runs before every verb, with the context of its caller. Its
	// error is the verb's.
	before func(context.Context) error
}

func newBroken(fault func(w *broken, s *byHand)) *broken {
	s := newByHand()
	w := &broken{
		byHand:        s,
		begin:         func(p phoneauth.BeginParams) (phoneauth.BeginResult, error) { return s.BeginChallenge(ctx, p) },
		attempt:       func(p phoneauth.AttemptParams) (phoneauth.Challenge, error) { return s.AttemptChallenge(ctx, p) },
		cancel:        func(keys ...string) error { return s.CancelChallenges(ctx, keys...) },
		takeLimits:    func(p phoneauth.TakeParams) error { return s.TakeLimits(ctx, p) },
		giveBackOf:    func(p phoneauth.GiveBackParams) error { return s.GiveBack(ctx, p) },
		countFailure:  func(l phoneauth.Lockout, now time.Time) error { return s.CountFailure(ctx, l, now) },
		clearFailures: func(key string) error { return s.ClearFailures(ctx, key) },
		readState:     func(p phoneauth.StateParams) (phoneauth.State, error) { return s.ReadState(ctx, p) },
		signIn:        func(in phoneauth.SignIn) (phoneauth.SignedIn, error) { return s.SignInUser(ctx, in) },
		byID:          func(id string) (phoneauth.User, error) { return s.UserByID(ctx, id) },
		phoned:        func(p phoneauth.Phone) (phoneauth.User, error) { return s.UserByPhone(ctx, p) },
		update:        func(u phoneauth.UserUpdate) (phoneauth.User, error) { return s.UpdateUser(ctx, u) },
		importing: func(users []phoneauth.UserImport, now time.Time) ([]phoneauth.ImportedUser, error) {
			return s.ImportUsers(ctx, users, now)
		},
		deleteUser:    func(id string) error { return s.DeleteUser(ctx, id) },
		createSession: func(n phoneauth.NewSession) (phoneauth.SessionRecord, error) { return s.CreateSession(ctx, n) },
		sessionByID: func(id string, now time.Time) (phoneauth.SessionRecord, error) {
			return s.SessionByID(ctx, id, now)
		},
		userSessions: func(userID string, now time.Time) ([]phoneauth.SessionRecord, error) {
			return s.UserSessions(ctx, userID, now)
		},
		rotate:  func(r phoneauth.Rotation) (phoneauth.SessionRecord, error) { return s.RotateSession(ctx, r) },
		end:     func(userID, id string) error { return s.EndSession(ctx, userID, id) },
		endUser: func(userID, exceptID string) error { return s.EndUserSessions(ctx, userID, exceptID) },
		purge:   func(now time.Time) (int, error) { return s.Purge(ctx, now) },
	}
	fault(w, s)
	return w
}

// around does before, if it is set, and then the verb.
func around[V any](w *broken, ctx context.Context, do func() (V, error)) (v V, err error) {
	if w.before != nil {
		if err := w.before(ctx); err != nil {
			return v, err
		}
	}
	return do()
}

// aroundOnly is around for verbs that return an error only.
func aroundOnly(w *broken, ctx context.Context, do func() error) error {
	_, err := around(w, ctx, func() (struct{}, error) { return struct{}{}, do() })
	return err
}

func (w *broken) BeginChallenge(ctx context.Context, p phoneauth.BeginParams) (phoneauth.BeginResult, error) {
	return around(w, ctx, func() (phoneauth.BeginResult, error) { return w.begin(p) })
}

func (w *broken) AttemptChallenge(ctx context.Context, p phoneauth.AttemptParams) (phoneauth.Challenge, error) {
	return around(w, ctx, func() (phoneauth.Challenge, error) { return w.attempt(p) })
}

func (w *broken) CancelChallenges(ctx context.Context, keys ...string) error {
	return aroundOnly(w, ctx, func() error { return w.cancel(keys...) })
}

func (w *broken) TakeLimits(ctx context.Context, p phoneauth.TakeParams) error {
	return aroundOnly(w, ctx, func() error { return w.takeLimits(p) })
}

func (w *broken) GiveBack(ctx context.Context, p phoneauth.GiveBackParams) error {
	return aroundOnly(w, ctx, func() error { return w.giveBackOf(p) })
}

func (w *broken) CountFailure(ctx context.Context, l phoneauth.Lockout, now time.Time) error {
	return aroundOnly(w, ctx, func() error { return w.countFailure(l, now) })
}

func (w *broken) ClearFailures(ctx context.Context, key string) error {
	return aroundOnly(w, ctx, func() error { return w.clearFailures(key) })
}

func (w *broken) ReadState(ctx context.Context, p phoneauth.StateParams) (phoneauth.State, error) {
	return around(w, ctx, func() (phoneauth.State, error) { return w.readState(p) })
}

func (w *broken) SignInUser(ctx context.Context, in phoneauth.SignIn) (phoneauth.SignedIn, error) {
	return around(w, ctx, func() (phoneauth.SignedIn, error) { return w.signIn(in) })
}

func (w *broken) UserByID(ctx context.Context, id string) (phoneauth.User, error) {
	return around(w, ctx, func() (phoneauth.User, error) { return w.byID(id) })
}

func (w *broken) UserByPhone(ctx context.Context, p phoneauth.Phone) (phoneauth.User, error) {
	return around(w, ctx, func() (phoneauth.User, error) { return w.phoned(p) })
}

func (w *broken) UpdateUser(ctx context.Context, u phoneauth.UserUpdate) (phoneauth.User, error) {
	return around(w, ctx, func() (phoneauth.User, error) { return w.update(u) })
}

func (w *broken) ImportUsers(ctx context.Context, users []phoneauth.UserImport, now time.Time) ([]phoneauth.ImportedUser, error) {
	return around(w, ctx, func() ([]phoneauth.ImportedUser, error) { return w.importing(users, now) })
}

func (w *broken) DeleteUser(ctx context.Context, id string) error {
	return aroundOnly(w, ctx, func() error { return w.deleteUser(id) })
}

func (w *broken) CreateSession(ctx context.Context, n phoneauth.NewSession) (phoneauth.SessionRecord, error) {
	return around(w, ctx, func() (phoneauth.SessionRecord, error) { return w.createSession(n) })
}

func (w *broken) SessionByID(ctx context.Context, id string, now time.Time) (phoneauth.SessionRecord, error) {
	return around(w, ctx, func() (phoneauth.SessionRecord, error) { return w.sessionByID(id, now) })
}

func (w *broken) UserSessions(ctx context.Context, userID string, now time.Time) ([]phoneauth.SessionRecord, error) {
	return around(w, ctx, func() ([]phoneauth.SessionRecord, error) { return w.userSessions(userID, now) })
}

func (w *broken) RotateSession(ctx context.Context, r phoneauth.Rotation) (phoneauth.SessionRecord, error) {
	return around(w, ctx, func() (phoneauth.SessionRecord, error) { return w.rotate(r) })
}

func (w *broken) EndSession(ctx context.Context, userID, id string) error {
	return aroundOnly(w, ctx, func() error { return w.end(userID, id) })
}

func (w *broken) EndUserSessions(ctx context.Context, userID, exceptID string) error {
	return aroundOnly(w, ctx, func() error { return w.endUser(userID, exceptID) })
}

// Purge implements [phoneauth.Purger].
func (w *broken) Purge(_ context.Context, now time.Time) (int, error) { return w.purge(now) }
