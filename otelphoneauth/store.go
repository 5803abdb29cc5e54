package otelphoneauth

import (
	"context"
	"time"

	"github.com/phoneauth/phoneauth"
)

// store is s with spans and durations, and whatever else s is of what the package asks
// for.
func (t *telemetry) store(s phoneauth.Store) phoneauth.Store {
	if s == nil {
		return nil
	}
	if parts, ok := s.(phoneauth.Stores); ok {
		return phoneauth.Stores{
			ChallengeStore: t.challenges(parts.ChallengeStore),
			UserStore:      t.users(parts.UserStore),
			SessionStore:   t.sessions(parts.SessionStore),
		}
	}
	whole := struct {
		challengeStore
		userStore
		sessionStore
	}{challengeStore{t, s}, userStore{t, s}, sessionStore{t, s}}
	if p, ok := s.(phoneauth.Purger); ok {
		return struct {
			phoneauth.Store
			purger
		}{whole, purger{t, p}}
	}
	return whole
}

func (t *telemetry) challenges(s phoneauth.ChallengeStore) phoneauth.ChallengeStore {
	if s == nil {
		return nil
	}
	if p, ok := s.(phoneauth.Purger); ok {
		return struct {
			challengeStore
			purger
		}{challengeStore{t, s}, purger{t, p}}
	}
	return challengeStore{t, s}
}

func (t *telemetry) users(s phoneauth.UserStore) phoneauth.UserStore {
	if s == nil {
		return nil
	}
	if p, ok := s.(phoneauth.Purger); ok {
		return struct {
			userStore
			purger
		}{userStore{t, s}, purger{t, p}}
	}
	return userStore{t, s}
}

func (t *telemetry) sessions(s phoneauth.SessionStore) phoneauth.SessionStore {
	if s == nil {
		return nil
	}
	if p, ok := s.(phoneauth.Purger); ok {
		return struct {
			sessionStore
			purger
		}{sessionStore{t, s}, purger{t, p}}
	}
	return sessionStore{t, s}
}

// verb makes one call of a store.
func verb[T any](ctx context.Context, t *telemetry, name string, do func(context.Context) (T, error)) (T, error) {
	w := work{span: "phoneauth.store." + name, duration: t.storeDuration, attr: keyVerb.String(name)}
	return run(ctx, t, w, do, func(ctx context.Context, _ T, err error) outcome { return t.storeOutcome(ctx, err) })
}

// verbErr is verb for verbs without a result.
func verbErr(ctx context.Context, t *telemetry, name string, do func(context.Context) error) error {
	_, err := verb(ctx, t, name, func(ctx context.Context) (struct{}, error) { return struct{}{}, do(ctx) })
	return err
}

type purger struct {
	t    *telemetry
	next phoneauth.Purger
}

func (s purger) Purge(ctx context.Context, now time.Time) (int, error) {
	return verb(ctx, s.t, "Purge", func(ctx context.Context) (int, error) { return s.next.Purge(ctx, now) })
}

type challengeStore struct {
	t    *telemetry
	next phoneauth.ChallengeStore
}

func (s challengeStore) BeginChallenge(ctx context.Context, b phoneauth.Begin) (phoneauth.Begun, error) {
	return verb(ctx, s.t, "BeginChallenge", func(ctx context.Context) (phoneauth.Begun, error) { return s.next.BeginChallenge(ctx, b) })
}

func (s challengeStore) AttemptChallenge(ctx context.Context, a phoneauth.Attempt) (phoneauth.Challenge, error) {
	return verb(ctx, s.t, "AttemptChallenge", func(ctx context.Context) (phoneauth.Challenge, error) { return s.next.AttemptChallenge(ctx, a) })
}

func (s challengeStore) CancelChallenges(ctx context.Context, keys ...string) error {
	return verbErr(ctx, s.t, "CancelChallenges", func(ctx context.Context) error { return s.next.CancelChallenges(ctx, keys...) })
}

