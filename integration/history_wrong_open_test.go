package integration_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/sqlstore"
)

// openedInSteps uses up the code first, and then signs in and stores the session. It is cut off between
// the two in some of its calls.
type openedInSteps struct {
	*sqlstore.Store
	cut func() bool
}

var errCutOff = errors.New("cut off")

func (s openedInSteps) OpenSession(ctx context.Context, o phoneauth.Opening) (v phoneauth.Opened, err error) {
	if v.Challenge, err = s.AttemptChallenge(ctx, o.Attempt); err != nil {
		return v, err
	}
	if s.cut() {
		return phoneauth.Opened{}, errCutOff
	}
	v.User, _ = s.UserByPhone(ctx, o.SignIn.Phone)
	in, err := s.SignInUser(ctx, o.SignIn)
	if err != nil {
		return v, nil
	}
	n := o.Session
	n.Session.UserID, n.Session.Epoch = in.User.ID, in.User.Epoch
	evicted, err := s.CreateSession(ctx, n)
	v.SignedIn, v.Stored, v.Evicted = in, err == nil, evicted.ID
	return v, err
}

func TestSQLHistoriesCatchWrongOpenings(t *testing.T) {
	for name, cut := range map[string]func() bool{
		"what is cut off has used up the code": func() bool { return rand.IntN(20) == 0 },
		"the code is used before the session":  func() bool { return false },
	} {
		t.Run(name, func(t *testing.T) {
			d := postgresDatabase(t)
			caught(t, openedInSteps{d.store(t, d.open(t)), cut}, (&openings{together: always}).game)
		})
	}
	t.Run("a user is opened for who is at no such epoch", func(t *testing.T) {
		d := postgresDatabase(t)
		caught(t, anyEpochOpened{d.store(t, d.open(t))}, (&openings{together: always}).game)
	})
}

type anyEpochOpened struct{ *sqlstore.Store }

func (s anyEpochOpened) OpenSession(ctx context.Context, o phoneauth.Opening) (phoneauth.Opened, error) {
	o.SignIn.Epoch = phoneauth.AnyEpoch
	return s.Store.OpenSession(ctx, o)
}
