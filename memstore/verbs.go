package memstore

import (
	"context"
	"errors"
	"time"

	"github.com/phoneauth/phoneauth"
)

// BeginChallenge implements [phoneauth.ChallengeStore].
func (s *Store) BeginChallenge(_ context.Context, p phoneauth.BeginParams) (phoneauth.BeginResult, error) {
	st := s.step(p.Now.UnixMicro())
	defer st.done()
	st.lockout(&p.Lockout)
	st.takes(p.Asks, p.Takes)
	st.charges(p.Charges)
	st.pack(&p.Challenge)
	begun, err := s.begin(st, &p)
	if err != nil {
		return phoneauth.BeginResult{}, err
	}
	begun.Challenge = owned(begun.Challenge)
	return begun, nil
}

func (s *Store) begin(st *step, p *phoneauth.BeginParams) (phoneauth.BeginResult, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep(st.now)
	begun, err := p.Run(st)
	if err != nil {
		return begun, err
	}
	return begun, st.commit(s.open)
}

// AttemptChallenge implements [phoneauth.ChallengeStore].
func (s *Store) AttemptChallenge(_ context.Context, p phoneauth.AttemptParams) (phoneauth.Challenge, error) {
	st := s.step(p.Now.UnixMicro())
	defer st.done()
	st.lockout(&p.Lockout)
	st.takes(p.Takes)
	for i := range p.Candidates {
		st.challenges.name(s, p.Candidates[i].Key)
		st.match(&p.Candidates[i].OnMatch)
	}
	c, err := s.attempt(st, &p)
	if err != nil && !errors.Is(err, phoneauth.ErrMismatch) {
		return phoneauth.Challenge{}, err
	}
	return owned(c), err
}

// match names the rows of m.
func (st *step) match(m *phoneauth.OnMatch) {
	if m.Store != nil {
		st.pack(m.Store)
	}
	st.takes(m.Refunds, m.SendRefunds)
	if len(m.Credits) > 0 && m.Reward.Take.Key != "" {
		st.limits.name(st.s, m.Reward.Take.Key)
	}
	st.charges(m.Credits)
	for _, name := range m.ClearScores {
		st.scores.name(st.s, name)
	}
}

func (s *Store) attempt(st *step, p *phoneauth.AttemptParams) (phoneauth.Challenge, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep(st.now)
	c, err := p.Run(st)
	switch {
	case err == nil || errors.Is(err, phoneauth.ErrMismatch):
		if !s.fits(st.mayAdd(p, &c), s.hard) {
			return phoneauth.Challenge{}, ErrFull
		}
		st.write()
	case errors.Is(err, phoneauth.ErrNotFound):
		if full := st.commit(s.open); full != nil {
			return phoneauth.Challenge{}, full
		}
	}
	return c, err
}

// mayAdd is the most that an attempt on the live challenge c can add to the store,
// whatever comes of it. A refusal that told right from wrong would be a free try.
func (st *step) mayAdd(p *phoneauth.AttemptParams, c *phoneauth.Challenge) (more usage) {
	one := func(known bool, each int) {
		if !known {
			more = more.plus(usage{1, each})
		}
	}
	takes := func(takes []phoneauth.Take) {
		for i := range takes {
			one(st.limits.get(st.s, &st.s.limits, takes[i].Key).known, st.s.limits.each())
		}
	}
	takes(p.Takes)
	if p.Lockout.Key != "" {
		one(st.lockouts.get(st.s, &st.s.lockouts, p.Lockout.Key).known, st.s.lockouts.each())
	}
	m := onMatch(p, c)
	for i := range m.Credits {
		one(st.scores.get(st.s, &st.s.scores, m.Credits[i].Key).known, st.s.scores.each())
	}
	if len(m.Credits) > 0 && m.Reward.Take.Key != "" {
		takes([]phoneauth.Take{m.Reward.Take})
	}
	if m.Store != nil {
		next := *st.challenges.get(st.s, &st.s.challenges, m.Store.Key)
		next.set(st.repack(&next.was, m.Store))
		more = more.plus(next.adds(&st.s.challenges))
	}
	return more
}

// onMatch is that of the candidate whose challenge c is.
func onMatch(p *phoneauth.AttemptParams, c *phoneauth.Challenge) *phoneauth.OnMatch {
	for i := range p.Candidates {
		if of := &p.Candidates[i]; of.Key == c.Key && (of.ID == "" || of.ID == c.ID) {
			return &of.OnMatch
		}
	}
	return new(phoneauth.OnMatch)
}

// CancelChallenges implements [phoneauth.ChallengeStore].
func (s *Store) CancelChallenges(_ context.Context, names ...string) error {
	var buf [8]key
	keys := buf[:0]
	for _, name := range names {
		keys = append(keys, s.key(name))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range keys {
		s.challenges.drop(k)
	}
	return nil
}

// TakeLimits implements [phoneauth.ChallengeStore].
func (s *Store) TakeLimits(_ context.Context, p phoneauth.TakeParams) error {
	st := s.step(p.Now.UnixMicro())
	defer st.done()
	st.takes(p.Asks, p.Takes)
	st.charges(p.Charges)

	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep(st.now)
	if err := p.Run(st); err != nil {
		return err
	}
	return st.commit(s.open)
}

// GiveBack implements [phoneauth.ChallengeStore]. The reserve is open to it.
func (s *Store) GiveBack(_ context.Context, p phoneauth.GiveBackParams) error {
	st := s.step(p.Now.UnixMicro())
	defer st.done()
	st.takes(p.Takes)
	st.charges(p.Credits)

	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep(st.now)
	p.Run(st)
	return st.commit(s.hard)
}

// CountFailure implements [phoneauth.ChallengeStore]. A key without failures is refused
// with [ErrFull] while lockouts hold a quarter of a cap.
func (s *Store) CountFailure(_ context.Context, l phoneauth.Lockout, now time.Time) error {
	st := s.step(now.UnixMicro())
	defer st.done()
	st.lockout(&l)

	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep(st.now)
	if err := l.Run(st, now); err != nil {
		return err
	}
	if more := st.adds(); more.records > 0 && !s.lockouts.used().plus(more).within(s.open.share()) {
		return ErrFull
	}
	return st.commit(s.open)
}

// ClearFailures implements [phoneauth.ChallengeStore].
func (s *Store) ClearFailures(_ context.Context, name string) error {
	k := s.key(name)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lockouts.drop(k)
	return nil
}

// ReadState implements [phoneauth.ChallengeStore].
func (s *Store) ReadState(_ context.Context, p phoneauth.StateParams) (phoneauth.State, error) {
	st := s.step(p.Now.UnixMicro())
	defer st.done()
	state := s.read(st, &p)
	for i := range state.Challenges {
		state.Challenges[i] = owned(state.Challenges[i])
	}
	return state, nil
}

func (s *Store) read(st *step, p *phoneauth.StateParams) phoneauth.State {
	s.mu.Lock()
	defer s.mu.Unlock()
	return p.Run(st)
}
