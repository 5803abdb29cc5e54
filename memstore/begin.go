package memstore

import (
	"context"

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
