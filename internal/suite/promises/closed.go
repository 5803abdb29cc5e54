package promises

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
	"github.com/phoneauth/phoneauth/phonetest"
)

// fault is a way for a store to fail.
type fault struct {
	name string
	// outage: everything after the first failure fails too.
	outage bool
	fail   func(context.Context) error
}

var errDriver = errors.New("dial tcp 10.1.2.3:5432: password authentication failed for user root")

var faults = []fault{
	{"error", false, func(context.Context) error { return errDriver }},
	{"hang", false, func(ctx context.Context) error { <-ctx.Done(); return fmt.Errorf("driver: %w", ctx.Err()) }},
	{"outage, errors", true, func(context.Context) error { return errDriver }},
	{"outage, hangs", true, func(ctx context.Context) error { <-ctx.Done(); return errDriver }},
}

// failAt counts calls once armed, and fails the one it is told to.
type failAt struct {
	mu    sync.Mutex
	armed bool
	at    int
	fault fault
	calls []string // "verb" or "verb 2"
	hit   string
}

func (f *failAt) before(ctx context.Context, verb string, _ ...any) error {
	f.mu.Lock()
	if !f.armed {
		f.mu.Unlock()
		return nil
	}
	name, n := verb, 1
	for _, call := range f.calls {
		if call == verb || call == fmt.Sprint(verb, " ", n) {
			n++
		}
	}
	if n > 1 {
		name = fmt.Sprint(verb, " ", n)
	}
	f.calls = append(f.calls, name)
	fails := len(f.calls)-1 == f.at || f.fault.outage && len(f.calls)-1 > f.at
	if len(f.calls)-1 == f.at {
		f.hit = name
	}
	f.mu.Unlock()
	if fails {
		return f.fault.fail(ctx)
	}
	return nil
}

// testPromiseFailClosed: whichever call of the store fails, in whatever way, the method
// says ErrUnavailable within 2 s, tells nothing of the cause, sends nothing, and lets
// nobody in.
func testPromiseFailClosed(t *testing.T, o suite.Options) {
	suite.CheapHashes(t)
	for _, m := range methods {
		for _, fault := range faults {
			t.Run(m.name+"/"+fault.name, func(t *testing.T) {
				for at := 0; ; at++ {
					more := false
					synctest.Test(t, func(t *testing.T) {
						more = failsClosed(t, o.Store(t), m.do, m.kind, &failAt{at: at, fault: fault})
					})
					if !more {
						require.Positive(t, at, "it never asks the store")
						return
					}
				}
			})
		}
	}
}

func failsClosed(t *testing.T, store phoneauth.Store, method func(testing.TB, *suite.Service) func(context.Context) (any, error), kind []string, f *failAt) (more bool) {
	svc := suite.InBubble(t, &suite.Spied{Store: store, Before: f.before})
	do := method(t, svc)
	synctest.Wait()
	sends, start := codes(svc), time.Now()
	f.mu.Lock()
	f.armed = true
	f.mu.Unlock()
	result, err := do(t.Context())
	took := time.Since(start)
	require.NoError(t, svc.Close(context.Background())) // what comes after the answer
	if f.hit == "" {
		require.NoError(t, err, "nothing failed")
		return false
	}
	assert.LessOrEqual(t, took, 2*time.Second, "%s fails: too late", f.hit)
	if slices.Contains(kind, f.hit) && err == nil {
		return true
	}
	if !assert.ErrorIs(t, err, phoneauth.ErrUnavailable, "%s fails", f.hit) {
		return true
	}
	assert.NotContains(t, err.Error(), "driver", f.hit)
	assert.NotContains(t, err.Error(), "dial tcp", f.hit)
	assert.NotContains(t, err.Error(), "deadline", f.hit)
	assert.True(t, result == nil || reflect.ValueOf(result).IsNil(), "%s fails, and there is a result", f.hit)
	// A notice may have gone: of a change that was made before the store failed.
	assert.Equal(t, sends, codes(svc), "%s fails, and a code was sent", f.hit)
	return true
}

// codes that arrived.
func codes(svc *suite.Service) (n int) {
	for _, m := range svc.Inbox.Messages() {
		if m.Code != "" {
			n++
		}
	}
	return n
}