func (s challengeStore) TakeLimits(ctx context.Context, takes []phoneauth.Take, now time.Time) error {
	return verbErr(ctx, s.t, "TakeLimits", func(ctx context.Context) error { return s.next.TakeLimits(ctx, takes, now) })
}

func (s challengeStore) CountFailure(ctx context.Context, f phoneauth.Failures, now time.Time) error {
	return verbErr(ctx, s.t, "CountFailure", func(ctx context.Context) error { return s.next.CountFailure(ctx, f, now) })
}

func (s challengeStore) ClearFailures(ctx context.Context, key string) error {
	return verbErr(ctx, s.t, "ClearFailures", func(ctx context.Context) error { return s.next.ClearFailures(ctx, key) })
}

type userStore struct {
	t    *telemetry
	next phoneauth.UserStore
}

func (s userStore) SignInUser(ctx context.Context, in phoneauth.SignIn) (phoneauth.SignedIn, error) {
	return verb(ctx, s.t, "SignInUser", func(ctx context.Context) (phoneauth.SignedIn, error) { return s.next.SignInUser(ctx, in) })
}

func (s userStore) UserByID(ctx context.Context, id string) (phoneauth.User, error) {
	return verb(ctx, s.t, "UserByID", func(ctx context.Context) (phoneauth.User, error) { return s.next.UserByID(ctx, id) })
}

func (s userStore) UserByPhone(ctx context.Context, p phoneauth.Phone) (phoneauth.User, error) {
	return verb(ctx, s.t, "UserByPhone", func(ctx context.Context) (phoneauth.User, error) { return s.next.UserByPhone(ctx, p) })
}

func (s userStore) SetPassword(ctx context.Context, u phoneauth.PasswordUpdate) (phoneauth.User, error) {
	return verb(ctx, s.t, "SetPassword", func(ctx context.Context) (phoneauth.User, error) { return s.next.SetPassword(ctx, u) })
}

func (s userStore) SetPhone(ctx context.Context, u phoneauth.PhoneUpdate) (phoneauth.User, error) {
	return verb(ctx, s.t, "SetPhone", func(ctx context.Context) (phoneauth.User, error) { return s.next.SetPhone(ctx, u) })
}

func (s userStore) SetBlocked(ctx context.Context, id string, blocked bool, now time.Time) (phoneauth.User, error) {
	return verb(ctx, s.t, "SetBlocked", func(ctx context.Context) (phoneauth.User, error) { return s.next.SetBlocked(ctx, id, blocked, now) })
}

func (s userStore) DeleteUser(ctx context.Context, id string) error {
	return verbErr(ctx, s.t, "DeleteUser", func(ctx context.Context) error { return s.next.DeleteUser(ctx, id) })
}

type sessionStore struct {
	t    *telemetry
	next phoneauth.SessionStore
}

func (s sessionStore) CreateSession(ctx context.Context, r phoneauth.SessionRecord) error {
	return verbErr(ctx, s.t, "CreateSession", func(ctx context.Context) error { return s.next.CreateSession(ctx, r) })
}

func (s sessionStore) SessionByID(ctx context.Context, id string, now time.Time) (phoneauth.SessionRecord, error) {
	return verb(ctx, s.t, "SessionByID", func(ctx context.Context) (phoneauth.SessionRecord, error) { return s.next.SessionByID(ctx, id, now) })
}

func (s sessionStore) RotateSession(ctx context.Context, r phoneauth.Rotation) (phoneauth.SessionRecord, error) {
	return verb(ctx, s.t, "RotateSession", func(ctx context.Context) (phoneauth.SessionRecord, error) { return s.next.RotateSession(ctx, r) })
}

func (s sessionStore) EndSession(ctx context.Context, id string) error {
	return verbErr(ctx, s.t, "EndSession", func(ctx context.Context) error { return s.next.EndSession(ctx, id) })
}

func (s sessionStore) EndUserSessions(ctx context.Context, userID, exceptID string) error {
	return verbErr(ctx, s.t, "EndUserSessions", func(ctx context.Context) error { return s.next.EndUserSessions(ctx, userID, exceptID) })
}
