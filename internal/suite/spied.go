package suite

import (
	"context"
	"time"

	"github.com/phoneauth/phoneauth"
)

// Spied is a Store that tells of every call, and can fail it. It has none of the optional interfaces:
// see Opener.
type Spied struct {
	phoneauth.Store
	// Before is told of a call with what it is asked; its error is the call's.
	Before func(ctx context.Context, verb string, asked ...any) error
	// After is told of its outcome.
	After func(verb string, err error)
}

func spy[T any](s *Spied, ctx context.Context, verb string, call func() (T, error), asked ...any) (v T, err error) {
	if s.Before != nil {
		err = s.Before(ctx, verb, asked...)
	}
	if err == nil {
		v, err = call()
	}
	if s.After != nil {
		s.After(verb, err)
	}
	return v, err
}

func spyErr(s *Spied, ctx context.Context, verb string, call func() error, asked ...any) error {
	_, err := spy(s, ctx, verb, func() (struct{}, error) { return struct{}{}, call() }, asked...)
	return err
}

// BeginChallenge implements [phoneauth.Store].
func (s *Spied) BeginChallenge(ctx context.Context, p phoneauth.BeginParams) (phoneauth.BeginResult, error) {
	return spy(s, ctx, "BeginChallenge", func() (phoneauth.BeginResult, error) { return s.Store.BeginChallenge(ctx, p) }, p)
}

// AttemptChallenge implements [phoneauth.Store].
func (s *Spied) AttemptChallenge(ctx context.Context, p phoneauth.AttemptParams) (phoneauth.Challenge, error) {
	return spy(s, ctx, "AttemptChallenge", func() (phoneauth.Challenge, error) { return s.Store.AttemptChallenge(ctx, p) }, p)
}

// CancelChallenges implements [phoneauth.Store].
func (s *Spied) CancelChallenges(ctx context.Context, keys ...string) error {
	return spyErr(s, ctx, "CancelChallenges", func() error { return s.Store.CancelChallenges(ctx, keys...) }, keys)
}

// TakeLimits implements [phoneauth.Store].
func (s *Spied) TakeLimits(ctx context.Context, p phoneauth.TakeParams) error {
	return spyErr(s, ctx, "TakeLimits", func() error { return s.Store.TakeLimits(ctx, p) }, p)
}

// GiveBack implements [phoneauth.Store].
func (s *Spied) GiveBack(ctx context.Context, p phoneauth.GiveBackParams) error {
	return spyErr(s, ctx, "GiveBack", func() error { return s.Store.GiveBack(ctx, p) }, p)
}

// CountFailure implements [phoneauth.Store].
func (s *Spied) CountFailure(ctx context.Context, l phoneauth.Lockout, now time.Time) error {
	return spyErr(s, ctx, "CountFailure", func() error { return s.Store.CountFailure(ctx, l, now) }, l)
}

// ClearFailures implements [phoneauth.Store].
func (s *Spied) ClearFailures(ctx context.Context, key string) error {
	return spyErr(s, ctx, "ClearFailures", func() error { return s.Store.ClearFailures(ctx, key) }, key)
}

// ReadState implements [phoneauth.Store].
func (s *Spied) ReadState(ctx context.Context, p phoneauth.StateParams) (phoneauth.State, error) {
	return spy(s, ctx, "ReadState", func() (phoneauth.State, error) { return s.Store.ReadState(ctx, p) }, p)
}

// SignInUser implements [phoneauth.Store].
func (s *Spied) SignInUser(ctx context.Context, in phoneauth.SignIn) (phoneauth.SignedIn, error) {
	return spy(s, ctx, "SignInUser", func() (phoneauth.SignedIn, error) { return s.Store.SignInUser(ctx, in) }, in)
}

// UserByID implements [phoneauth.Store].
func (s *Spied) UserByID(ctx context.Context, id string) (phoneauth.User, error) {
	return spy(s, ctx, "UserByID", func() (phoneauth.User, error) { return s.Store.UserByID(ctx, id) }, id)
}

