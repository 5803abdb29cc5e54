package storetest

import (
	"context"
	"errors"

	"github.com/phoneauth/phoneauth"
)

// openingVerbs are the verbs that an OpenSession is made of.
type openingVerbs struct {
	attempt func(context.Context, phoneauth.AttemptParams) (phoneauth.Challenge, error)
	signIn  func(context.Context, phoneauth.SignIn) (phoneauth.SignedIn, error)
	create  func(context.Context, phoneauth.NewSession) (phoneauth.SessionRecord, error)
	byPhone func(context.Context, phoneauth.Phone) (phoneauth.User, error)
}

func (s *byHand) openingVerbs() openingVerbs {
	return openingVerbs{s.AttemptChallenge, s.SignInUser, s.CreateSession, s.UserByPhone}
}

// OpenSession implements [phoneauth.Opener].
func (s *byHand) OpenSession(ctx context.Context, o phoneauth.Opening) (phoneauth.Opened, error) {
	return s.openingVerbs().open(ctx, o)
}

func (v openingVerbs) open(ctx context.Context, o phoneauth.Opening) (phoneauth.Opened, error) {
	found, _ := v.byPhone(ctx, o.SignIn.Phone)
	c, err := v.attempt(ctx, o.Attempt)
	if err != nil {
		return phoneauth.Opened{Challenge: c}, err
	}
	left := phoneauth.Opened{Challenge: c, SignedIn: phoneauth.SignedIn{User: found}}
	if o.SignIn.UserID == "" {
		o.SignIn.UserID = found.ID
	}
	if o.SignIn.Epoch == phoneauth.AnyEpoch {
		o.SignIn.Epoch = found.Epoch
	}
	signed, err := v.signIn(ctx, o.SignIn)
	if err != nil {
		return left, nil
	}
	n := o.Session
	n.Session.UserID, n.Session.Epoch = signed.User.ID, signed.User.Epoch
	evicted, err := v.create(ctx, n)
	if err != nil {
		return left, nil
	}
	return phoneauth.Opened{Challenge: c, SignedIn: signed, Stored: true, Evicted: evicted.ID}, nil
}

// OpenSession implements [phoneauth.Opener].
func (w *broken) OpenSession(ctx context.Context, o phoneauth.Opening) (phoneauth.Opened, error) {
	if w.open != nil {
		return w.open(o)
	}
	return w.byHand.OpenSession(ctx, o)
}

// openingWith is a store whose OpenSession is made of other verbs.
func openingWith(change func(s *byHand, v *openingVerbs)) func(*broken, *byHand) {
	return func(w *broken, s *byHand) {
		v := s.openingVerbs()
		change(s, &v)
		w.open = func(o phoneauth.Opening) (phoneauth.Opened, error) { return v.open(ctx, o) }
	}
}

