package phoneauth_test

import (
	"context"
	"time"

	"github.com/phoneauth/phoneauth"
)

// spied is a Store that tells of every call, and can fail it.
type spied struct {
	phoneauth.Store
	// before is told of a call with what it is asked; its error is the call's.
	before func(ctx context.Context, verb string, asked ...any) error
	// after is told of its outcome.
	after func(verb string, err error)
}

func spy[T any](s *spied, ctx context.Context, verb string, call func() (T, error), asked ...any) (v T, err error) {
	if s.before != nil {
		err = s.before(ctx, verb, asked...)
	}
	if err == nil {
		v, err = call()
	}
	if s.after != nil {
		s.after(verb, err)
	}
	return v, err
}

func spyErr(s *spied, ctx context.Context, verb string, call func() error, asked ...any) error {
	_, err := spy(s, ctx, verb, func() (struct{}, error) { return struct{}{}, call() }, asked...)
	return err
}

func (s *spied) BeginChallenge(ctx context.Context, p phoneauth.BeginParams) (phoneauth.BeginResult, error) {
	return spy(s, ctx, "BeginChallenge", func() (phoneauth.BeginResult, error) { return s.Store.BeginChallenge(ctx, p) }, p)
}

func (s *spied) AttemptChallenge(ctx context.Context, p phoneauth.AttemptParams) (phoneauth.Challenge, error) {
	return spy(s, ctx, "AttemptChallenge", func() (phoneauth.Challenge, error) { return s.Store.AttemptChallenge(ctx, p) }, p)
}

func (s *spied) CancelChallenges(ctx context.Context, keys ...string) error {
	return spyErr(s, ctx, "CancelChallenges", func() error { return s.Store.CancelChallenges(ctx, keys...) }, keys)
}

func (s *spied) TakeLimits(ctx context.Context, p phoneauth.TakeParams) error {
	return spyErr(s, ctx, "TakeLimits", func() error { return s.Store.TakeLimits(ctx, p) }, p)
}

func (s *spied) GiveBack(ctx context.Context, p phoneauth.GiveBackParams) error {
	return spyErr(s, ctx, "GiveBack", func() error { return s.Store.GiveBack(ctx, p) }, p)
}

func (s *spied) CountFailure(ctx context.Context, l phoneauth.Lockout, now time.Time) error {
	return spyErr(s, ctx, "CountFailure", func() error { return s.Store.CountFailure(ctx, l, now) }, l)
}

func (s *spied) ClearFailures(ctx context.Context, key string) error {
	return spyErr(s, ctx, "ClearFailures", func() error { return s.Store.ClearFailures(ctx, key) }, key)
}

func (s *spied) ReadState(ctx context.Context, p phoneauth.StateParams) (phoneauth.State, error) {
	return spy(s, ctx, "ReadState", func() (phoneauth.State, error) { return s.Store.ReadState(ctx, p) }, p)
}

func (s *spied) SignInUser(ctx context.Context, in phoneauth.SignIn) (phoneauth.SignedIn, error) {
	return spy(s, ctx, "SignInUser", func() (phoneauth.SignedIn, error) { return s.Store.SignInUser(ctx, in) }, in)
}

func (s *spied) UserByID(ctx context.Context, id string) (phoneauth.User, error) {
	return spy(s, ctx, "UserByID", func() (phoneauth.User, error) { return s.Store.UserByID(ctx, id) }, id)
}

func (s *spied) UserByPhone(ctx context.Context, p phoneauth.Phone) (phoneauth.User, error) {
	return spy(s, ctx, "UserByPhone", func() (phoneauth.User, error) { return s.Store.UserByPhone(ctx, p) }, p)
}

func (s *spied) UpdateUser(ctx context.Context, u phoneauth.UserUpdate) (phoneauth.User, error) {
	return spy(s, ctx, "UpdateUser", func() (phoneauth.User, error) { return s.Store.UpdateUser(ctx, u) }, u)
}

func (s *spied) DeleteUser(ctx context.Context, id string) error {
	return spyErr(s, ctx, "DeleteUser", func() error { return s.Store.DeleteUser(ctx, id) }, id)
}

func (s *spied) CreateSession(ctx context.Context, n phoneauth.NewSession) (phoneauth.SessionRecord, error) {
	return spy(s, ctx, "CreateSession", func() (phoneauth.SessionRecord, error) { return s.Store.CreateSession(ctx, n) }, n)
}

func (s *spied) SessionByID(ctx context.Context, id string, now time.Time) (phoneauth.SessionRecord, error) {
	return spy(s, ctx, "SessionByID", func() (phoneauth.SessionRecord, error) { return s.Store.SessionByID(ctx, id, now) }, id)
}

func (s *spied) UserSessions(ctx context.Context, userID string, now time.Time) ([]phoneauth.SessionRecord, error) {
	return spy(s, ctx, "UserSessions", func() ([]phoneauth.SessionRecord, error) { return s.Store.UserSessions(ctx, userID, now) }, userID)
}

func (s *spied) RotateSession(ctx context.Context, r phoneauth.Rotation) (phoneauth.SessionRecord, error) {
	return spy(s, ctx, "RotateSession", func() (phoneauth.SessionRecord, error) { return s.Store.RotateSession(ctx, r) }, r)
}

func (s *spied) EndSession(ctx context.Context, userID, id string) error {
	return spyErr(s, ctx, "EndSession", func() error { return s.Store.EndSession(ctx, userID, id) }, userID, id)
}

func (s *spied) EndUserSessions(ctx context.Context, userID, exceptID string) error {
	return spyErr(s, ctx, "EndUserSessions", func() error { return s.Store.EndUserSessions(ctx, userID, exceptID) }, userID, exceptID)
}
