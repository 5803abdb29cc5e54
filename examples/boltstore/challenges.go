package boltstore

import (
	"context"
	"time"

	"github.com/phoneauth/phoneauth"
)

// The verbs of [phoneauth.ChallengeStore] are steps of package phoneauth, each in one
// transaction.

func (s *Store) BeginChallenge(ctx context.Context, p phoneauth.BeginParams) (phoneauth.BeginResult, error) {
	return transact(ctx, s.update, "begin challenge", func(t *tx) (phoneauth.BeginResult, error) { return p.Run(t) })
}

func (s *Store) AttemptChallenge(ctx context.Context, p phoneauth.AttemptParams) (phoneauth.Challenge, error) {
	return transact(ctx, s.update, "attempt challenge", func(t *tx) (phoneauth.Challenge, error) { return p.Run(t) })
}

func (s *Store) CancelChallenges(ctx context.Context, keys ...string) error {
	return s.do(ctx, "cancel challenges", func(t *tx) error {
		for _, key := range keys {
			t.DeleteChallenge(key)
		}
		return nil
	})
}

func (s *Store) TakeLimits(ctx context.Context, p phoneauth.TakeParams) error {
	return s.do(ctx, "take limits", func(t *tx) error { return p.Run(t) })
}

func (s *Store) GiveBack(ctx context.Context, p phoneauth.GiveBackParams) error {
	return s.do(ctx, "give back", func(t *tx) error { p.Run(t); return nil })
}

func (s *Store) CountFailure(ctx context.Context, l phoneauth.Lockout, now time.Time) error {
	return s.do(ctx, "count failure", func(t *tx) error { return l.Run(t, now) })
}

func (s *Store) ClearFailures(ctx context.Context, key string) error {
	return s.do(ctx, "clear failures", func(t *tx) error { t.delete(lockout + key); return nil })
}

func (s *Store) ReadState(ctx context.Context, p phoneauth.StateParams) (phoneauth.State, error) {
	return transact(ctx, s.view, "read state", func(t *tx) (phoneauth.State, error) { return p.Run(t), nil })
}

// The methods of [phoneauth.Rows]: what the steps above read and write. A limit, a lockout
// and a score may be forgotten when they end; see Purge.

func (t *tx) Challenge(key string) (phoneauth.Challenge, bool) {
	r, ok := load[phoneauth.Challenge](t, challenge+key)
	return r.Value, ok
}

func (t *tx) SetChallenge(c phoneauth.Challenge) {
	t.put(challenge+c.Key, c, ends(c.ExpiresAt.UnixMicro()))
}

func (t *tx) DeleteChallenge(key string) { t.delete(challenge + key) }

func (t *tx) TAT(key string) int64 {
	if r, ok := load[int64](t, limit+key); ok {
		return r.Value
	}
	return phoneauth.NoTAT
}

func (t *tx) SetTAT(key string, tat int64) { t.put(limit+key, tat, ends(tat)) }

func (t *tx) LockoutState(key string) phoneauth.LockoutState {
	return get[phoneauth.LockoutState](t, lockout+key)
}

func (t *tx) SetLockoutState(key string, s phoneauth.LockoutState) { set(t, lockout+key, s, s.End()) }

func (t *tx) ScoreState(key string) phoneauth.ScoreState {
	return get[phoneauth.ScoreState](t, score+key)
}

func (t *tx) SetScoreState(key string, s phoneauth.ScoreState) { set(t, score+key, s, s.ForgetAt) }

// set stores a state until it ends. The zero state deletes the record.
func set[S comparable](t *tx, key string, state S, end int64) {
	if state == *new(S) {
		t.delete(key)
		return
	}
	t.put(key, state, ends(end))
}
