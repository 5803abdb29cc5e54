package storetest

import (
	"bytes"
	"context"
	"maps"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/phoneauth/phoneauth"
)

// reference is a Store that is right for all to see, and nothing else: one mutex and
// plain maps. What a verb changes it works out first and writes last.
type reference struct {
	rules
	mu         sync.Mutex
	challenges map[string]phoneauth.Challenge
	tats       map[string]time.Time
	scores     map[string]score
	counters   map[string]counter
	users      map[string]phoneauth.User
	sessions   map[string]phoneauth.SessionRecord
	lastID     int
}

// rules are what a store computes; the wrong stores of this package replace one.
type rules struct {
	challenge func(phoneauth.Challenge) phoneauth.Challenge         // copied, in and out
	session   func(phoneauth.SessionRecord) phoneauth.SessionRecord // copied, in and out
	equal     func(digest, presented []byte) bool
	later     func(tat, now time.Time) time.Time
	fade      func(score, phoneauth.Budget, time.Time) float64
	round     func(float64) float64
	weight    func(value float64, b phoneauth.Budget) float64
	wait      func(value float64, b phoneauth.Budget) time.Duration
	forgotten func(c counter, f phoneauth.Failures, now time.Time) bool
	lock      func(c counter, f phoneauth.Failures) time.Duration
	grace     func(r phoneauth.SessionRecord, by phoneauth.Rotation) bool
}

type score struct {
	value float64
	at    time.Time
}

type counter struct {
	count       int
	last, until time.Time
	forget      time.Duration
}

func newReference() *reference {
	return &reference{
		rules: rules{cloneChallenge, cloneSession, equal, later, faded, math.Round, weight, untilAdmitted, forgotten, lock, inGrace},

		challenges: map[string]phoneauth.Challenge{}, tats: map[string]time.Time{}, scores: map[string]score{},
		counters: map[string]counter{}, users: map[string]phoneauth.User{}, sessions: map[string]phoneauth.SessionRecord{},
	}
}

func (s *reference) BeginChallenge(_ context.Context, b phoneauth.Begin) (phoneauth.Begun, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.locked(b.Failures, b.Now); err != nil {
		return phoneauth.Begun{}, err
	}
	live, ok := s.live(b.Challenge.Key, b.Now)
	if b.Renew != "" && (!ok || live.ID != b.Renew) {
		return phoneauth.Begun{}, phoneauth.ErrNotFound
	}
	tats, err := s.take(b.Takes, b.Now)
	if err != nil {
		return phoneauth.Begun{}, err
	}
	scores, err := s.charge(b.Budgets, b.Now)
	if err != nil {
		return phoneauth.Begun{}, err
	}
	ch := b.Challenge
	if ok {
		ch = touched(live, b)
	}
	s.challenges[ch.Key] = s.challenge(ch)
	maps.Copy(s.tats, tats)
	maps.Copy(s.scores, scores)
	return phoneauth.Begun{Challenge: s.challenge(ch), ResendAt: s.resendAt(b.Takes, b.Now)}, nil
}

func touched(live phoneauth.Challenge, b phoneauth.Begin) phoneauth.Challenge {
	live.Pending = b.Challenge.Pending
	live.Sends += b.Challenge.Sends
	live.ExpiresAt = b.Challenge.ExpiresAt
	if live.ExpiresAt.After(live.Until) {
		live.ExpiresAt = live.Until
	}
	if b.Renew != "" {
		live.ID = b.Challenge.ID
	}
	return live
}

