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

func (s *spied) BeginChallenge(ctx context.Context, b phoneauth.Begin) (phoneauth.Begun, error) {
	return spy(s, ctx, "BeginChallenge", func() (phoneauth.Begun, error) { return s.Store.BeginChallenge(ctx, b) }, b)
}

func (s *spied) AttemptChallenge(ctx context.Context, a phoneauth.Attempt) (phoneauth.Challenge, error) {
	return spy(s, ctx, "AttemptChallenge", func() (phoneauth.Challenge, error) { return s.Store.AttemptChallenge(ctx, a) }, a)
}

func (s *spied) CancelChallenges(ctx context.Context, keys ...string) error {
	return spyErr(s, ctx, "CancelChallenges", func() error { return s.Store.CancelChallenges(ctx, keys...) }, keys)
}

func (s *spied) TakeLimits(ctx context.Context, takes []phoneauth.Take, now time.Time) error {
	return spyErr(s, ctx, "TakeLimits", func() error { return s.Store.TakeLimits(ctx, takes, now) }, takes)
}

func (s *spied) CountFailure(ctx context.Context, f phoneauth.Failures, now time.Time) error {
	return spyErr(s, ctx, "CountFailure", func() error { return s.Store.CountFailure(ctx, f, now) }, f)
}

func (s *spied) ClearFailures(ctx context.Context, key string) error {
	return spyErr(s, ctx, "ClearFailures", func() error { return s.Store.ClearFailures(ctx, key) }, key)
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

func (s *spied) SetPassword(ctx context.Context, u phoneauth.PasswordUpdate) (phoneauth.User, error) {
	return spy(s, ctx, "SetPassword", func() (phoneauth.User, error) { return s.Store.SetPassword(ctx, u) }, u)
}

func (s *spied) SetPhone(ctx context.Context, u phoneauth.PhoneUpdate) (phoneauth.User, error) {
	return spy(s, ctx, "SetPhone", func() (phoneauth.User, error) { return s.Store.SetPhone(ctx, u) }, u)
}

func (s *spied) SetBlocked(ctx context.Context, id string, blocked bool, now time.Time) (phoneauth.User, error) {
	return spy(s, ctx, "SetBlocked", func() (phoneauth.User, error) { return s.Store.SetBlocked(ctx, id, blocked, now) }, id, blocked)
}

func (s *spied) DeleteUser(ctx context.Context, id string) error {
	return spyErr(s, ctx, "DeleteUser", func() error { return s.Store.DeleteUser(ctx, id) }, id)
}

func (s *spied) CreateSession(ctx context.Context, r phoneauth.SessionRecord) error {
	return spyErr(s, ctx, "CreateSession", func() error { return s.Store.CreateSession(ctx, r) }, r)
}

func (s *spied) SessionByID(ctx context.Context, id string, now time.Time) (phoneauth.SessionRecord, error) {
	return spy(s, ctx, "SessionByID", func() (phoneauth.SessionRecord, error) { return s.Store.SessionByID(ctx, id, now) }, id)
}

func (s *spied) RotateSession(ctx context.Context, r phoneauth.Rotation) (phoneauth.SessionRecord, error) {
	return spy(s, ctx, "RotateSession", func() (phoneauth.SessionRecord, error) { return s.Store.RotateSession(ctx, r) }, r)
}

func (s *spied) EndSession(ctx context.Context, id string) error {
	return spyErr(s, ctx, "EndSession", func() error { return s.Store.EndSession(ctx, id) }, id)
}

func (s *spied) EndUserSessions(ctx context.Context, userID, exceptID string) error {
	return spyErr(s, ctx, "EndUserSessions", func() error { return s.Store.EndUserSessions(ctx, userID, exceptID) }, userID, exceptID)
}
