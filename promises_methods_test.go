package phoneauth_test

import (
	"context"
	"testing"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/stretchr/testify/require"
)

// methods are the methods of a Service that ask the store, each ready to succeed. Every
// do is called once.
var methods = []struct {
	name string
	do   func(t testing.TB, tr *trial) func() (any, error)
	// kind are the calls, as "verb" or "verb 2" for the second of a verb, whose
	// failure is not one of the whole: it is logged, and the answer stays true.
	kind []string
}{
	{name: "Register", do: func(t testing.TB, tr *trial) func() (any, error) {
		r := phoneauth.RegisterRequest{Phone: freshPhone(), Client: freshClient()}
		return func() (any, error) { return tr.Register(context.Background(), r) }
	}},
	{name: "Register, known device", do: func(t testing.TB, tr *trial) func() (any, error) {
		phone := freshPhone()
		r := phoneauth.RegisterRequest{Phone: phone, Client: phoneauth.Client{Device: tr.signIn(t, phone).Device}}
		elapse(time.Minute)
		return func() (any, error) { return tr.Register(context.Background(), r) }
	}},
	{name: "Register, password reset", kind: []string{"UserByPhone", "BeginChallenge 2"}, do: func(t testing.TB, tr *trial) func() (any, error) {
		phone := freshPhone()
		seedUser(t, tr.store, phone, "")
		r := phoneauth.RegisterRequest{Phone: phone, Purpose: phoneauth.PurposePasswordReset, Client: freshClient()}
		return func() (any, error) { return tr.Register(context.Background(), r) }
	}},
	{name: "Verify", do: func(t testing.TB, tr *trial) func() (any, error) {
		phone := freshPhone()
		_, code := tr.register(t, phone)
		r := phoneauth.VerifyRequest{Phone: phone, Code: code, Client: freshClient()}
		return func() (any, error) { return tr.Verify(context.Background(), r) }
	}},
	{name: "Verify, sent twice", kind: []string{"TakeLimits 2"}, do: func(t testing.TB, tr *trial) func() (any, error) {
		phone := freshPhone()
		tr.register(t, phone)
		elapse(time.Minute)
		_, code := tr.register(t, phone)
		r := phoneauth.VerifyRequest{Phone: phone, Code: code, Client: freshClient()}
		return func() (any, error) { return tr.Verify(context.Background(), r) }
	}},
	{name: "Connect", do: func(t testing.TB, tr *trial) func() (any, error) {
		r := phoneauth.ConnectRequest{Token: tr.prove(t, freshPhone()).Token, Client: freshClient()}
		return func() (any, error) { return tr.Connect(context.Background(), r) }
	}},
	{name: "Login by code", do: func(t testing.TB, tr *trial) func() (any, error) {
		phone := freshPhone()
		_, code := tr.register(t, phone)
		r := phoneauth.LoginRequest{Phone: phone, Code: code, Client: freshClient()}
		return func() (any, error) { return tr.Login(context.Background(), r) }
	}},
	{name: "Login by password", kind: []string{"SetPassword"}, do: func(t testing.TB, tr *trial) func() (any, error) {
		phone := freshPhone()
		seedUser(t, tr.store, phone, cheapHash("correct horse"))
		r := phoneauth.LoginRequest{Phone: phone, Password: "correct horse", Client: freshClient()}
		return func() (any, error) { return tr.Login(context.Background(), r) }
	}},
	{name: "Redeem", do: func(t testing.TB, tr *trial) func() (any, error) {
		phone := freshPhone()
		_, code := tr.registerAs(t, phoneauth.RegisterRequest{Phone: phone, Purpose: "payment", Client: freshClient()})
		proof, err := tr.Verify(context.Background(), phoneauth.VerifyRequest{Phone: phone, Purpose: "payment", Code: code})
		require.NoError(t, err)
		r := phoneauth.RedeemRequest{Token: proof.Token, Purpose: "payment"}
		return func() (any, error) { return tr.Redeem(context.Background(), r) }
	}},
	{name: "RegisterPassword", do: func(t testing.TB, tr *trial) func() (any, error) {
		r := phoneauth.PasswordRequest{Phone: freshPhone(), Password: "correct horse", Client: freshClient()}
		return func() (any, error) { return tr.RegisterPassword(context.Background(), r) }
	}},
	{name: "RecoverPassword", kind: []string{"CancelChallenges 2", "EndUserSessions"}, do: func(t testing.TB, tr *trial) func() (any, error) {
		phone := freshPhone()
		seedUser(t, tr.store, phone, "")
		_, code := tr.registerAs(t, phoneauth.RegisterRequest{Phone: phone, Purpose: phoneauth.PurposePasswordReset, Client: freshClient()})
		r := phoneauth.RecoverRequest{Phone: phone, Code: code, Password: "correct horse", Client: freshClient()}
		return func() (any, error) {
			p, err := tr.RecoverPassword(context.Background(), r)
			if p.IsZero() {
				return nil, err
			}
			return &p, err
		}
	}},
	{name: "ChangePassword", kind: []string{"CancelChallenges 2", "EndUserSessions"}, do: func(t testing.TB, tr *trial) func() (any, error) {
		phone := freshPhone()
		seedUser(t, tr.store, phone, todaysHash())
		c := tr.claims(t, tr.signIn(t, phone))
		r := phoneauth.ChangePasswordRequest{Current: "correct horse", New: "another horse", Client: freshClient()}
		return func() (any, error) { return tr.ChangePassword(context.Background(), c, r) }
	}},
	{name: "ChangePhone", kind: []string{"CancelChallenges 2", "EndUserSessions"}, do: func(t testing.TB, tr *trial) func() (any, error) {
		session, next := tr.signIn(t, freshPhone()), freshPhone()
		_, code := tr.registerAs(t, phoneauth.RegisterRequest{Phone: next, Purpose: phoneauth.PurposePhoneChange, Subject: session.User.ID})
		proof, err := tr.Verify(context.Background(), phoneauth.VerifyRequest{
			Phone: next, Purpose: phoneauth.PurposePhoneChange, Subject: session.User.ID, Code: code,
		})
		require.NoError(t, err)
		c := tr.claims(t, session)
		return func() (any, error) {
			return tr.ChangePhone(context.Background(), c, phoneauth.ConnectRequest{Token: proof.Token})
		}
	}},
	{name: "Refresh", do: func(t testing.TB, tr *trial) func() (any, error) {
		token := tr.signIn(t, freshPhone()).Refresh
		return func() (any, error) { return tr.Refresh(context.Background(), token) }
	}},
	{name: "Logout", do: func(t testing.TB, tr *trial) func() (any, error) {
		token := tr.signIn(t, freshPhone()).Refresh
		return func() (any, error) { return nil, tr.Logout(context.Background(), token) }
	}},
	{name: "LogoutAll", do: func(t testing.TB, tr *trial) func() (any, error) {
		id := tr.signIn(t, freshPhone()).User.ID
		return func() (any, error) { return nil, tr.LogoutAll(context.Background(), id) }
	}},
	{name: "User", do: func(t testing.TB, tr *trial) func() (any, error) {
		c := tr.claims(t, tr.signIn(t, freshPhone()))
		return func() (any, error) { return found(tr.User(context.Background(), c)) }
	}},
	{name: "Reauthenticated", do: func(t testing.TB, tr *trial) func() (any, error) {
		c := tr.claims(t, tr.signIn(t, freshPhone()))
		return func() (any, error) { return found(tr.Reauthenticated(context.Background(), c)) }
	}},
	{name: "DeleteUser", kind: []string{"CancelChallenges 2", "EndUserSessions"}, do: func(t testing.TB, tr *trial) func() (any, error) {
		c := tr.claims(t, tr.signIn(t, freshPhone()))
		return func() (any, error) { return nil, tr.DeleteUser(context.Background(), c) }
	}},
	{name: "SetBlocked", kind: []string{"CancelChallenges 2", "EndUserSessions"}, do: func(t testing.TB, tr *trial) func() (any, error) {
		id := tr.signIn(t, freshPhone()).User.ID
		return func() (any, error) { return nil, tr.SetBlocked(context.Background(), id, true) }
	}},
	{name: "Unlock", do: func(t testing.TB, tr *trial) func() (any, error) {
		phone := freshPhone()
		return func() (any, error) { return nil, tr.Unlock(context.Background(), phone) }
	}},
}

// found is nil for no user.
func found(u phoneauth.User, err error) (any, error) {
	if u.ID == "" {
		return nil, err
	}
	return &u, err
}