func (s *reference) AttemptChallenge(_ context.Context, a phoneauth.Attempt) (phoneauth.Challenge, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.locked(a.Failures, a.Now); err != nil {
		return phoneauth.Challenge{}, err
	}
	tats, err := s.take(a.Takes, a.Now)
	if err != nil {
		return phoneauth.Challenge{}, err
	}
	maps.Copy(s.tats, tats)
	ch, ok := s.live(a.Key, a.Now)
	if !ok || a.ID != "" && a.ID != ch.ID {
		return phoneauth.Challenge{}, phoneauth.ErrNotFound
	}
	if !slices.ContainsFunc(a.Digests, func(d []byte) bool { return s.equal(ch.Digest, d) }) {
		ch.TriesLeft--
		s.challenges[a.Key] = ch
		if ch.TriesLeft == 0 {
			delete(s.challenges, a.Key)
		}
		s.fail(a.Failures, a.Now)
		return s.challenge(ch), phoneauth.ErrMismatch
	}
	delete(s.challenges, a.Key)
	delete(s.counters, a.Failures.Key)
	if a.Then != nil {
		s.challenges[a.Then.Key] = s.challenge(*a.Then)
	}
	tats, _ = s.take(a.GiveBack, a.Now)
	maps.Copy(s.tats, tats)
	s.credit(a, ch.Sends)
	return s.challenge(ch), nil
}

// credit adds what a match earned.
func (s *reference) credit(a phoneauth.Attempt, sends int) {
	if len(a.Earned) == 0 {
		return
	}
	bonus := 0.0
	if tats, err := s.take([]phoneauth.Take{a.Bonus.Take}, a.Now); err == nil {
		maps.Copy(s.tats, tats)
		bonus = a.Bonus.Add
	}
	for _, b := range a.Earned {
		b.Add = float64(sends)*b.Add + bonus
		b.Max = math.Inf(1)
		scores, _ := s.charge([]phoneauth.Budget{b}, a.Now)
		maps.Copy(s.scores, scores)
	}
}

func (s *reference) CancelChallenges(_ context.Context, keys ...string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, key := range keys {
		delete(s.challenges, key)
	}
	return nil
}

func (s *reference) TakeLimits(_ context.Context, takes []phoneauth.Take, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	tats, err := s.take(takes, now)
	maps.Copy(s.tats, tats)
	return err
}

func (s *reference) CountFailure(_ context.Context, f phoneauth.Failures, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.locked(f, now); err != nil {
		return err
	}
	s.fail(f, now)
	return nil
}

func (s *reference) ClearFailures(_ context.Context, key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.counters, key)
	return nil
}

// live is the challenge of this key that is live at now.
func (s *reference) live(key string, now time.Time) (phoneauth.Challenge, bool) {
	ch, ok := s.challenges[key]
	return ch, ok && now.Before(ch.ExpiresAt)
}

func equal(digest, presented []byte) bool {
	return len(presented) > 0 && bytes.Equal(digest, presented)
}

// take returns what the tats of these keys become, or the refusal.
func (s *reference) take(takes []phoneauth.Take, now time.Time) (map[string]time.Time, error) {
	tats := map[string]time.Time{}
	for _, take := range takes {
		tat, ok := tats[take.Key]
		if !ok {
			tat = s.tats[take.Key]
		}
		if take.Cost < 0 {
			tats[take.Key] = tat.Add(time.Duration(take.Cost) * take.Every)
			continue
		}
		next := s.later(tat, now).Add(time.Duration(max(take.Cost, 1)) * take.Every)
		if wait := next.Sub(now) - time.Duration(take.Burst)*take.Every; wait > 0 {
			return nil, &phoneauth.LimitError{Limit: take.Name, RetryAfter: wait}
		}
		if take.Cost > 0 {
			tats[take.Key] = next
		}
	}
	return tats, nil
}

func later(tat, now time.Time) time.Time {
	if now.After(tat) {
		return now
	}
	return tat
}

// resendAt tries ever later times.
func (s *reference) resendAt(takes []phoneauth.Take, now time.Time) time.Time {
	for {
		_, err := s.take(takes, now)
		if err == nil {
			return now.UTC()
		}
		now = now.Add(err.(*phoneauth.LimitError).RetryAfter)
	}
}

