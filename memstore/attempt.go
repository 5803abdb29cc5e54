package memstore

import (
	"context"
	"errors"

	"github.com/phoneauth/phoneauth"
)

// AttemptChallenge implements [phoneauth.ChallengeStore].
func (s *Store) AttemptChallenge(_ context.Context, p phoneauth.AttemptParams) (phoneauth.Challenge, error) {
	return s.attemptAnd(&p, nil)
}

// attemptAnd is AttemptChallenge that calls matched after a match, in the same step, unless it is nil.
func (s *Store) attemptAnd(p *phoneauth.AttemptParams, matched func()) (phoneauth.Challenge, error) {
	st := s.step(p.Now.UnixMicro())
	defer st.done()
	st.lockout(&p.Lockout)
	st.takes(p.Takes)
	for i := range p.Candidates {
		st.challenges.name(s, p.Candidates[i].Key)
		st.match(&p.Candidates[i].OnMatch)
	}
	c, err := s.attempt(st, p, matched)
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

func (s *Store) attempt(st *step, p *phoneauth.AttemptParams, matched func()) (phoneauth.Challenge, error) {
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
		if err == nil && matched != nil {
			matched()
		}
	case errors.Is(err, phoneauth.ErrNotFound):
		if full := st.commit(s.open); full != nil {
			return phoneauth.Challenge{}, full
		}
	}
	return c, err
}

// mayAdd returns the most that an attempt on the live challenge c can add to the store,
// for every outcome. If a full store refused only right or only wrong codes, the refusal would
// tell which it was, without counting a try.
func (st *step) mayAdd(p *phoneauth.AttemptParams, c *phoneauth.Challenge) (more usage) {
	for i := range p.Takes {
		more = more.plus(st.limits.missing(st.s, &st.s.limits, p.Takes[i].Key))
	}
	if p.Lockout.Key != "" {
		more = more.plus(st.lockouts.missing(st.s, &st.s.lockouts, p.Lockout.Key))
	}
	m := onMatch(p, c)
	for i := range m.Credits {
		more = more.plus(st.scores.missing(st.s, &st.s.scores, m.Credits[i].Key))
	}
	if len(m.Credits) > 0 && m.Reward.Take.Key != "" {
		more = more.plus(st.limits.missing(st.s, &st.s.limits, m.Reward.Take.Key))
	}
	if m.Store != nil {
		next := *st.challenges.get(st.s, &st.s.challenges, m.Store.Key)
		next.set(st.repack(&next, m.Store))
		more = more.plus(next.adds(&st.s.challenges))
	}
	return more
}

// onMatch returns that of the candidate whose challenge c is.
func onMatch(p *phoneauth.AttemptParams, c *phoneauth.Challenge) *phoneauth.OnMatch {
	for i := range p.Candidates {
		if of := &p.Candidates[i]; of.Key == c.Key && (of.ID == "" || of.ID == c.ID) {
			return &of.OnMatch
		}
	}
	return new(phoneauth.OnMatch)
}