// UserByPhone implements [phoneauth.Store].
func (s *Spied) UserByPhone(ctx context.Context, p phoneauth.Phone) (phoneauth.User, error) {
	return spy(s, ctx, "UserByPhone", func() (phoneauth.User, error) { return s.Store.UserByPhone(ctx, p) }, p)
}

// UpdateUser implements [phoneauth.Store].
func (s *Spied) UpdateUser(ctx context.Context, u phoneauth.UserUpdate) (phoneauth.User, error) {
	return spy(s, ctx, "UpdateUser", func() (phoneauth.User, error) { return s.Store.UpdateUser(ctx, u) }, u)
}

// DeleteUser implements [phoneauth.Store].
func (s *Spied) DeleteUser(ctx context.Context, id string) error {
	return spyErr(s, ctx, "DeleteUser", func() error { return s.Store.DeleteUser(ctx, id) }, id)
}

// CreateSession implements [phoneauth.Store].
func (s *Spied) CreateSession(ctx context.Context, n phoneauth.NewSession) (phoneauth.SessionRecord, error) {
	return spy(s, ctx, "CreateSession", func() (phoneauth.SessionRecord, error) { return s.Store.CreateSession(ctx, n) }, n)
}

// SessionByID implements [phoneauth.Store].
func (s *Spied) SessionByID(ctx context.Context, id string, now time.Time) (phoneauth.SessionRecord, error) {
	return spy(s, ctx, "SessionByID", func() (phoneauth.SessionRecord, error) { return s.Store.SessionByID(ctx, id, now) }, id)
}

// UserSessions implements [phoneauth.Store].
func (s *Spied) UserSessions(ctx context.Context, userID string, now time.Time) ([]phoneauth.SessionRecord, error) {
	return spy(s, ctx, "UserSessions", func() ([]phoneauth.SessionRecord, error) { return s.Store.UserSessions(ctx, userID, now) }, userID)
}

// RotateSession implements [phoneauth.Store].
func (s *Spied) RotateSession(ctx context.Context, r phoneauth.Rotation) (phoneauth.SessionRecord, error) {
	return spy(s, ctx, "RotateSession", func() (phoneauth.SessionRecord, error) { return s.Store.RotateSession(ctx, r) }, r)
}

// EndSession implements [phoneauth.Store].
func (s *Spied) EndSession(ctx context.Context, userID, id string) error {
	return spyErr(s, ctx, "EndSession", func() error { return s.Store.EndSession(ctx, userID, id) }, userID, id)
}

// EndUserSessions implements [phoneauth.Store].
func (s *Spied) EndUserSessions(ctx context.Context, userID, exceptID string) error {
	return spyErr(s, ctx, "EndUserSessions", func() error { return s.Store.EndUserSessions(ctx, userID, exceptID) }, userID, exceptID)
}

// Opener returns s, with an OpenSession if its store has one.
func (s *Spied) Opener() phoneauth.Store {
	if of, ok := s.Store.(phoneauth.Opener); ok {
		return spiedOpener{s, of}
	}
	return s
}

// spiedOpener is a Spied whose store is an Opener.
type spiedOpener struct {
	*Spied
	of phoneauth.Opener
}

// OpenSession implements [phoneauth.Opener].
func (s spiedOpener) OpenSession(ctx context.Context, o phoneauth.Opening) (phoneauth.Opened, error) {
	return spy(s.Spied, ctx, "OpenSession", func() (phoneauth.Opened, error) { return s.of.OpenSession(ctx, o) }, o)
}

// Obedient is a store whose every verb ends with its context, as those of databases do.
// before is told of each verb.
func Obedient(store phoneauth.Store, before func(verb string)) phoneauth.Store {
	return phoneauth.WrapStore(store, func(ctx context.Context, verb string, call func(context.Context) error) error {
		before(verb)
		if err := ctx.Err(); err != nil {
			return err
		}
		err := call(ctx)
		if ctx.Err() != nil {
			return ctx.Err() // the client left in the middle of a commit: the answer is lost
		}
		return err
	})
}
