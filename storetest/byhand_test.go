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

// byHand is a Store that computes what challenges, limits, lockouts and scores become by
// itself, from the sentences of the contract, as one in Lua does. So it checks the
// arithmetic of package phoneauth, and the wrong stores replace one rule of it each.
type byHand struct {
	rules
	mu         sync.Mutex
	challenges map[string]phoneauth.Challenge
	tats       map[string]time.Time
	scores     map[string]score
	lockouts   map[string]counter
	*accounts
}

// rules are what a store computes.
type rules struct {
	copied    func(phoneauth.Challenge) phoneauth.Challenge // in and out
	equal     func(digest, presented []byte) bool
	later     func(tat, now time.Time) time.Time
	ceil      func(time.Duration) time.Duration
	faded     func(score, phoneauth.Charge, time.Time) float64
	changedAt func(was score, now time.Time) time.Time
	round     func(float64) float64
	weight    func(value float64, of phoneauth.Charge) float64
	wait      func(was score, of phoneauth.Charge, now time.Time) time.Duration
	forgotten func(c counter, l phoneauth.Lockout, now time.Time) bool
	forgetAt  func(c counter, l phoneauth.Lockout, now time.Time) time.Time
	lock      func(c counter, l phoneauth.Lockout) time.Duration
}

type score struct {
	value      float64
	at, forget time.Time
}

type counter struct {
	count               int
	last, until, forget time.Time
}

func newByHand() *byHand {
	return &byHand{
		rules: rules{spared, equal, later, ceil, faded, changedAt, math.Round, weight, untilAdmitted, forgotten, forgetAt, lock},

		challenges: map[string]phoneauth.Challenge{}, tats: map[string]time.Time{}, scores: map[string]score{},
		lockouts: map[string]counter{}, accounts: newAccounts(),
	}
}

func (s *byHand) BeginChallenge(_ context.Context, p phoneauth.BeginParams) (phoneauth.BeginResult, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.locked(p.Lockout, p.Now); err != nil {
		return phoneauth.BeginResult{}, err
	}
	live, ok := s.liveChallenge(p.Challenge.Key, p.Now)
	if p.Renew != "" && (!ok || live.ID != p.Renew) {
		return phoneauth.BeginResult{}, phoneauth.ErrNotFound
	}
	if err := s.takeAll(phoneauth.TakeParams{Asks: p.Asks, Takes: p.Takes, Charges: p.Charges, Now: p.Now}); err != nil {
		return phoneauth.BeginResult{}, err
	}
	ch := p.Challenge
	if ok {
		ch = touched(live, p)
	}
	s.challenges[ch.Key] = s.copied(ch)
	return phoneauth.BeginResult{Challenge: s.copied(ch), ResendAt: s.resendAt(p.Takes, p.Now)}, nil
}

func touched(live phoneauth.Challenge, p phoneauth.BeginParams) phoneauth.Challenge {
	live.Pending = p.Challenge.Pending
	live.Sends += p.Challenge.Sends
	live.ExpiresAt = p.Challenge.ExpiresAt
	if live.ExpiresAt.After(live.Until) {
		live.ExpiresAt = live.Until
	}
	if p.Renew != "" {
		live.ID = p.Challenge.ID
	}
	return live
}

func (s *byHand) AttemptChallenge(_ context.Context, p phoneauth.AttemptParams) (phoneauth.Challenge, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.locked(p.Lockout, p.Now); err != nil {
		return phoneauth.Challenge{}, err
	}
	if err := s.takeAll(phoneauth.TakeParams{Takes: p.Takes, Now: p.Now}); err != nil {
		return phoneauth.Challenge{}, err
	}
	i := slices.IndexFunc(p.Candidates, func(of phoneauth.Candidate) bool {
		ch, ok := s.liveChallenge(of.Key, p.Now)
		return ok && (of.ID == "" || of.ID == ch.ID)
	})
	if i < 0 {
		return phoneauth.Challenge{}, phoneauth.ErrNotFound
	}
	of := p.Candidates[i]
	ch := s.challenges[of.Key]
	if !slices.ContainsFunc(of.Digests, func(d []byte) bool { return s.equal(ch.Digest, d) }) {
		ch.TriesLeft--
		s.challenges[of.Key] = ch
		if ch.TriesLeft == 0 {
			delete(s.challenges, of.Key)
		}
		s.fail(p.Lockout, p.Now)
		return s.copied(ch), phoneauth.ErrMismatch
	}
	delete(s.challenges, of.Key)
	delete(s.lockouts, p.Lockout.Key)
	s.match(of.OnMatch, ch.Sends, p.Now)
	return s.copied(ch), nil
}

