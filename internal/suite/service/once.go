package service

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
	"github.com/phoneauth/phoneauth/phonetest"
)

// once is a request of a code with a key of the client.
func once(key string) phoneauth.RegisterRequest {
	r := phoneauth.RegisterRequest{Phone: suite.FreshPhone(), Client: suite.FreshClient()}
	r.Client.IdempotencyKey = phoneauth.Secret(key)
	return r
}

// lastCode is the newest code that came to a phone.
func lastCode(s *suite.Service, phone string) string {
	m, _ := s.Inbox.Last(phone)
	return string(m.Code)
}

// testRetryIsAnsweredAlike: a request that is made again sends nothing, takes nothing, and is
// answered like the first, as long as the code is live. The new token is as good as the old one.
func testRetryIsAnsweredAlike(t *testing.T, o suite.Options) {
	s := o.Service(t)
	r := once("a")
	first, err := s.Register(t.Context(), r)
	require.NoError(t, err)
	for range 15 { // more than any limit admits
		s.Elapse(5 * time.Second)
		again, err := s.Register(t.Context(), r)
		require.NoError(t, err)
		resend := first.ResendAt
		if resend.Before(s.Now()) {
			resend = s.Now()
		}
		assert.Equal(t, []any{first.ExpiresAt, resend, first.TriesLeft, first.Channel, first.Again}, []any{again.ExpiresAt, again.ResendAt, again.TriesLeft, again.Channel, again.Again})
		first.ChallengeToken = again.ChallengeToken
	}
	assert.Equal(t, 1, s.Inbox.Sends())
	_, err = s.Login(t.Context(), phoneauth.LoginRequest{
		ChallengeToken: first.ChallengeToken, Code: lastCode(s, r.Phone), Client: r.Client,
	})
	require.NoError(t, err)
	_, err = s.Register(t.Context(), r)
	require.NoError(t, err)
	assert.Equal(t, 2, s.Inbox.Sends(), "the code was used: the next request is a new one")
}

// testRetryEndsWithTheCode: when the code has expired, the same key asks for a new one.
func testRetryEndsWithTheCode(t *testing.T, o suite.Options) {
	s := o.Service(t)
	r := once("a")
	first, err := s.Register(t.Context(), r)
	require.NoError(t, err)
	s.Elapse(first.ExpiresAt.Sub(s.Now()))
	_, err = s.Register(t.Context(), r)
	require.NoError(t, err)
	assert.Equal(t, 2, s.Inbox.Sends())
}

// testRetryIsScoped: a key counts only for the same number, purpose, address and request. Anything
// else is a request of its own.
func testRetryIsScoped(t *testing.T, o suite.Options) {
	s := o.Service(t)
	r := once("a")
	_, err := s.Register(t.Context(), r)
	require.NoError(t, err)
	for name, change := range map[string]func(*phoneauth.RegisterRequest){
		"key":      func(r *phoneauth.RegisterRequest) { r.Client.IdempotencyKey = "b" },
		"no key":   func(r *phoneauth.RegisterRequest) { r.Client.IdempotencyKey = "" },
		"address":  func(r *phoneauth.RegisterRequest) { r.Client.Addr = suite.FreshClient().Addr },
		"language": func(r *phoneauth.RegisterRequest) { r.Client.Locale = "fr" },
	} {
		other := r
		change(&other)
		_, err := s.Register(t.Context(), other)
		assert.Equal(t, phoneauth.LimitPhoneSends, suite.Limited(err), name)
	}
	other := r
	other.Phone = suite.FreshPhone()
	_, err = s.Register(t.Context(), other)
	require.NoError(t, err)
	assert.Len(t, s.Codes(other.Phone, phoneauth.PurposeSignIn), 1, "another number gets its own code")
}

// testRetryAfterAFailure: what was not sent is sent when the request is made again.
func testRetryAfterAFailure(t *testing.T, o suite.Options) {
	s := o.Service(t)
	r := once("a")
	s.Inbox.FailNext(phonetest.Temporary)
	_, err := s.Register(t.Context(), r)
	require.ErrorIs(t, err, phoneauth.ErrUnavailable)
	_, err = s.Register(t.Context(), r)
	require.NoError(t, err)
	require.Len(t, s.Codes(r.Phone, phoneauth.PurposeSignIn), 1)
	_, err = s.Register(t.Context(), r)
	require.NoError(t, err)
	assert.Len(t, s.Codes(r.Phone, phoneauth.PurposeSignIn), 1)

	r = once("b")
	s.Inbox.FailNext(phonetest.Ambiguous)
	_, err = s.Register(t.Context(), r)
	require.ErrorIs(t, err, phoneauth.ErrUnavailable)
	_, err = s.Register(t.Context(), r)
	assert.Equal(t, phoneauth.LimitPhoneSends, suite.Limited(err), "it may have been sent, so the number waits as without a key")
}

