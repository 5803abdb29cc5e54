package storetest

import (
	"bytes"
	"context"
	"maps"
	"sync"
	"time"

	"github.com/phoneauth/phoneauth"
)

// reference is a ChallengeStore in its shortest form: maps behind one mutex, and the
// steps that package phoneauth exports. [Differential] compares others with it, and
// docs/writing-a-store.md begins with it.
type reference struct {
	mu         sync.Mutex
	challenges map[string]phoneauth.Challenge
	tats       map[string]int64
	lockouts   map[string]phoneauth.LockoutState
	scores     map[string]phoneauth.ScoreState
}

func newReference() *reference {
	return &reference{
		challenges: map[string]phoneauth.Challenge{}, tats: map[string]int64{},
		lockouts: map[string]phoneauth.LockoutState{}, scores: map[string]phoneauth.ScoreState{},
	}
}

func (r *reference) BeginChallenge(_ context.Context, p phoneauth.BeginParams) (phoneauth.BeginResult, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return p.Run(rows{r})
}

func (r *reference) AttemptChallenge(_ context.Context, p phoneauth.AttemptParams) (phoneauth.Challenge, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return p.Run(rows{r})
}

func (r *reference) CancelChallenges(_ context.Context, keys ...string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, key := range keys {
		delete(r.challenges, key)
	}
	return nil
}

func (r *reference) TakeLimits(_ context.Context, p phoneauth.TakeParams) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return p.Run(rows{r})
}

func (r *reference) GiveBack(_ context.Context, p phoneauth.GiveBackParams) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	p.Run(rows{r})
	return nil
}

func (r *reference) CountFailure(_ context.Context, l phoneauth.Lockout, now time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return l.Run(rows{r}, now)
}

func (r *reference) ClearFailures(_ context.Context, key string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.lockouts, key)
	return nil
}

func (r *reference) ReadState(_ context.Context, p phoneauth.StateParams) (phoneauth.State, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return p.Run(rows{r}), nil
}

// Purge implements [phoneauth.Purger].
func (r *reference) Purge(_ context.Context, now time.Time) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	before, us := r.size(), now.UnixMicro()
	maps.DeleteFunc(r.challenges, func(_ string, c phoneauth.Challenge) bool { return !now.Before(c.ExpiresAt) })
	maps.DeleteFunc(r.tats, func(_ string, tat int64) bool { return us >= tat })
	maps.DeleteFunc(r.lockouts, func(_ string, l phoneauth.LockoutState) bool { return us >= l.End() })
	maps.DeleteFunc(r.scores, func(_ string, s phoneauth.ScoreState) bool { return us >= s.ForgetAt })
	return before - r.size(), nil
}

// size returns how many records there are.
func (r *reference) size() int {
	return len(r.challenges) + len(r.tats) + len(r.lockouts) + len(r.scores)
}

// rows are the rows of a reference, whose mutex is held.
type rows struct{ *reference }

func (r rows) Challenge(key string) (phoneauth.Challenge, bool) {
	c, ok := r.challenges[key]
	return spared(c), ok
}

func (r rows) SetChallenge(c phoneauth.Challenge) { r.challenges[c.Key] = spared(c) }

func (r rows) DeleteChallenge(key string) { delete(r.challenges, key) }

func (r rows) TAT(key string) int64 {
	if tat, ok := r.tats[key]; ok {
		return tat
	}
	return phoneauth.NoTAT
}

func (r rows) SetTAT(key string, tat int64) { r.tats[key] = tat }

func (r rows) LockoutState(key string) phoneauth.LockoutState { return r.lockouts[key] }

func (r rows) SetLockoutState(key string, s phoneauth.LockoutState) { set(r.lockouts, key, s) }

func (r rows) ScoreState(key string) phoneauth.ScoreState { return r.scores[key] }

func (r rows) SetScoreState(key string, s phoneauth.ScoreState) { set(r.scores, key, s) }

// set sets a row, or deletes it where it is the zero state.
func set[S comparable](all map[string]S, key string, s S) {
	var none S
	if s == none {
		delete(all, key)
		return
	}
	all[key] = s
}

// spared returns c with slices of its own and times in UTC.
func spared(c phoneauth.Challenge) phoneauth.Challenge {
	c.Digest, c.Sealed, c.Pending = bytes.Clone(c.Digest), bytes.Clone(c.Sealed), bytes.Clone(c.Pending)
	c.ExpiresAt, c.Until = c.ExpiresAt.UTC(), c.Until.UTC()
	return c
}
