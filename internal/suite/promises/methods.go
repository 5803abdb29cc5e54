package promises

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
)

// methods are the methods of a Service that ask the store, each ready to succeed. Every
// do is called once.
var methods = []struct {
	name string
	do   func(t testing.TB, svc *suite.Service) func(ctx context.Context) (any, error)
	// kind are the calls, as "verb" or "verb 2" for the second of a verb, whose
	// failure is not one of the whole: it is logged, and the answer stays true.
	kind []string
}{
	{name: "Register", do: func(t testing.TB, svc *suite.Service) func(context.Context) (any, error) {
		r := phoneauth.RegisterRequest{Phone: suite.FreshPhone(), Client: suite.FreshClient()}
		return func(ctx context.Context) (any, error) { return svc.Register(ctx, r) }
	}},
	{name: "Register, known device", do: func(t testing.TB, svc *suite.Service) func(context.Context) (any, error) {
		phone := suite.FreshPhone()
		r := phoneauth.RegisterRequest{Phone: phone, Client: phoneauth.ClientInfo{Device: svc.SignIn(phone).DeviceToken}}
		svc.Elapse(time.Minute)
		return func(ctx context.Context) (any, error) { return svc.Register(ctx, r) }
	}},
	{name: "Register, password reset", kind: []string{"UserByPhone"}, do: func(t testing.TB, svc *suite.Service) func(context.Context) (any, error) {
		phone := suite.FreshPhone()
		svc.SeedUser(phone, "")
		r := phoneauth.RegisterRequest{Phone: phone, Purpose: phoneauth.PurposePasswordReset, Client: suite.FreshClient()}
		return func(ctx context.Context) (any, error) { return svc.Register(ctx, r) }
	}},
	{name: "Verify", do: func(t testing.TB, svc *suite.Service) func(context.Context) (any, error) {
		phone := suite.FreshPhone()
		_, code := svc.SendCode(phone)
		r := phoneauth.VerifyRequest{Phone: phone, Code: code, Client: suite.FreshClient()}
		return func(ctx context.Context) (any, error) { return svc.Verify(ctx, r) }
	}},
	{name: "Verify, sent twice", do: func(t testing.TB, svc *suite.Service) func(context.Context) (any, error) {
		phone := suite.FreshPhone()
		svc.SendCode(phone)
		svc.Elapse(time.Minute)
		_, code := svc.SendCode(phone)
		r := phoneauth.VerifyRequest{Phone: phone, Code: code, Client: suite.FreshClient()}
		return func(ctx context.Context) (any, error) { return svc.Verify(ctx, r) }
	}},
	{name: "Connect", do: func(t testing.TB, svc *suite.Service) func(context.Context) (any, error) {
		r := phoneauth.ConnectRequest{Token: svc.Prove(suite.FreshPhone()).Token, Client: suite.FreshClient()}
		return func(ctx context.Context) (any, error) { return svc.Connect(ctx, r) }
	}},
	{name: "Login by code", do: func(t testing.TB, svc *suite.Service) func(context.Context) (any, error) {
		phone := suite.FreshPhone()
		_, code := svc.SendCode(phone)
		r := phoneauth.LoginRequest{Phone: phone, Code: code, Client: suite.FreshClient()}
		return func(ctx context.Context) (any, error) { return svc.Login(ctx, r) }
	}},
	{name: "Login by password", kind: []string{"UpdateUser"}, do: func(t testing.TB, svc *suite.Service) func(context.Context) (any, error) {
		phone := suite.FreshPhone()
		svc.SeedUser(phone, suite.PHC("correct horse", 8, 1, 1)) // which is outdated
		r := phoneauth.PasswordLoginRequest{Phone: phone, Password: "correct horse", Client: suite.FreshClient()}
		return func(ctx context.Context) (any, error) { return svc.LoginPassword(ctx, r) }
	}},
	{name: "Redeem", do: func(t testing.TB, svc *suite.Service) func(context.Context) (any, error) {
		phone := suite.FreshPhone()
		_, code := svc.SendCodeFor(phoneauth.RegisterRequest{Phone: phone, Purpose: "payment", Client: suite.FreshClient()})
		proof, err := svc.Verify(context.Background(), phoneauth.VerifyRequest{Phone: phone, Purpose: "payment", Code: code})
		require.NoError(t, err)
		r := phoneauth.RedeemRequest{Token: proof.Token, Purpose: "payment"}
		return func(ctx context.Context) (any, error) { return svc.Redeem(ctx, r) }
	}},
	{name: "RegisterPassword", do: func(t testing.TB, svc *suite.Service) func(context.Context) (any, error) {
		r := phoneauth.PasswordRequest{Phone: suite.FreshPhone(), Password: "correct horse", Client: suite.FreshClient()}
		return func(ctx context.Context) (any, error) { return svc.RegisterPassword(ctx, r) }
	}},
	{name: "RecoverPassword", kind: []string{"CancelChallenges 2", "EndUserSessions"}, do: func(t testing.TB, svc *suite.Service) func(context.Context) (any, error) {
		phone := suite.FreshPhone()
		svc.SeedUser(phone, "")
		_, code := svc.SendCodeFor(phoneauth.RegisterRequest{Phone: phone, Purpose: phoneauth.PurposePasswordReset, Client: suite.FreshClient()})
		r := phoneauth.RecoverRequest{Phone: phone, Code: code, Password: "correct horse", Client: suite.FreshClient()}
		return func(ctx context.Context) (any, error) {
			p, err := svc.RecoverPassword(ctx, r)
			if p.IsZero() {
				return nil, err
			}
			return &p, err
		}
	}},
	{name: "ChangePassword", kind: []string{"CancelChallenges 2", "EndUserSessions"}, do: func(t testing.TB, svc *suite.Service) func(context.Context) (any, error) {
		phone := suite.FreshPhone()
		svc.SeedUser(phone, suite.HashOf("correct horse"))
		c := svc.ClaimsOf(svc.SignIn(phone))
		r := phoneauth.ChangePasswordRequest{Current: "correct horse", New: "another horse", Client: suite.FreshClient()}
		return func(ctx context.Context) (any, error) { return svc.ChangePassword(ctx, c, r) }
	}},
	{name: "ChangePhone", kind: []string{"CancelChallenges 2", "EndUserSessions"}, do: func(t testing.TB, svc *suite.Service) func(context.Context) (any, error) {
		session, next := svc.SignIn(suite.FreshPhone()), suite.FreshPhone()
		_, code := svc.SendCodeFor(phoneauth.RegisterRequest{Phone: next, Purpose: phoneauth.PurposePhoneChange, BoundTo: session.User.ID})
		proof, err := svc.Verify(context.Background(), phoneauth.VerifyRequest{
			Phone: next, Purpose: phoneauth.PurposePhoneChange, BoundTo: session.User.ID, Code: code,
		})
		require.NoError(t, err)
		c := svc.ClaimsOf(session)
		return func(ctx context.Context) (any, error) {
			return svc.ChangePhone(ctx, c, phoneauth.ConnectRequest{Token: proof.Token})
		}
	}},
	{name: "Refresh", do: func(t testing.TB, svc *suite.Service) func(context.Context) (any, error) {
		token := svc.SignIn(suite.FreshPhone()).RefreshToken
		return func(ctx context.Context) (any, error) {
			return svc.Refresh(ctx, phoneauth.RefreshRequest{Token: token})
		}
	}},
	{name: "Logout", do: func(t testing.TB, svc *suite.Service) func(context.Context) (any, error) {
		token := svc.SignIn(suite.FreshPhone()).RefreshToken
		return func(ctx context.Context) (any, error) { return nil, svc.Logout(ctx, token) }
	}},
	{name: "LogoutAll", do: func(t testing.TB, svc *suite.Service) func(context.Context) (any, error) {
		id := svc.SignIn(suite.FreshPhone()).User.ID
		return func(ctx context.Context) (any, error) { return nil, svc.LogoutAll(ctx, id) }
	}},
	{name: "User", do: func(t testing.TB, svc *suite.Service) func(context.Context) (any, error) {
		c := svc.ClaimsOf(svc.SignIn(suite.FreshPhone()))
		return func(ctx context.Context) (any, error) { return found(svc.User(ctx, c)) }
	}},
	{name: "Reauthenticated", do: func(t testing.TB, svc *suite.Service) func(context.Context) (any, error) {
		c := svc.ClaimsOf(svc.SignIn(suite.FreshPhone()))
		return func(ctx context.Context) (any, error) { return found(svc.Reauthenticated(ctx, c)) }
	}},
	{name: "DeleteUser", kind: []string{"CancelChallenges 2", "EndUserSessions"}, do: func(t testing.TB, svc *suite.Service) func(context.Context) (any, error) {
		c := svc.ClaimsOf(svc.SignIn(suite.FreshPhone()))
		return func(ctx context.Context) (any, error) { return nil, svc.DeleteUser(ctx, c) }
	}},
	{name: "DeleteUserByCode", kind: []string{"CancelChallenges 2", "EndUserSessions"}, do: func(t testing.TB, svc *suite.Service) func(context.Context) (any, error) {
		session := svc.SignIn(suite.FreshPhone())
		c := svc.ClaimsOf(session)
		p, code := svc.SendCodeFor(phoneauth.RegisterRequest{Purpose: phoneauth.PurposeAccountDeletion, BoundTo: session.User.ID, Client: suite.FreshClient()})
		r := phoneauth.CodeRequest{Code: code, ChallengeToken: p.ChallengeToken, Client: suite.FreshClient()}
		return func(ctx context.Context) (any, error) { return nil, svc.DeleteUserByCode(ctx, c, r) }
	}},
	{name: "ExportByCode", do: func(t testing.TB, svc *suite.Service) func(context.Context) (any, error) {
		session := svc.SignIn(suite.FreshPhone())
		c := svc.ClaimsOf(session)
		p, code := svc.SendCodeFor(phoneauth.RegisterRequest{Purpose: phoneauth.PurposeDataExport, BoundTo: session.User.ID, Client: suite.FreshClient()})
		r := phoneauth.CodeRequest{Code: code, ChallengeToken: p.ChallengeToken, Client: suite.FreshClient()}
		return func(ctx context.Context) (any, error) {
			e, err := svc.ExportByCode(ctx, c, r)
			if e.ID == "" {
				return nil, err
			}
			return &e, err
		}
	}},
	{name: "KnownDevice", do: func(t testing.TB, svc *suite.Service) func(context.Context) (any, error) {
		token := svc.SignIn(suite.FreshPhone()).DeviceToken
		return func(ctx context.Context) (any, error) { return found(svc.KnownDevice(ctx, token)) }
	}},
	{name: "ReadNotice", do: func(t testing.TB, svc *suite.Service) func(context.Context) (any, error) {
		token, _ := reported(t, svc)
		return func(ctx context.Context) (any, error) { return svc.ReadNotice(ctx, token) }
	}},
	{name: "LockAccount", kind: []string{"CancelChallenges 2", "EndUserSessions", "BeginChallenge"}, do: func(t testing.TB, svc *suite.Service) func(context.Context) (any, error) {
		token, _ := reported(t, svc)
		return func(ctx context.Context) (any, error) { return nil, svc.LockAccount(ctx, token) }
	}},
	{name: "UnlockAccount", kind: []string{"CancelChallenges 2", "CancelChallenges 3", "EndUserSessions"}, do: func(t testing.TB, svc *suite.Service) func(context.Context) (any, error) {
		token, _ := reported(t, svc)
		require.NoError(t, svc.LockAccount(context.Background(), token))
		p, code := svc.SendCodeFor(phoneauth.RegisterRequest{Purpose: phoneauth.PurposeAccountUnlock, BoundTo: string(token), Client: suite.FreshClient()})
		r := phoneauth.UnlockAccountRequest{Token: token, Code: code, ChallengeToken: p.ChallengeToken, Password: "correct horse", Client: suite.FreshClient()}
		return func(ctx context.Context) (any, error) { return nil, svc.UnlockAccount(ctx, r) }
	}},
	{name: "ReopenAccount", kind: []string{"CancelChallenges 2", "EndUserSessions"}, do: func(t testing.TB, svc *suite.Service) func(context.Context) (any, error) {
		token, id := reported(t, svc)
		require.NoError(t, svc.LockAccount(context.Background(), token))
		return func(ctx context.Context) (any, error) { return nil, svc.ReopenAccount(ctx, id, phoneauth.Actor{}) }
	}},
	{name: "SetBlocked", kind: []string{"CancelChallenges 2", "EndUserSessions"}, do: func(t testing.TB, svc *suite.Service) func(context.Context) (any, error) {
		id := svc.SignIn(suite.FreshPhone()).User.ID
		return func(ctx context.Context) (any, error) { return nil, svc.SetBlocked(ctx, id, true) }
	}},
	{name: "Unlock", do: func(t testing.TB, svc *suite.Service) func(context.Context) (any, error) {
		phone := suite.FreshPhone()
		return func(ctx context.Context) (any, error) { return nil, svc.Unlock(ctx, phone) }
	}},
}

// reported changes the password of a new account, and returns the token of the notice and the ID of
// the account.
func reported(t testing.TB, svc *suite.Service) (token phoneauth.Secret, userID string) {
	phone := suite.FreshPhone()
	svc.SeedUser(phone, suite.HashOf("correct horse"))
	linked := svc.Again(func(c *phoneauth.Config) { c.Texts.NotMeURL = "https://example.com/not-me" })
	session := svc.SignIn(phone)
	r := phoneauth.ChangePasswordRequest{Current: "correct horse", New: "another horse"}
	_, err := linked.ChangePassword(context.Background(), svc.ClaimsOf(session), r)
	require.NoError(t, err)
	svc.Settle()
	last, _ := svc.Inbox.Last(phone)
	require.NotEmpty(t, last.Link)
	return last.Link[len(last.Link)-22:], session.User.ID
}

// found is nil for no user.
func found(u phoneauth.User, err error) (any, error) {
	if u.ID == "" {
		return nil, err
	}
	return &u, err
}