// testRetryAfterTheTextFails: without a text nothing was sent. The number pays nothing, and the same
// request sends the code.
func testRetryAfterTheTextFails(t *testing.T, o suite.Options) {
	err := errors.New("no template")
	s := o.Service(t, func(c *phoneauth.Config) {
		c.Hooks.Text = func(context.Context, phoneauth.Message) (string, error) { return "", err }
	})
	for _, key := range []string{"", "a"} {
		r := once(key)
		err = errors.New("no template")
		_, failed := s.Register(t.Context(), r)
		require.ErrorIs(t, failed, phoneauth.ErrUnavailable)
		err = nil
		_, failed = s.Register(t.Context(), r)
		require.NoError(t, failed)
		assert.Len(t, s.Codes(r.Phone, phoneauth.PurposeSignIn), 1, "key %q", key)
	}
}

// testRegistrationAfterTheTextFails: an error of the host is never taken for an answer of the store. A
// registration whose text cannot be written is not begun a second time.
func testRegistrationAfterTheTextFails(t *testing.T, o suite.Options) {
	suite.CheapHashes(t)
	var asked int
	var err error
	s := o.Service(t, suite.LimitsOff, func(c *phoneauth.Config) {
		c.Hooks.Text = func(context.Context, phoneauth.Message) (string, error) { asked++; return "", err }
	})
	first := s.AskWithPassword(suite.Owner, "password one", "")
	err = fmt.Errorf("template: %w", phoneauth.ErrNotFound)
	_, failed := s.RegisterPassword(t.Context(), phoneauth.PasswordRequest{
		Phone: suite.Owner, Password: "password two", ChallengeToken: first.ChallengeToken,
	})
	require.ErrorIs(t, failed, phoneauth.ErrUnavailable)
	assert.Equal(t, 2, asked)
}

// testRetryAfterTheStoreFails: when the store fails after it has stored the code and before the code
// was sent, the same request sends the code.
func testRetryAfterTheStoreFails(t *testing.T, o suite.Options) {
	var fails, stored bool
	store := &suite.Spied{Store: o.Store(t)}
	store.After = func(verb string, _ error) { stored = fails && verb == "BeginChallenge" }
	store.Before = func(_ context.Context, verb string, _ ...any) error {
		if verb != "ReadState" || !stored {
			return nil
		}
		fails, stored = false, false
		return errors.New("connection reset")
	}
	s := suite.On(t, store, func(c *phoneauth.Config) {
		c.Channels = []phoneauth.Channel{{Name: "sms", Sender: c.Sender}, {Name: "voice", Sender: c.Sender}}
	})
	for _, key := range []string{"", "a"} {
		r := once(key)
		fails = true
		_, err := s.Register(t.Context(), r)
		require.ErrorIs(t, err, phoneauth.ErrUnavailable)
		s.Settle()
		_, err = s.Register(t.Context(), r)
		require.NoError(t, err)
		assert.Len(t, s.Codes(r.Phone, phoneauth.PurposeSignIn), 1, "key %q", key)
	}
}

// testRetryAfterALostAnswer: when the store has stored the code and its answer is lost, nothing is
// sent. The number waits, and the same request is not told that the code was sent.
func testRetryAfterALostAnswer(t *testing.T, o suite.Options) {
	lost := true
	s := suite.On(t, phoneauth.WrapStore(o.Store(t), func(ctx context.Context, verb string, call func(context.Context) error) error {
		err := call(ctx)
		if verb == "BeginChallenge" && lost {
			lost, err = false, context.DeadlineExceeded
		}
		return err
	}))
	r := once("a")
	_, err := s.Register(t.Context(), r)
	require.ErrorIs(t, err, phoneauth.ErrUnavailable)
	s.Settle()
	_, err = s.Register(t.Context(), r)
	assert.Equal(t, phoneauth.LimitPhoneSends, suite.Limited(err))
	s.Elapse(time.Minute)
	_, err = s.Register(t.Context(), r)
	require.NoError(t, err)
	assert.Len(t, s.Codes(r.Phone, phoneauth.PurposeSignIn), 1)
}

// testRetryAfterAPanic: nobody knows whether a sender that panics has sent the code. The number
// waits, and the same request is not told that the code was sent.
func testRetryAfterAPanic(t *testing.T, o suite.Options) {
	s := o.Service(t, func(c *phoneauth.Config) { c.Sender = panicking{} })
	r := once("a")
	require.PanicsWithValue(t, "a bug", func() { _, _ = s.Register(t.Context(), r) })
	_, err := s.Register(t.Context(), r)
	assert.Equal(t, phoneauth.LimitPhoneSends, suite.Limited(err))
}

// panicking is a sender with a bug.
type panicking struct{}

func (panicking) Send(context.Context, phoneauth.Message) (phoneauth.Receipt, error) { panic("a bug") }

