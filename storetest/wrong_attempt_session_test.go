package storetest

import (
	"context"
	"errors"

	"github.com/phoneauth/phoneauth"
)

// AttemptSession implements [phoneauth.SessionAttempter].
func (s *byHand) AttemptSession(ctx context.Context, p phoneauth.AttemptParams, n phoneauth.NewSession) (phoneauth.Opened, error) {
	return s.openingVerbs().both(ctx, p, n)
}

func (v openingVerbs) both(ctx context.Context, p phoneauth.AttemptParams, n phoneauth.NewSession) (opened phoneauth.Opened, err error) {
	if opened.Challenge, err = v.attempt(ctx, p); err != nil || n.Session.UserID == "" {
		return opened, err
	}
	evicted, err := v.create(ctx, n)
	opened.Stored, opened.Evicted = err == nil, evicted.ID
	return opened, nil
}

// AttemptSession implements [phoneauth.SessionAttempter].
func (w *broken) AttemptSession(ctx context.Context, p phoneauth.AttemptParams, n phoneauth.NewSession) (phoneauth.Opened, error) {
	if w.both != nil {
		return w.both(p, n)
	}
	return w.byHand.AttemptSession(ctx, p, n)
}

// bothWith is a store whose AttemptSession is made of other verbs.
func bothWith(change func(s *byHand, v *openingVerbs)) func(*broken, *byHand) {
	return func(w *broken, s *byHand) {
		v := s.openingVerbs()
		change(s, &v)
		w.both = func(p phoneauth.AttemptParams, n phoneauth.NewSession) (phoneauth.Opened, error) {
			return v.both(ctx, p, n)
		}
	}
}

var wrongAttemptSessions = []wrongStore{
	{"AttemptSession for a wrong code", "AttemptSession does AttemptChallenge", bothWith(func(s *byHand, v *openingVerbs) {
		v.attempt = func(ctx context.Context, p phoneauth.AttemptParams) (phoneauth.Challenge, error) {
			c, err := s.AttemptChallenge(ctx, p)
			if errors.Is(err, phoneauth.ErrMismatch) {
				err = nil
			}
			return c, err
		}
	})},
	{"AttemptSession gives nothing back", "AttemptSession gives back what a match gives back", bothWith(func(s *byHand, v *openingVerbs) {
		v.attempt = func(ctx context.Context, p phoneauth.AttemptParams) (phoneauth.Challenge, error) {
			p.Candidates[0].OnMatch.Refunds = nil
			return s.AttemptChallenge(ctx, p)
		}
	})},
	{"AttemptSession asks the limits first", "AttemptSession where the lockout and a limit refuse", bothWith(func(s *byHand, v *openingVerbs) {
		v.attempt = func(ctx context.Context, p phoneauth.AttemptParams) (phoneauth.Challenge, error) {
			if err := s.TakeLimits(ctx, phoneauth.TakeParams{Asks: p.Takes, Now: p.Now}); err != nil {
				return phoneauth.Challenge{}, err
			}
			return s.AttemptChallenge(ctx, p)
		}
	})},
	{"AttemptSession stores the session of nobody", "AttemptSession for nobody", func(w *broken, s *byHand) {
		w.both = func(p phoneauth.AttemptParams, n phoneauth.NewSession) (v phoneauth.Opened, err error) {
			if v.Challenge, err = s.AttemptChallenge(ctx, p); err == nil {
				_, err = s.CreateSession(ctx, n)
				v.Stored = err == nil
			}
			return v, err
		}
	}},
	{"AttemptSession does not tell which session ended", "AttemptSession in place of another session", bothWith(func(s *byHand, v *openingVerbs) {
		v.create = func(ctx context.Context, n phoneauth.NewSession) (phoneauth.SessionRecord, error) {
			_, err := s.CreateSession(ctx, n)
			return phoneauth.SessionRecord{}, err
		}
	})},
	{"AttemptSession counts sessions at the time of the attempt", "AttemptSession where a session ends before the new one begins", func(w *broken, s *byHand) {
		w.both = func(p phoneauth.AttemptParams, n phoneauth.NewSession) (phoneauth.Opened, error) {
			n.Now = p.Now
			return s.AttemptSession(ctx, p, n)
		}
	}},
	{"AttemptSession stores what is refused", "AttemptSession where CreateSession refuses", bothWith(func(s *byHand, v *openingVerbs) {
		v.create = func(ctx context.Context, n phoneauth.NewSession) (phoneauth.SessionRecord, error) {
			n.Most = 0
			return s.CreateSession(ctx, n)
		}
	})},
	{"AttemptSession reads the code and removes it later", "race: one code stores one session", bothWith(func(s *byHand, v *openingVerbs) {
		v.attempt = s.readAndRemoveLater
	})},
	{"AttemptSession counts sessions and adds one later", "race: AttemptSession of a user with too many sessions", bothWith(func(s *byHand, v *openingVerbs) {
		v.create = s.countAndAddLater
	})},
}
