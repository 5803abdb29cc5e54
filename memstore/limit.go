package memstore

import (
	"context"
	"time"

	"github.com/phoneauth/phoneauth"
)

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
	if !s.shares(s.lockouts.used(), st.adds()) {
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
