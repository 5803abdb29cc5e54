package memstore

import (
	"context"

	"github.com/phoneauth/phoneauth"
)

// OpenSession implements [phoneauth.Opener]. All of it is one step.
func (s *Store) OpenSession(_ context.Context, o phoneauth.Opening) (phoneauth.Opened, error) {
	// The store keeps n, so n must not be a part of o.
	n := phoneauth.NewSession{Session: kept(o.Session.Session), Most: o.Session.Most, Now: utc(o.Session.Now)}
	phone, k := s.key(o.SignIn.Phone.E164()), s.key(n.Session.ID)
	var v phoneauth.Opened
	taken, err := s.attemptAnd(&o.Attempt, func() { v = s.opened(phone, k, o.SignIn, &n) })
	v.Challenge = taken
	return v, err
}

// AttemptSession implements [phoneauth.SessionAttempter]. All of it is one step.
func (s *Store) AttemptSession(_ context.Context, p phoneauth.AttemptParams, n phoneauth.NewSession) (phoneauth.Opened, error) {
	n.Session, n.Now = kept(n.Session), utc(n.Now)
	k, user := s.key(n.Session.ID), s.key(n.Session.UserID)
	var v phoneauth.Opened
	taken, err := s.attemptAnd(&p, func() {
		if n.Session.UserID == "" {
			return
		}
		evicted, err := s.createSession(k, user, &n)
		v.Stored = err == nil
		if evicted != nil {
			v.Evicted = evicted.ID
		}
	})
	v.Challenge = taken
	return v, err
}

// opened signs in the user of phone, and creates the session n at k. If one of the two is refused, or has no
// room, it does neither.
func (s *Store) opened(phone, k key, in phoneauth.SignIn, n *phoneauth.NewSession) phoneauth.Opened {
	found, _ := s.byPhone(phone)
	left := phoneauth.Opened{SignedIn: phoneauth.SignedIn{User: found}}
	signed, err := s.signIn(phone, in, found)
	if err != nil {
		return left
	}
	n.Session.UserID, n.Session.Epoch = signed.User.ID, signed.User.Epoch
	evicted, err := s.createSession(k, s.key(signed.User.ID), n)
	switch {
	case err == nil:
	case signed.Created:
		s.deleteUser(s.key(signed.User.ID))
		return left
	case signed.First:
		was := found
		s.users.put(s.key(was.ID), user{&was})
		return left
	default:
		return left
	}
	v := phoneauth.Opened{SignedIn: signed, Stored: true}
	if evicted != nil {
		v.Evicted = evicted.ID
	}
	return v
}