// charge returns what the scores of these keys become, or the refusal.
func (s *reference) charge(budgets []phoneauth.Budget, now time.Time) (map[string]score, error) {
	scores := map[string]score{}
	for _, b := range budgets {
		was, ok := scores[b.Key]
		if !ok {
			was = s.scores[b.Key]
		}
		value := s.fade(was, b, now)
		if s.round(value+b.Add) > b.Max {
			return nil, &phoneauth.LimitError{Limit: b.Name, RetryAfter: s.wait(value, b)}
		}
		if weight := s.weight(value, b); weight != 0 {
			scores[b.Key] = score{value + weight*b.Add, later(was.at, now)}
		}
	}
	return scores, nil
}

func faded(s score, b phoneauth.Budget, now time.Time) float64 {
	eFold := b.Owed
	if s.value < 0 {
		eFold = b.Earned
	}
	if s.value == 0 || now.Before(s.at) {
		return s.value
	}
	return s.value * math.Exp(-float64(now.Sub(s.at))/float64(eFold))
}

func weight(value float64, b phoneauth.Budget) float64 {
	if b.Thin != 0 && value < b.Thin {
		return b.Weight
	}
	return 1
}

// untilAdmitted is how long it takes value to fade so far that the charge fits: a day
// where it never will.
func untilAdmitted(value float64, b phoneauth.Budget) time.Duration {
	room := b.Max + 0.5 - b.Add
	if value <= 0 || room <= 0 {
		return 24 * time.Hour
	}
	wait := time.Duration(float64(b.Owed) * math.Log(value/room))
	return wait.Truncate(tick) + tick
}

// locked is the refusal of a key that is locked at now.
func (s *reference) locked(f phoneauth.Failures, now time.Time) error {
	if c := s.counters[f.Key]; f.Key != "" && now.Before(c.until) {
		return &phoneauth.LimitError{Limit: f.Name, RetryAfter: c.until.Sub(now)}
	}
	return nil
}

func (s *reference) fail(f phoneauth.Failures, now time.Time) {
	if f.Key == "" {
		return
	}
	c := s.counters[f.Key]
	if s.forgotten(c, f, now) {
		c = counter{}
	}
	c.count, c.last, c.forget = c.count+1, now, f.Forget
	if wait := s.lock(c, f); wait > 0 {
		c.until = now.Add(wait)
	}
	s.counters[f.Key] = c
}

func forgotten(c counter, f phoneauth.Failures, now time.Time) bool {
	return !now.Before(c.last.Add(f.Forget)) && !now.Before(c.until)
}

// lock is for how long this count locks.
func lock(c counter, f phoneauth.Failures) time.Duration {
	last := f.Steps[len(f.Steps)-1]
	if c.count > last.At {
		return last.Wait
	}
	for _, step := range f.Steps {
		if c.count == step.At {
			return step.Wait
		}
	}
	return 0
}

// cloneChallenge is ch with slices of its own and times in UTC.
func cloneChallenge(ch phoneauth.Challenge) phoneauth.Challenge {
	ch.Digest, ch.Sealed, ch.Pending = bytes.Clone(ch.Digest), bytes.Clone(ch.Sealed), bytes.Clone(ch.Pending)
	ch.ExpiresAt, ch.Until = ch.ExpiresAt.UTC(), ch.Until.UTC()
	return ch
}

// Purge removes all that is gone.
func (s *reference) Purge(_ context.Context, now time.Time) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := len(s.challenges) + len(s.tats) + len(s.counters) + len(s.sessions)
	maps.DeleteFunc(s.challenges, func(_ string, ch phoneauth.Challenge) bool { return !now.Before(ch.ExpiresAt) })
	maps.DeleteFunc(s.tats, func(_ string, tat time.Time) bool { return !now.Before(tat) })
	maps.DeleteFunc(s.counters, func(_ string, c counter) bool {
		return forgotten(c, phoneauth.Failures{Forget: c.forget}, now)
	})
	maps.DeleteFunc(s.sessions, func(_ string, r phoneauth.SessionRecord) bool { return !liveSession(r, now) })
	return before - len(s.challenges) - len(s.tats) - len(s.counters) - len(s.sessions), nil
}