// match does what m says for a challenge of so many sends.
func (s *byHand) match(m phoneauth.OnMatch, sends int, now time.Time) {
	s.giveBack(m.Refunds, 1)
	s.giveBack(m.SendRefunds, sends)
	s.creditMatch(m, sends, now)
	for _, key := range m.ClearScores {
		delete(s.scores, key)
	}
	if m.Store != nil {
		s.challenges[m.Store.Key] = s.copied(*m.Store)
	}
}

func (s *byHand) creditMatch(m phoneauth.OnMatch, sends int, now time.Time) {
	if len(m.Credits) == 0 {
		return
	}
	reward := 0.0
	if t := m.Reward.Take; t.Key != "" && s.takeAll(phoneauth.TakeParams{Takes: []phoneauth.Take{t}, Now: now}) == nil {
		reward = m.Reward.Amount
	}
	for _, c := range m.Credits {
		s.credit(c, float64(sends)*c.Amount+reward, now)
	}
}

func (s *byHand) CancelChallenges(_ context.Context, keys ...string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, key := range keys {
		delete(s.challenges, key)
	}
	return nil
}

func (s *byHand) TakeLimits(_ context.Context, p phoneauth.TakeParams) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.takeAll(p)
}

func (s *byHand) GiveBack(_ context.Context, p phoneauth.GiveBackParams) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.giveBack(p.Takes, 1)
	for _, c := range p.Credits {
		s.credit(c, c.Amount, p.Now)
	}
	return nil
}

func (s *byHand) CountFailure(_ context.Context, l phoneauth.Lockout, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.locked(l, now); err != nil {
		return err
	}
	s.fail(l, now)
	return nil
}

func (s *byHand) ClearFailures(_ context.Context, key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.lockouts, key)
	return nil
}

func (s *byHand) ReadState(_ context.Context, p phoneauth.StateParams) (state phoneauth.State, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, key := range p.Challenges {
		ch, ok := s.liveChallenge(key, p.Now)
		if !ok {
			ch = phoneauth.Challenge{}
		}
		state.Challenges = append(state.Challenges, s.copied(ch))
	}
	for _, key := range p.Lockouts {
		var l phoneauth.LockoutState
		if c, ok := s.lockouts[key]; ok && !s.forgotten(c, phoneauth.Lockout{}, p.Now) {
			l = phoneauth.LockoutState{Failures: c.count, ForgetAt: c.forget.UnixMicro()}
			if !c.until.IsZero() {
				l.LockedUntil = c.until.UnixMicro()
			}
		}
		state.Lockouts = append(state.Lockouts, l)
	}
	for _, take := range p.Takes {
		state.Waits = append(state.Waits, max(0, s.waitFor(take, s.tats[take.Key], p.Now)))
	}
	for _, of := range p.Scores {
		state.Scores = append(state.Scores, s.faded(s.scores[of.Key], phoneauth.Charge{Score: of}, p.Now))
	}
	return state, nil
}

// liveChallenge is the challenge of this key that is live at now.
func (s *byHand) liveChallenge(key string, now time.Time) (phoneauth.Challenge, bool) {
	ch, ok := s.challenges[key]
	return ch, ok && now.Before(ch.ExpiresAt)
}

func equal(digest, presented []byte) bool {
	return len(presented) > 0 && bytes.Equal(digest, presented)
}

// Purge removes all that is gone.
func (s *byHand) Purge(ctx context.Context, now time.Time) (int, error) {
	n, err := s.accounts.Purge(ctx, now)
	s.mu.Lock()
	defer s.mu.Unlock()
	before := len(s.challenges) + len(s.tats) + len(s.lockouts) + len(s.scores)
	maps.DeleteFunc(s.challenges, func(_ string, ch phoneauth.Challenge) bool { return !now.Before(ch.ExpiresAt) })
	maps.DeleteFunc(s.tats, func(_ string, tat time.Time) bool { return !now.Before(tat) })
	maps.DeleteFunc(s.lockouts, func(_ string, c counter) bool { return forgotten(c, phoneauth.Lockout{}, now) })
	maps.DeleteFunc(s.scores, func(_ string, was score) bool { return !now.Before(was.forget) })
	return n + before - len(s.challenges) - len(s.tats) - len(s.lockouts) - len(s.scores), err
}
