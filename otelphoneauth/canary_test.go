package otelphoneauth_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/phonetest"
)

// told is every string that left: names, attributes, events, statuses, scopes, links.
func (e eyes) told(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString(e.trees())
	b.WriteString(e.metrics(t))
	for _, s := range e.spans.Ended() {
		fmt.Fprintf(&b, "%+v %+v %+v %s %v\n", s.Attributes(), s.Events(), s.Links(), s.Status().Description, s.InstrumentationScope())
	}
	return b.String()
}

// Security rule 25: of a whole life of an account nothing is told that is somebody's.
func TestNothingSecret(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	h := newHost(t, func(c *phoneauth.Config) { c.Limits.InsecureOff = true })
	var canaries []string
	keep := func(values ...string) {
		for _, v := range values {
			require.Greater(t, len(v), 3)
			canaries = append(canaries, v)
		}
	}
	session := func(s *phoneauth.Session, err error) *phoneauth.Session {
		t.Helper()
		require.NoError(t, err)
		keep(string(s.AccessToken), string(s.RefreshToken), string(s.DeviceToken), s.ID, s.User.UUID, string(s.User.Phone.String()))
		return s
	}
	begin := func(p *phoneauth.Pending, err error) (string, phoneauth.Secret) {
		t.Helper()
		require.NoError(t, err)
		code := h.inbox.Code(t, p.Phone.E164())
		keep(code, string(p.ChallengeToken))
		return code, p.ChallengeToken
	}
	keep(cairo, cairo[1:], cairo[3:], delhi[1:], delhi[3:], "password-1", "password-2", "the subject", "phonetest-1",
		strings.Repeat("i", 32), strings.Repeat("s", 32))

	code, token := begin(h.svc.RegisterPassword(ctx, phoneauth.PasswordRequest{Phone: cairo, Password: "password-1"}))
	_, err := h.svc.Login(ctx, phoneauth.LoginRequest{Phone: cairo, Code: wrong(code), ChallengeToken: token, Purpose: phoneauth.PurposePasswordRegistration})
	require.ErrorIs(t, err, phoneauth.ErrInvalidCode)
	signed := session(h.svc.Login(ctx, phoneauth.LoginRequest{Phone: cairo, Code: code, ChallengeToken: token, Purpose: phoneauth.PurposePasswordRegistration}))
	session(h.svc.LoginPassword(ctx, phoneauth.PasswordLoginRequest{Phone: cairo, Password: "password-1"}))
	_, err = h.svc.LoginPassword(ctx, phoneauth.PasswordLoginRequest{Phone: cairo, Password: "password-2"})
	require.ErrorIs(t, err, phoneauth.ErrInvalidPassword)
	fresh := session(h.svc.Refresh(ctx, phoneauth.RefreshRequest{Token: signed.RefreshToken}))
	claims, err := h.svc.Authenticate(ctx, fresh.AccessToken)
	require.NoError(t, err)
	code, _ = begin(h.svc.Register(ctx, phoneauth.RegisterRequest{Phone: delhi, Purpose: phoneauth.PurposePhoneChange, BoundTo: claims.UserID}))
	proof, err := h.svc.Verify(ctx, phoneauth.VerifyRequest{Phone: delhi, Code: code, Purpose: phoneauth.PurposePhoneChange, BoundTo: claims.UserID})
	require.NoError(t, err)
	keep(string(proof.Token))
	session(h.svc.ChangePhone(ctx, claims, phoneauth.ConnectRequest{Token: proof.Token}))
	code, _ = begin(h.svc.Register(ctx, phoneauth.RegisterRequest{Phone: delhi, Purpose: phoneauth.PurposePasswordReset}))
	_, err = h.svc.RecoverPassword(ctx, phoneauth.RecoverRequest{Phone: delhi, Code: code, Password: "password-2"})
	require.NoError(t, err)
	code, _ = begin(h.svc.Register(ctx, phoneauth.RegisterRequest{Phone: cairo, Purpose: "rental", BoundTo: "the subject"}))
	require.Equal(t, 200, serve(h.svc.Handler(), "POST", "/users/verification/start?"+code, `{"phone": "`+cairo+`"}`))
	keep(h.inbox.Code(t, cairo))
	require.Equal(t, 404, serve(h.svc.Handler(), "POST", "/"+code+"/"+cairo, `{}`))
	require.NoError(t, h.svc.Close(ctx)) // the notices

	told := h.told(t)
	for _, canary := range canaries {
		assert.NotContains(t, told, canary)
	}
}

// Whatever a store, a sender or a hook says, only names are told.
func TestNothingOfWhatOthersSay(t *testing.T) {
	t.Parallel()
	const canary = "canary +201061797840 483920"
	says := errors.New(canary)
	for name, mutate := range map[string]func(*phoneauth.Config){
		"store": func(c *phoneauth.Config) { c.Store = talkative{c.Store, func() error { return says }} },
		"store refuses": func(c *phoneauth.Config) {
			c.Store = talkative{c.Store, func() error { return &phoneauth.LimitError{Limit: canary, RetryAfter: 1} }}
		},
		"store answers": func(c *phoneauth.Config) {
			c.Store = talkative{c.Store, func() error { return fmt.Errorf("%s: %w", canary, phoneauth.ErrStale) }}
		},
		"store panics": func(c *phoneauth.Config) { c.Store = talkative{c.Store, func() error { panic(canary) }} },
		"sender": func(c *phoneauth.Config) {
			inbox := phonetest.New()
			inbox.FailNext(says)
			c.Sender = inbox
		},
		"sender's fields": func(c *phoneauth.Config) {
			c.Sender = sendFunc(func() (phoneauth.Receipt, error) {
				return phoneauth.Receipt{ID: canary, Sender: canary}, &phoneauth.SendError{Class: canary, Code: canary, Err: says}
			})
		},
		"receipt": func(c *phoneauth.Config) {
			c.Sender = sendFunc(func() (phoneauth.Receipt, error) { return phoneauth.Receipt{ID: canary, Sender: "483920"}, nil })
		},
		"sender panics": func(c *phoneauth.Config) {
			c.Sender = sendFunc(func() (phoneauth.Receipt, error) { panic(canary) })
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t, mutate)
			func() {
				defer func() { _ = recover() }()
				_, _ = h.svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: cairo})
			}()
			func() {
				defer func() { _ = recover() }()
				serve(h.svc.Handler(), "POST", "/users/verification/start", `{"phone": "`+delhi+`"}`)
			}()
			told := h.told(t)
			assert.Contains(t, told, "phoneauth.Register ")
			assert.Contains(t, told, "POST /users/verification/start ")
			for _, part := range append(strings.Fields(canary), cairo[1:], delhi[1:]) {
				assert.NotContains(t, told, part)
			}
			if strings.HasSuffix(name, "panics") {
				assert.Contains(t, told, "error.type=panic")
			}
		})
	}
}

// talkative is a store that begins no challenge, and says so.
type talkative struct {
	phoneauth.Store

	fail func() error
}

func (s talkative) BeginChallenge(context.Context, phoneauth.BeginParams) (phoneauth.BeginResult, error) {
	return phoneauth.BeginResult{}, s.fail()
}

type sendFunc func() (phoneauth.Receipt, error)

func (f sendFunc) Send(context.Context, phoneauth.Message) (phoneauth.Receipt, error) { return f() }
