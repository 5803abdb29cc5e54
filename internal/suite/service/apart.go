package service

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
)

// What a Service does whose users are in another database than its limits.

// apart makes a Store of two parts of the store of c. lookUp is called for each read of an account
// by its phone, and ask for each time that limits are asked.
func apart(lookUp, ask func(context.Context) error) func(*phoneauth.Config) {
	only := func(wanted string, do func(context.Context) error) phoneauth.Around {
		return func(ctx context.Context, verb string, call func(context.Context) error) error {
			if verb == wanted {
				if err := do(ctx); err != nil {
					return err
				}
			}
			return call(ctx)
		}
	}
	return func(c *phoneauth.Config) {
		c.Store = phoneauth.Stores{
			ChallengeStore: phoneauth.WrapStore(c.Store, only("TakeLimits", ask)),
			UserStore:      phoneauth.WrapStore(c.Store, only("UserByPhone", lookUp)),
			SessionStore:   c.Store,
		}
	}
}

// each returns two functions of which each ends when the other was called.
func each() (one, other func(context.Context) error) {
	meet := make(chan struct{})
	one = func(ctx context.Context) error {
		select {
		case meet <- struct{}{}:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	other = func(ctx context.Context) error {
		select {
		case <-meet:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return one, other
}

func testDatabasesAreAskedAtOnce(t *testing.T, o suite.Options) {
	s := o.Service(t, apart(each()))
	_, code := s.SendCode(suite.Owner)
	session, err := s.Login(t.Context(), phoneauth.LoginRequest{Phone: suite.Owner, Code: code, Client: suite.FreshClient()})
	require.NoError(t, err)
	assert.True(t, session.New)
}

func testLimitsAnswerBeforeTheAccount(t *testing.T, o suite.Options) {
	refused := &phoneauth.LimitError{Limit: phoneauth.LimitAddressFailures, RetryAfter: 1}
	for name, lookUp := range map[string]func(context.Context) error{
		"the account is found": func(context.Context) error { return nil },
		"the account waits": func(ctx context.Context) error {
			<-ctx.Done()
			assert.ErrorIs(t, ctx.Err(), context.Canceled, "nobody waits for it")
			return ctx.Err()
		},
		"the database is not there": func(context.Context) error { return errors.New("down") },
	} {
		t.Run(name, func(t *testing.T) {
			s := o.Service(t, apart(lookUp, func(context.Context) error { return refused }))
			_, code := s.SendCode(suite.Owner)
			_, err := s.Login(t.Context(), phoneauth.LoginRequest{Phone: suite.Owner, Code: code, Client: suite.FreshClient()})
			var limited *phoneauth.LimitError
			require.ErrorAs(t, err, &limited)
			assert.Equal(t, phoneauth.LimitAddressFailures, limited.Limit)
		})
	}
}

// A panic of a store costs no place for what is sent after an answer.
func testPanicKeepsNoPlace(t *testing.T, o suite.Options) {
	bug := true
	s := suite.On(t, &suite.Spied{Store: o.Store(t), Before: func(_ context.Context, verb string, _ ...any) error {
		if verb == "BeginChallenge" && bug {
			panic("a bug")
		}
		return nil
	}}, suite.LimitsOff)
	reset := phoneauth.RegisterRequest{Phone: suite.Owner, Purpose: phoneauth.PurposePasswordReset}
	for range 300 { // more than there are places
		require.PanicsWithValue(t, "a bug", func() { _, _ = s.Register(t.Context(), reset) })
	}
	bug = false
	_, err := s.Register(t.Context(), reset)
	assert.NoError(t, err)
}

// A panic of a store is one of the goroutine that serves the request, which recovers.
func testPanicOfALookUp(t *testing.T, o suite.Options) {
	s := o.Service(t, apart(func(context.Context) error { panic("a bug") }, func(context.Context) error { return nil }))
	_, code := s.SendCode(suite.Owner)
	assert.PanicsWithValue(t, "a bug", func() {
		_, _ = s.Login(t.Context(), phoneauth.LoginRequest{Phone: suite.Owner, Code: code, Client: suite.FreshClient()})
	})
}