// testPromiseSenderFails: whatever the sender does, nobody hears that a code was sent
// when that is not certain, and the cause is there for who asks.
func testPromiseSenderFails(t *testing.T, o suite.Options) {
	for _, c := range []struct {
		failure error
		class   phoneauth.SendClass
		takes   time.Duration
	}{
		{phonetest.Permanent, phoneauth.Permanent, 0},
		{phonetest.Temporary, phoneauth.Temporary, 0},
		{phonetest.Ambiguous, phoneauth.Ambiguous, 0},
		{phonetest.AmbiguousArrived, phoneauth.Ambiguous, 0},
		{phonetest.Hang, phoneauth.Ambiguous, 10 * time.Second},
		{errDriver, phoneauth.Ambiguous, 0},
	} {
		t.Run(c.failure.Error(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				svc := suite.InBubble(t, o.Store(t))
				phone := suite.FreshPhone()
				svc.Inbox.FailNext(c.failure)
				start := time.Now()
				p, err := svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone, Client: suite.FreshClient()})
				assert.Equal(t, c.takes, time.Since(start))
				assert.Nil(t, p)
				require.ErrorIs(t, err, phoneauth.ErrUnavailable)
				assert.NotContains(t, err.Error(), "dial tcp")
				failed, ok := errors.AsType[*phoneauth.SendError](err)
				require.True(t, ok)
				assert.Equal(t, c.class, failed.Class)
				events := svc.Events(phoneauth.EventSendFailed)
				require.Len(t, events, 1)
				assert.Equal(t, c.class, events[0].SendClass)
				assert.Empty(t, svc.Events(phoneauth.EventCodeSent))
				assert.Equal(t, 1, svc.Inbox.Sends(), "it was sent again")

				// What may have gone gives nothing back to the phone's limit.
				if c.class != phoneauth.Temporary {
					_, err = svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone, Client: suite.FreshClient()})
					assert.True(t, suite.IsLimit(err, phoneauth.LimitPhoneSends), "%v", err)
					svc.Elapse(time.Minute)
				}
				_, code := svc.SendCode(phone)
				if c.failure == phonetest.AmbiguousArrived {
					assert.Equal(t, string(svc.Inbox.Messages()[0].Code), code, "the late text has the same code")
				}
				_, err = svc.Login(t.Context(), phoneauth.LoginRequest{Phone: phone, Code: code, Client: suite.FreshClient()})
				require.NoError(t, err)
			})
		})
	}
}

// testPromiseHookFails: a step-up or sign-in hook that fails lets nobody through.
func testPromiseHookFails(t *testing.T, o suite.Options) {
	down := errors.New("captcha provider is down")
	svc := o.Service(t, func(c *phoneauth.Config) {
		c.Hooks.BeforeSend = func(context.Context, phoneauth.SendInfo) error { return down }
	})
	p, err := svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: suite.FreshPhone(), Client: suite.FreshClient()})
	require.NoError(t, err, "the answer is that of a send")
	assert.NotEmpty(t, p.ChallengeToken)
	assert.Zero(t, svc.Inbox.Sends())

	svc = o.Service(t, func(c *phoneauth.Config) {
		c.Hooks.BeforeSignIn = func(context.Context, phoneauth.SignInInfo) error { return down }
	})
	proof := svc.Prove(suite.FreshPhone())
	session, err := svc.Connect(t.Context(), phoneauth.ConnectRequest{Token: proof.Token, Client: suite.FreshClient()})
	assert.Nil(t, session)
	require.ErrorIs(t, err, phoneauth.ErrRefused)
	require.ErrorIs(t, err, down)
	_, err = svc.Store.UserByPhone(t.Context(), proof.Phone)
	assert.ErrorIs(t, err, phoneauth.ErrNotFound, "an account was made")

	svc = o.Service(t, func(c *phoneauth.Config) {
		c.Hooks.ExtraClaims = func(context.Context, phoneauth.User) (map[string]any, error) { return nil, down }
	})
	session, err = svc.Connect(t.Context(), phoneauth.ConnectRequest{Token: svc.Prove(suite.FreshPhone()).Token, Client: suite.FreshClient()})
	assert.Nil(t, session)
	require.ErrorIs(t, err, phoneauth.ErrUnavailable)
}