// testRetriesAtOnce: of many that are the same at the same time, one sends, and all are answered.
func testRetriesAtOnce(t *testing.T, o suite.Options) {
	s := o.Service(t)
	r := once("a")
	var all sync.WaitGroup
	errs := make([]error, 16)
	for i := range errs {
		all.Go(func() { _, errs[i] = s.Register(context.Background(), r) })
	}
	all.Wait()
	for _, err := range errs {
		assert.NoError(t, err)
	}
	assert.Equal(t, 1, s.Inbox.Sends())
}

// testRetryOfAPurpose: a code of the host's is bound to the account, and a retry after a change of
// the account sends a new one.
func testRetryOfAPurpose(t *testing.T, o suite.Options) {
	s := o.Service(t)
	r := once("a")
	r.Purpose, r.BoundTo = "confirm_payment", "order 1"
	_, err := s.Register(t.Context(), r)
	require.NoError(t, err)
	again, err := s.Register(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, 1, s.Inbox.Sends())
	_, err = s.Verify(t.Context(), phoneauth.VerifyRequest{
		ChallengeToken: again.ChallengeToken, Purpose: r.Purpose, BoundTo: r.BoundTo, Code: lastCode(s, r.Phone), Client: r.Client,
	})
	require.NoError(t, err)
	r.BoundTo = "order 2"
	_, err = s.Register(t.Context(), r)
	require.NoError(t, err)
	assert.Equal(t, 2, s.Inbox.Sends())
}

// testRetryOfAReset: it is answered alike whether there is an account or not, and sends one code.
func testRetryOfAReset(t *testing.T, o suite.Options) {
	s := o.Service(t)
	known := once("a")
	known.Purpose = phoneauth.PurposePasswordReset
	s.SignIn(known.Phone)
	s.Elapse(time.Minute)
	unknown := once("a")
	unknown.Purpose = phoneauth.PurposePasswordReset
	for _, r := range []phoneauth.RegisterRequest{known, unknown} {
		for range 3 {
			_, err := s.Register(t.Context(), r)
			require.NoError(t, err)
		}
	}
	s.Settle()
	assert.Len(t, s.Codes(known.Phone, phoneauth.PurposePasswordReset), 1)
	assert.Empty(t, s.Codes(unknown.Phone, phoneauth.PurposePasswordReset))
}

// testRetryOfARegistration: the retry finds the registration without its token, and another
// password begins another one.
func testRetryOfARegistration(t *testing.T, o suite.Options) {
	s := o.Service(t)
	r := phoneauth.PasswordRequest{Phone: suite.FreshPhone(), Password: "correct horse", Client: suite.FreshClient()}
	r.Client.IdempotencyKey = "a"
	_, err := s.RegisterPassword(t.Context(), r)
	require.NoError(t, err)
	again, err := s.RegisterPassword(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, 1, s.Inbox.Sends())
	other := r
	other.Password = "another horse"
	_, err = s.RegisterPassword(t.Context(), other)
	require.Equal(t, phoneauth.LimitPhoneSends, suite.Limited(err))

	s.Elapse(time.Minute)
	r.ChallengeToken, r.Client.IdempotencyKey = again.ChallengeToken, "b"
	for range 2 { // the second has a token that is not the newest
		again, err = s.RegisterPassword(t.Context(), r)
		require.NoError(t, err)
		assert.True(t, again.Again)
	}
	require.Equal(t, 2, s.Inbox.Sends())
	_, err = s.Login(t.Context(), phoneauth.LoginRequest{
		Purpose: phoneauth.PurposePasswordRegistration, ChallengeToken: again.ChallengeToken, Code: lastCode(s, r.Phone), Client: r.Client,
	})
	require.NoError(t, err)
	_, err = s.LoginPassword(t.Context(), phoneauth.PasswordLoginRequest{Phone: r.Phone, Password: r.Password, Client: r.Client})
	require.NoError(t, err)
}

// testRegistrationsAtOnce: of many that are the same at the same time, one sends, and all are answered.
func testRegistrationsAtOnce(t *testing.T, o suite.Options) {
	suite.CheapHashes(t)
	s := o.Service(t)
	r := phoneauth.PasswordRequest{Phone: suite.FreshPhone(), Password: "correct horse", Client: suite.FreshClient()}
	for _, key := range []phoneauth.Secret{"a", "b"} { // the second continues the first
		r.Client.IdempotencyKey = key
		sends := s.Inbox.Sends()
		pending := suite.AtOnce(8, func(int) *phoneauth.Pending {
			p, err := s.RegisterPassword(context.Background(), r)
			assert.NoError(t, err, "key %q", key)
			return p
		})
		require.NotContains(t, pending, (*phoneauth.Pending)(nil))
		assert.Equal(t, sends+1, s.Inbox.Sends(), "key %q", key)
		r.ChallengeToken = pending[0].ChallengeToken
		s.Elapse(time.Minute)
	}
}
