package sqlstore

import (
	"context"
	"errors"
	"math"
	"slices"

	"github.com/phoneauth/phoneauth"
)

// OpenSession implements [phoneauth.Opener]. On PostgreSQL it is one statement, and on SQLite one
// transaction. So it is in MySQL, and on PostgreSQL without functions, unless rows take part that others wait
// for, such as the score of a country: they would wait for all its round trips. Then it is the limits and the
// account, and then the attempt.
func (s *Store) OpenSession(ctx context.Context, o phoneauth.Opening) (phoneauth.Opened, error) {
	_, known := userID(o.SignIn.UserID)
	if !s.has(Users) || !s.has(Challenges) || !s.has(Sessions) ||
		s.functions.open == "" && !s.alone && !onlyPrivate(&o.Attempt) ||
		o.SignIn.PasswordHash != "" || !known && o.SignIn.UserID != "" {
		return s.attemptOnly(ctx, &o)
	}
	return either(s.functions.open,
		func() (phoneauth.Opened, error) { return s.callOpen(ctx, &o) },
		func() (phoneauth.Opened, error) { return s.open(ctx, &o) })
}

// onlyPrivate reports whether the rows of p are those of its phone alone.
func onlyPrivate(p *phoneauth.AttemptParams) bool {
	return len(p.Takes) == 0 && !slices.ContainsFunc(p.Candidates, func(c phoneauth.Candidate) bool { return hasGifts(&c.OnMatch) })
}

// hasGifts reports whether a match changes limits or scores.
func hasGifts(m *phoneauth.OnMatch) bool {
	return len(m.Refunds)+len(m.SendRefunds)+len(m.Credits)+len(m.ClearScores) > 0
}

// attemptOnly is OpenSession that leaves the session to the caller. If the limits refuse, the attempt
// says which: it asks the lockout first.
func (s *Store) attemptOnly(ctx context.Context, o *phoneauth.Opening) (phoneauth.Opened, error) {
	found, err := s.AdmitUser(ctx, phoneauth.TakeParams{Asks: o.Attempt.Takes, Now: o.Attempt.Now}, o.SignIn.Phone)
	if _, refused := errors.AsType[*phoneauth.LimitError](err); refused { // there may be room again
		found, err = s.UserByPhone(ctx, o.SignIn.Phone)
	}
	if err != nil && !phoneauth.IsAnswer(err) {
		return phoneauth.Opened{}, err
	}
	taken, err := s.AttemptChallenge(ctx, o.Attempt)
	if err != nil {
		return phoneauth.Opened{Challenge: taken}, err
	}
	return phoneauth.Opened{Challenge: taken, SignedIn: phoneauth.SignedIn{User: found}}, nil
}

// open is OpenSession in a transaction.
func (s *Store) open(ctx context.Context, o *phoneauth.Opening) (phoneauth.Opened, error) {
	return s.openAfter(ctx, "open session", &o.Attempt, func(q querier) (phoneauth.Opened, error) { return s.opened(ctx, q, o) })
}

// openAfter is an attempt with what follows its match, in one transaction.
func (s *Store) openAfter(ctx context.Context, step string, p *phoneauth.AttemptParams, match func(querier) (phoneauth.Opened, error)) (v phoneauth.Opened, err error) {
	taken, err := s.attemptAnd(ctx, step, p, func(q querier) (err error) {
		v, err = match(q)
		return err
	})
	if err != nil {
		return phoneauth.Opened{Challenge: taken}, err
	}
	v.Challenge = taken
	return v, nil
}

// AttemptSession implements [phoneauth.SessionAttempter]. On SQLite it is one transaction. Elsewhere the session is left
// to CreateSession.
func (s *Store) AttemptSession(ctx context.Context, p phoneauth.AttemptParams, n phoneauth.NewSession) (v phoneauth.Opened, err error) {
	if !s.alone || !s.has(Sessions) {
		v.Challenge, err = s.AttemptChallenge(ctx, p)
		return v, err
	}
	return s.openAfter(ctx, "attempt session", &p, func(q querier) (v phoneauth.Opened, err error) {
		if n.Session.UserID != "" {
			v.Stored, v.Evicted, err = s.created(ctx, q, n)
		}
		return v, err
	})
}

// created creates the session n, if that is not refused.
func (s *Store) created(ctx context.Context, q querier, n phoneauth.NewSession) (stored bool, evicted string, err error) {
	n.Most = most(&n)
	values, err := newSessionValues(&n.Session)
	if err != nil {
		return false, "", err
	}
	ended, err := s.createCounted(ctx, q, n, values)
	if _, refused := errors.AsType[*phoneauth.LimitError](err); refused {
		return false, "", nil
	}
	return err == nil, ended.ID, err
}

// opened signs in and creates the session, if neither is refused.
func (s *Store) opened(ctx context.Context, q querier, o *phoneauth.Opening) (v phoneauth.Opened, err error) {
	v.User, err = s.userByPhone(o.SignIn.Phone).user(ctx, q)
	if err != nil && !errors.Is(err, phoneauth.ErrNotFound) {
		return v, err
	}
	if o.SignIn.Refusal(v.User) != nil {
		return v, nil
	}
	next := o.SignIn.Apply(v.User)
	if next.Created {
		if next.User, err = s.signInFirst(ctx, q, &v.User, next); err != nil {
			return v, changed(err)
		}
	}
	n := o.Session
	n.Session.UserID, n.Session.Epoch = next.User.ID, next.User.Epoch
	stored, evicted, err := s.created(ctx, q, n)
	if err != nil || !stored {
		return v, err
	}
	if next.First && !next.Created {
		if next.User, err = s.signInFirst(ctx, q, &v.User, next); err != nil {
			return v, changed(err)
		}
	}
	return phoneauth.Opened{SignedIn: next, Stored: true, Evicted: evicted}, nil
}

// changed returns errRaced for ErrNotFound: somebody has changed the user meanwhile.
func changed(err error) error {
	if errors.Is(err, phoneauth.ErrNotFound) {
		return errRaced
	}
	return err
}

// most returns how many sessions there may be, as the functions take it.
func most(n *phoneauth.NewSession) int {
	if n.Most <= 0 {
		return math.MaxInt32
	}
	return min(n.Most, math.MaxInt32)
}
