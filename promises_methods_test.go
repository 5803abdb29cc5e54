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
	do   func(t testing.TB, tr *trial) func(ctx context.Context) (any, error)
	// kind are the calls, as "verb" or "verb 2" for the second of a verb, whose
	// failure is not one of the whole: it is logged, and the answer stays true.
	kind []string
}{
	{name: "Register", do: func(t testing.TB, tr *trial) func(context.Context) (any, error) {
		r := phoneauth.RegisterRequest{Phone: freshPhone(), Client: freshClient()}
		return func(ctx context.Context) (any, error) { return tr.Register(ctx, r) }
	}},
	{name: "Register, known device", do: func(t testing.TB, tr *trial) func(context.Context) (any, error) {
		phone := freshPhone()
		r := phoneauth.RegisterRequest{Phone: phone, Client: phoneauth.ClientInfo{Device: tr.signIn(t, phone).DeviceToken}}
		elapse(time.Minute)
		return func(ctx context.Context) (any, error) { return tr.Register(ctx, r) }
	}},
	{name: "Register, password reset", kind: []string{"UserByPhone"}, do: func(t testing.TB, tr *trial) func(context.Context) (any, error) {
		phone := freshPhone()
		seedUser(t, tr.store, phone, "")
		r := phoneauth.RegisterRequest{Phone: phone, Purpose: phoneauth.PurposePasswordReset, Client: freshClient()}
		return func(ctx context.Context) (any, error) { return tr.Register(ctx, r) }
	}},
	{name: "Verify", do: func(t testing.TB, tr *trial) func(context.Context) (any, error) {
		phone := freshPhone()
		_, code := tr.register(t, phone)
		r := phoneauth.VerifyRequest{Phone: phone, Code: code, Client: freshClient()}
		return func(ctx context.Context) (any, error) { return tr.Verify(ctx, r) }
	}},
	{name: "Verify, sent twice", do: func(t testing.TB, tr *trial) func(context.Context) (any, error) {
		phone := freshPhone()
		tr.register(t, phone)
		elapse(time.Minute)
		_, code := tr.register(t, phone)
		r := phoneauth.VerifyRequest{Phone: phone, Code: code, Client: freshClient()}
		return func(ctx context.Context) (any, error) { return tr.Verify(ctx, r) }
	}},
	{name: "Connect", do: func(t testing.TB, tr *trial) func(context.Context) (any, error) {
		r := phoneauth.ConnectRequest{Token: tr.prove(t, freshPhone()).Token, Client: freshClient()}
		return func(ctx context.Context) (any, error) { return tr.Connect(ctx, r) }
	}},
	{name: "Login by code", do: func(t testing.TB, tr *trial) func(context.Context) (any, error) {
		phone := freshPhone()
		_, code := tr.register(t, phone)
		r := phoneauth.LoginRequest{Phone: phone, Code: code, Client: freshClient()}
		return func(ctx context.Context) (any, error) { return tr.Login(ctx, r) }
	}},
	{name: "Login by password", kind: []string{"UpdateUser"}, do: func(t testing.TB, tr *trial) func(context.Context) (any, error) {
		phone := freshPhone()
		seedUser(t, tr.store, phone, cheapHash("correct horse"))
		r := phoneauth.PasswordLoginRequest{Phone: phone, Password: "correct horse", Client: freshClient()}
		return func(ctx context.Context) (any, error) { return tr.LoginPassword(ctx, r) }
	}},
	{name: "Redeem", do: func(t testing.TB, tr *trial) func(context.Context) (any, error) {
		phone := freshPhone()
		_, code := tr.registerAs(t, phoneauth.RegisterRequest{Phone: phone, Purpose: "payment", Client: freshClient()})
		proof, err := tr.Verify(context.Background(), phoneauth.VerifyRequest{Phone: phone, Purpose: "payment", Code: code})
		require.NoError(t, err)
		r := phoneauth.RedeemRequest{Token: proof.Token, Purpose: "payment"}
		return func(ctx context.Context) (any, error) { return tr.Redeem(ctx, r) }
	}},
	{name: "RegisterPassword", do: func(t testing.TB, tr *trial) func(context.Context) (any, error) {
		r := phoneauth.PasswordRequest{Phone: freshPhone(), Password: "correct horse", Client: freshClient()}
		return func(ctx context.Context) (any, error) { return tr.RegisterPassword(ctx, r) }
	}},
	{name: "RecoverPassword", kind: []string{"CancelChallenges 2", "EndUserSessions"}, do: func(t testing.TB, tr *trial) func(context.Context) (any, error) {
		phone := freshPhone()
		seedUser(t, tr.store, phone, "")
		_, code := tr.registerAs(t, phoneauth.RegisterRequest{Phone: phone, Purpose: phoneauth.PurposePasswordReset, Client: freshClient()})
		r := phoneauth.RecoverRequest{Phone: phone, Code: code, Password: "correct horse", Client: freshClient()}
		return func(ctx context.Context) (any, error) {
			p, err := tr.RecoverPassword(ctx, r)
			if p.IsZero() {
				return nil, err
			}
			return &p, err
		}
	}},
	{name: "ChangePassword", kind: []string{"CancelChallenges 2", "EndUserSessions"}, do: func(t testing.TB, tr *trial) func(context.Context) (any, error) {
		phone := freshPhone()
		seedUser(t, tr.store, phone, todaysHash())
		c := tr.claims(t, tr.signIn(t, phone))
		r := phoneauth.ChangePasswordRequest{Current: "correct horse", New: "another horse", Client: freshClient()}
		return func(ctx context.Context) (any, error) { return tr.ChangePassword(ctx, c, r) }
	}},
	{name: "ChangePhone", kind: []string{"CancelChallenges 2", "EndUserSessions"}, do: func(t testing.TB, tr *trial) func(context.Context) (any, error) {
		session, next := tr.signIn(t, freshPhone()), freshPhone()
		_, code := tr.registerAs(t, phoneauth.RegisterRequest{Phone: next, Purpose: phoneauth.PurposePhoneChange, BoundTo: session.User.ID})
		proof, err := tr.Verify(context.Background(), phoneauth.VerifyRequest{
			Phone: next, Purpose: phoneauth.PurposePhoneChange, BoundTo: session.User.ID, Code: code,
		})
		require.NoError(t, err)
		c := tr.claims(t, session)
		return func(ctx context.Context) (any, error) {
			return tr.ChangePhone(ctx, c, phoneauth.ConnectRequest{Token: proof.Token})
		}
	}},
	{name: "Refresh", do: func(t testing.TB, tr *trial) func(context.Context) (any, error) {
		token := tr.signIn(t, freshPhone()).RefreshToken
		return func(ctx context.Context) (any, error) { return tr.Refresh(ctx, phoneauth.RefreshRequest{Token: token}) }
	}},
	{name: "Logout", do: func(t testing.TB, tr *trial) func(context.Context) (any, error) {
		token := tr.signIn(t, freshPhone()).RefreshToken
		return func(ctx context.Context) (any, error) { return nil, tr.Logout(ctx, token) }
	}},
	{name: "LogoutAll", do: func(t testing.TB, tr *trial) func(context.Context) (any, error) {
		id := tr.signIn(t, freshPhone()).User.ID
		return func(ctx context.Context) (any, error) { return nil, tr.LogoutAll(ctx, id) }
	}},
	{name: "User", do: func(t testing.TB, tr *trial) func(context.Context) (any, error) {
		c := tr.claims(t, tr.signIn(t, freshPhone()))
		return func(ctx context.Context) (any, error) { return found(tr.User(ctx, c)) }
	}},
	{name: "Reauthenticated", do: func(t testing.TB, tr *trial) func(context.Context) (any, error) {
		c := tr.claims(t, tr.signIn(t, freshPhone()))
		return func(ctx context.Context) (any, error) { return found(tr.Reauthenticated(ctx, c)) }
	}},
	{name: "DeleteUser", kind: []string{"CancelChallenges 2", "EndUserSessions"}, do: func(t testing.TB, tr *trial) func(context.Context) (any, error) {
		c := tr.claims(t, tr.signIn(t, freshPhone()))
		return func(ctx context.Context) (any, error) { return nil, tr.DeleteUser(ctx, c) }
	}},
	{name: "SetBlocked", kind: []string{"CancelChallenges 2", "EndUserSessions"}, do: func(t testing.TB, tr *trial) func(context.Context) (any, error) {
		id := tr.signIn(t, freshPhone()).User.ID
		return func(ctx context.Context) (any, error) { return nil, tr.SetBlocked(ctx, id, true) }
	}},
	{name: "Unlock", do: func(t testing.TB, tr *trial) func(context.Context) (any, error) {
		phone := freshPhone()
		return func(ctx context.Context) (any, error) { return nil, tr.Unlock(ctx, phone) }
	}},
}

// found is nil for no user.
func found(u phoneauth.User, err error) (any, error) {
	if u.ID == "" {
		return nil, err
	}
	return &u, err
}