var wrongOpenings = []wrongStore{
	{"Open for a wrong code", "Open does AttemptChallenge", openingWith(func(s *byHand, v *openingVerbs) {
		v.attempt = func(ctx context.Context, p phoneauth.AttemptParams) (phoneauth.Challenge, error) {
			c, err := s.AttemptChallenge(ctx, p)
			if errors.Is(err, phoneauth.ErrMismatch) {
				err = nil
			}
			return c, err
		}
	})},
	{"Open keeps the user of the session", "Open signs in", openingWith(func(s *byHand, v *openingVerbs) {
		v.create = func(ctx context.Context, n phoneauth.NewSession) (phoneauth.SessionRecord, error) {
			n.Session.UserID = "nobody"
			return s.CreateSession(ctx, n)
		}
	})},
	{"Open keeps the epoch of the session", "Open signs in", openingWith(func(s *byHand, v *openingVerbs) {
		v.create = func(ctx context.Context, n phoneauth.NewSession) (phoneauth.SessionRecord, error) {
			n.Session.Epoch = 77
			return s.CreateSession(ctx, n)
		}
	})},
	{"Open gives nothing back", "Open gives back what a match gives back", openingWith(func(s *byHand, v *openingVerbs) {
		v.attempt = func(ctx context.Context, p phoneauth.AttemptParams) (phoneauth.Challenge, error) {
			p.Candidates[0].OnMatch.Refunds = nil
			return s.AttemptChallenge(ctx, p)
		}
	})},
	{"Open asks the limits first", "Open where the lockout and a limit refuse", openingWith(func(s *byHand, v *openingVerbs) {
		v.attempt = func(ctx context.Context, p phoneauth.AttemptParams) (phoneauth.Challenge, error) {
			if err := s.TakeLimits(ctx, phoneauth.TakeParams{Asks: p.Takes, Now: p.Now}); err != nil {
				return phoneauth.Challenge{}, err
			}
			return s.AttemptChallenge(ctx, p)
		}
	})},
	{"Open for a blocked user", "Open where SignInUser refuses", openingWith(func(s *byHand, v *openingVerbs) {
		v.signIn = func(ctx context.Context, in phoneauth.SignIn) (phoneauth.SignedIn, error) {
			signed, err := s.SignInUser(ctx, in)
			if errors.Is(err, phoneauth.ErrBlocked) {
				err = nil
			}
			return signed, err
		}
	})},
	{"Open at any epoch", "Open where SignInUser refuses", openingWith(func(s *byHand, v *openingVerbs) {
		v.signIn = func(ctx context.Context, in phoneauth.SignIn) (phoneauth.SignedIn, error) {
			in.Epoch = phoneauth.AnyEpoch
			return s.SignInUser(ctx, in)
		}
	})},
	{"Open does not tell which session ended", "Open in place of another session", openingWith(func(s *byHand, v *openingVerbs) {
		v.create = func(ctx context.Context, n phoneauth.NewSession) (phoneauth.SessionRecord, error) {
			_, err := s.CreateSession(ctx, n)
			return phoneauth.SessionRecord{}, err
		}
	})},
	{"Open reads the code and removes it later", "race: one code opens one session", openingWith(func(s *byHand, v *openingVerbs) {
		v.attempt = s.readAndRemoveLater
	})},
	{"Open looks for the user and inserts it later", "race: two codes create one user", openingWith(func(s *byHand, v *openingVerbs) {
		v.signIn = func(ctx context.Context, in phoneauth.SignIn) (phoneauth.SignedIn, error) {
			found, _ := s.UserByPhone(ctx, in.Phone)
			pause()
			signed, err := in.Run(found)
			if signed.Created {
				s.accounts.mu.Lock()
				defer s.accounts.mu.Unlock()
				signed.User = s.insert(signed.User)
			}
			return signed, err
		}
	})},
	{"Open reads the user after the attempt", "race: a code beside a change of the user", openingWith(func(s *byHand, v *openingVerbs) {
		v.signIn = func(ctx context.Context, in phoneauth.SignIn) (phoneauth.SignedIn, error) {
			for range 100 {
				if now, _ := s.UserByPhone(ctx, in.Phone); now.Epoch != in.Epoch {
					break
				}
				pause()
			}
			in.Epoch = phoneauth.AnyEpoch
			return s.SignInUser(ctx, in)
		}
	})},
	{"Open counts sessions and adds one later", "race: codes of a user with too many sessions", openingWith(func(s *byHand, v *openingVerbs) {
		v.create = s.countAndAddLater
	})},
}

// readAndRemoveLater is an AttemptChallenge that is two steps.
func (s *byHand) readAndRemoveLater(ctx context.Context, p phoneauth.AttemptParams) (phoneauth.Challenge, error) {
	key := p.Candidates[0].Key
	state, _ := s.ReadState(ctx, phoneauth.StateParams{Challenges: []string{key}, Now: p.Now})
	if state.Challenges[0].ID == "" {
		return phoneauth.Challenge{}, phoneauth.ErrNotFound
	}
	pause()
	return state.Challenges[0], s.CancelChallenges(ctx, key)
}

// countAndAddLater is a CreateSession that is two steps.
func (s *byHand) countAndAddLater(ctx context.Context, n phoneauth.NewSession) (phoneauth.SessionRecord, error) {
	live, _ := s.UserSessions(ctx, n.Session.UserID, n.Now)
	oldest, err := n.Evict(live)
	if err != nil {
		return phoneauth.SessionRecord{}, err
	}
	pause()
	n.Most = 0
	if oldest != nil {
		_ = s.EndSession(ctx, oldest.UserID, oldest.ID)
	}
	return s.CreateSession(ctx, n)
}
