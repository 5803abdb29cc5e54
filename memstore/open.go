package memstore

import (
	"context"

	"github.com/phoneauth/phoneauth"
)

// OpenSession implements [phoneauth.Opener]. What follows the match is one step.
func (s *Store) OpenSession(ctx context.Context, o phoneauth.Opening) (phoneauth.Opened, error) {
	found, _ := s.UserByPhone(ctx, o.SignIn.Phone) // the zero User if there is none
	taken, err := s.AttemptChallenge(ctx, o.Attempt)
	if err != nil {
		return phoneauth.Opened{Challenge: taken}, err
	}
	v, err := s.opened(found, &o)
	if err != nil {
		return phoneauth.Opened{}, err
	}
	v.Challenge = taken
	return v, nil
}

// opened signs in the user who was found, or nobody, and creates the session, if neither is refused.
func (s *Store) opened(found phoneauth.User, o *phoneauth.Opening) (v phoneauth.Opened, err error) {
	v.User = found
	in, n := o.SignIn, &o.Session
	if in.Refusal(found) != nil {
		return v, nil
	}
	in.UserID, in.Epoch = found.ID, found.Epoch
	n.Session, n.Now = kept(n.Session), utc(n.Now)
	phone, k := s.key(in.Phone.E164()), s.key(n.Session.ID)

	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep(n.Now.UnixMicro())
	now, _ := s.byPhone(phone)
	if in.Refusal(now) != nil {
		return v, nil
	}
	if _, err := s.evict(s.key(now.ID), n); err != nil {
		return v, nil
	}
	if v.SignedIn, err = s.signIn(phone, in, now); err != nil {
		return v, err
	}
	n.Session.UserID, n.Session.Epoch = v.User.ID, v.User.Epoch
	evicted, err := s.createSession(k, s.key(v.User.ID), n)
	if evicted != nil {
		v.Evicted = evicted.ID
	}
	v.Stored = err == nil
	return v, err
}
