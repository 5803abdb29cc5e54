package memstore

import (
	"context"
	"errors"

	"github.com/phoneauth/phoneauth"
)

// attempt is an Attempt, made ready outside the mutex.
type attempt struct {
	*phoneauth.Attempt
	key, failures, then, bonus key
	takes, giveBack, earned    []key
	next                       challenge
	now                        int64
}

// AttemptChallenge implements [phoneauth.ChallengeStore].
func (s *Store) AttemptChallenge(_ context.Context, a phoneauth.Attempt) (phoneauth.Challenge, error) {
	var keyBuf [16]key
	keys := s.takeKeys(keyBuf[:0], a.Takes)
	keys = s.takeKeys(keys, a.GiveBack)
	keys = s.budgetKeys(keys, a.Earned)
	taken, given := len(a.Takes), len(a.Takes)+len(a.GiveBack)
	w := attempt{
		Attempt:  &a,
		key:      s.key(a.Key),
		failures: s.key(a.Failures.Key),
		bonus:    s.key(a.Bonus.Take.Key),
		takes:    keys[:taken],
		giveBack: keys[taken:given],
		earned:   keys[given:],
		now:      a.Now.UnixMicro(),
	}
	if a.Then != nil {
		w.then, w.next = s.key(a.Then.Key), pack(a.Then)
	}
	c, err := s.attempt(&w)
	if err != nil && !errors.Is(err, phoneauth.ErrMismatch) {
		return phoneauth.Challenge{}, err
	}
	return c.unpack(a.Key), err
}

func (s *Store) attempt(a *attempt) (challenge, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep(a.now)
	if err := s.locked(&a.Failures, a.failures, a.now); err != nil {
		return challenge{}, err
	}
	var buf tats
	takes, err := s.admit(buf[:0], a.Takes, a.takes, a.now)
	if err != nil {
		return challenge{}, err
	}
	c, live := s.live(a.key, a.ID, a.now)
	if !s.mayAttempt(a, takes, live) {
		return challenge{}, ErrFull
	}
	s.take(takes, a.now)
	switch {
	case !live:
		return challenge{}, phoneauth.ErrNotFound
	case !c.equals(a.Digests):
		return s.mismatch(a, c), phoneauth.ErrMismatch
	}
	s.match(a, c)
	return c, nil
}

// mayAttempt reports whether there is room for whatever comes of a. It is asked before
// digests are compared: a refusal that told right from wrong would be a free try. To
// an attempt on a live challenge the reserve is open.
func (s *Store) mayAttempt(a *attempt, takes []tat, live bool) bool {
	more := s.taking(takes, a.now)
	if !live {
		return s.fits(more, s.open)
	}
	more = more.plus(s.counting(&a.Failures, a.failures))
	for i := range a.earned {
		if _, ok := s.budgets.get(a.earned[i]); !ok {
			more = more.plus(usage{1, s.budgets.each()})
		}
	}
	if len(a.earned) > 0 {
		if _, ok := s.limits.get(a.bonus); !ok {
			more = more.plus(usage{1, s.limits.each()})
		}
	}
	if a.Then != nil {
		more = more.plus(s.storing(a.then, a.next))
	}
	return s.fits(more, s.hard)
}

func (s *Store) mismatch(a *attempt, c challenge) challenge {
	if c.tries--; c.tries > 0 {
		s.challenges.put(a.key, c)
	} else {
		s.challenges.drop(a.key)
	}
	s.count(&a.Failures, a.failures, a.now)
	return c
}

func (s *Store) match(a *attempt, c challenge) {
	s.challenges.drop(a.key)
	if a.Then != nil {
		s.challenges.put(a.then, a.next)
	}
	if a.Failures.Key != "" {
		s.failures.drop(a.failures)
	}
	s.giveBack(a.GiveBack, a.giveBack, a.now)
	if len(a.Earned) > 0 {
		s.credit(a.Earned, a.earned, c.sends, s.bonus(a), a.now)
	}
}

// bonus is what a is credited beyond what was charged.
func (s *Store) bonus(a *attempt) float64 {
	var buf tats
	plan, err := s.admit(buf[:0], []phoneauth.Take{a.Bonus.Take}, []key{a.bonus}, a.now)
	if err != nil {
		return 0
	}
	s.take(plan, a.now)
	return a.Bonus.Add
}
