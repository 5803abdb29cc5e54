package phoneauth_test

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/phoneauth/phoneauth"
)

// apiStore is a store that can be down, verb by verb.
type apiStore struct {
	phoneauth.Store
	mu   sync.Mutex
	fail func(verb string) error
}

// set makes every verb ask fail first; nil ends that.
func (s *apiStore) set(fail func(verb string) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = fail
}

// down makes every verb fail with err.
func (s *apiStore) down(err error) { s.set(func(string) error { return err }) }

// apiVerb is one call.
func apiVerb[T any](s *apiStore, verb string, call func() (T, error)) (T, error) {
	s.mu.Lock()
	fail := s.fail
	s.mu.Unlock()
	if fail != nil {
		if err := fail(verb); err != nil {
			var none T
			return none, err
		}
	}
	return call()
}

func apiVerbErr(s *apiStore, verb string, call func() error) error {
	_, err := apiVerb(s, verb, func() (struct{}, error) { return struct{}{}, call() })
	return err
}

func (s *apiStore) BeginChallenge(ctx context.Context, b phoneauth.Begin) (phoneauth.Begun, error) {
	return apiVerb(s, "BeginChallenge", func() (phoneauth.Begun, error) { return s.Store.BeginChallenge(ctx, b) })
}

func (s *apiStore) AttemptChallenge(ctx context.Context, a phoneauth.Attempt) (phoneauth.Challenge, error) {
	return apiVerb(s, "AttemptChallenge", func() (phoneauth.Challenge, error) { return s.Store.AttemptChallenge(ctx, a) })
}

func (s *apiStore) CancelChallenges(ctx context.Context, keys ...string) error {
	return apiVerbErr(s, "CancelChallenges", func() error { return s.Store.CancelChallenges(ctx, keys...) })
}

func (s *apiStore) TakeLimits(ctx context.Context, takes []phoneauth.Take, now time.Time) error {
	return apiVerbErr(s, "TakeLimits", func() error { return s.Store.TakeLimits(ctx, takes, now) })
}

func (s *apiStore) CountFailure(ctx context.Context, f phoneauth.Failures, now time.Time) error {
	return apiVerbErr(s, "CountFailure", func() error { return s.Store.CountFailure(ctx, f, now) })
}

func (s *apiStore) ClearFailures(ctx context.Context, key string) error {
	return apiVerbErr(s, "ClearFailures", func() error { return s.Store.ClearFailures(ctx, key) })
}

func (s *apiStore) SignInUser(ctx context.Context, in phoneauth.SignIn) (phoneauth.SignedIn, error) {
	return apiVerb(s, "SignInUser", func() (phoneauth.SignedIn, error) { return s.Store.SignInUser(ctx, in) })
}

func (s *apiStore) UserByID(ctx context.Context, id string) (phoneauth.User, error) {
	return apiVerb(s, "UserByID", func() (phoneauth.User, error) { return s.Store.UserByID(ctx, id) })
}

func (s *apiStore) UserByPhone(ctx context.Context, p phoneauth.Phone) (phoneauth.User, error) {
	return apiVerb(s, "UserByPhone", func() (phoneauth.User, error) { return s.Store.UserByPhone(ctx, p) })
}

func (s *apiStore) SetPassword(ctx context.Context, u phoneauth.PasswordUpdate) (phoneauth.User, error) {
	return apiVerb(s, "SetPassword", func() (phoneauth.User, error) { return s.Store.SetPassword(ctx, u) })
}

func (s *apiStore) SetPhone(ctx context.Context, u phoneauth.PhoneUpdate) (phoneauth.User, error) {
	return apiVerb(s, "SetPhone", func() (phoneauth.User, error) { return s.Store.SetPhone(ctx, u) })
}

func (s *apiStore) SetBlocked(ctx context.Context, id string, blocked bool, now time.Time) (phoneauth.User, error) {
	return apiVerb(s, "SetBlocked", func() (phoneauth.User, error) { return s.Store.SetBlocked(ctx, id, blocked, now) })
}

func (s *apiStore) DeleteUser(ctx context.Context, id string) error {
	return apiVerbErr(s, "DeleteUser", func() error { return s.Store.DeleteUser(ctx, id) })
}

func (s *apiStore) CreateSession(ctx context.Context, r phoneauth.SessionRecord) error {
	return apiVerbErr(s, "CreateSession", func() error { return s.Store.CreateSession(ctx, r) })
}

func (s *apiStore) SessionByID(ctx context.Context, id string, now time.Time) (phoneauth.SessionRecord, error) {
	return apiVerb(s, "SessionByID", func() (phoneauth.SessionRecord, error) { return s.Store.SessionByID(ctx, id, now) })
}

func (s *apiStore) RotateSession(ctx context.Context, r phoneauth.Rotation) (phoneauth.SessionRecord, error) {
	return apiVerb(s, "RotateSession", func() (phoneauth.SessionRecord, error) { return s.Store.RotateSession(ctx, r) })
}

func (s *apiStore) EndSession(ctx context.Context, id string) error {
	return apiVerbErr(s, "EndSession", func() error { return s.Store.EndSession(ctx, id) })
}

func (s *apiStore) EndUserSessions(ctx context.Context, userID, exceptID string) error {
	return apiVerbErr(s, "EndUserSessions", func() error { return s.Store.EndUserSessions(ctx, userID, exceptID) })
}

// apiTextIDs is a UserStore whose ids are text.
type apiTextIDs struct{ phoneauth.UserStore }

const apiTextID = "user_"

func (s apiTextIDs) out(u phoneauth.User, err error) (phoneauth.User, error) {
	if u.ID != "" {
		u.ID = apiTextID + u.ID
	}
	return u, err
}

func (s apiTextIDs) in(id string) string { return strings.TrimPrefix(id, apiTextID) }

func (s apiTextIDs) SignInUser(ctx context.Context, in phoneauth.SignIn) (phoneauth.SignedIn, error) {
	in.UserID = s.in(in.UserID)
	signed, err := s.UserStore.SignInUser(ctx, in)
	signed.User, err = s.out(signed.User, err)
	return signed, err
}

func (s apiTextIDs) UserByID(ctx context.Context, id string) (phoneauth.User, error) {
	return s.out(s.UserStore.UserByID(ctx, s.in(id)))
}

func (s apiTextIDs) UserByPhone(ctx context.Context, p phoneauth.Phone) (phoneauth.User, error) {
	return s.out(s.UserStore.UserByPhone(ctx, p))
}

func (s apiTextIDs) SetPhone(ctx context.Context, u phoneauth.PhoneUpdate) (phoneauth.User, error) {
	u.UserID = s.in(u.UserID)
	return s.out(s.UserStore.SetPhone(ctx, u))
}

func (s apiTextIDs) DeleteUser(ctx context.Context, id string) error {
	return s.UserStore.DeleteUser(ctx, s.in(id))
}
