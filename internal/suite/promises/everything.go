package promises

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
)

// everything is each method of the Service, right and wrong.
func (f *flow) everything(t *testing.T) {
	ctx, client := t.Context(), suite.FreshClient()
	phone, next := "+201061797840", "+201061797841"
	password, other := phoneauth.Secret("canary password 1"), phoneauth.Secret("canary password 2")
	seen(f, password, nil)
	seen(f, other, nil)
	register := func(r phoneauth.RegisterRequest) (p *phoneauth.Pending, code string) {
		r.Client = client
		p, err := f.Register(ctx, r)
		require.NoError(t, err)
		seen(f, r, nil)
		return seen(f, p, err), f.Inbox.Code(t, p.Phone.E164())
	}
	p, code := register(phoneauth.RegisterRequest{Phone: phone})
	wrong := phoneauth.VerifyRequest{Phone: phone, Code: suite.WrongCode(code), Client: client}
	f.text("a presented code", wrong.Code)
	_, err := f.Verify(ctx, wrong)
	seen(f, wrong, err)
	proof, err := f.Verify(ctx, phoneauth.VerifyRequest{Phone: phone, Code: code, ChallengeToken: p.ChallengeToken, Client: client})
	seen(f, proof, err)
	connect := seen(f, phoneauth.ConnectRequest{Phone: phone, Token: proof.Token, Client: client}, nil)
	session, err := f.Connect(ctx, connect)
	seen(f, session, err)
	require.NoError(t, err)
	_, err = f.Connect(ctx, connect)
	f.errs = append(f.errs, err)
	client.Device = session.DeviceToken
	seen(f, client, nil)
	seen(f, f.ClaimsOf(session), nil)

	reset := phoneauth.RegisterRequest{Phone: phone, Purpose: phoneauth.PurposePasswordReset}
	_, code = register(reset)
	recover := phoneauth.RecoverRequest{Phone: phone, Code: code, Password: password, Client: client}
	_, err = f.RecoverPassword(ctx, recover)
	require.NoError(t, err)
	seen(f, recover, err)
	login := phoneauth.PasswordLoginRequest{Phone: phone, Password: other, Client: client}
	_, err = f.LoginPassword(ctx, login)
	seen(f, login, err)
	login.Password = password
	session, err = f.LoginPassword(ctx, login)
	require.NoError(t, err)
	seen(f, session, err)
	session, err = f.ChangePassword(ctx, f.ClaimsOf(session), seen(f, phoneauth.ChangePasswordRequest{Current: password, New: other, Client: client}, nil))
	require.NoError(t, err)
	seen(f, session, err)
	change := phoneauth.RegisterRequest{Phone: next, Purpose: phoneauth.PurposePhoneChange, BoundTo: session.User.ID}
	_, code = register(change)
	f.others["LoginRequest, code"] = phoneauth.LoginRequest{Phone: phone, Code: code, Client: client}
	proof, err = f.Verify(ctx, seen(f, phoneauth.VerifyRequest{
		Phone: next, Code: code, Purpose: change.Purpose, BoundTo: change.BoundTo, Client: client,
	}, nil))
	require.NoError(t, err)
	session, err = f.ChangePhone(ctx, f.ClaimsOf(session), seen(f, phoneauth.ConnectRequest{Phone: next, Token: proof.Token}, nil))
	require.NoError(t, err)
	for range 2 {
		rotated, err := f.Refresh(ctx, phoneauth.RefreshRequest{Token: session.RefreshToken})
		seen(f, rotated, err)
		again, err := f.Refresh(ctx, phoneauth.RefreshRequest{Token: rotated.RefreshToken})
		seen(f, again, err)
		session = again
	}
	old := seen(f, session, nil).RefreshToken
	session, err = f.Refresh(ctx, phoneauth.RefreshRequest{Token: old})
	require.NoError(t, err)
	session, err = f.Refresh(ctx, phoneauth.RefreshRequest{Token: session.RefreshToken})
	require.NoError(t, err)
	_, err = f.Refresh(ctx, phoneauth.RefreshRequest{Token: old})
	require.ErrorIs(t, err, phoneauth.ErrInvalidToken)
	seen(f, session, err)

	third := "+201061797842"
	pr := phoneauth.PasswordRequest{Phone: third, Password: password, Client: suite.FreshClient()}
	p, err = f.RegisterPassword(ctx, pr)
	require.NoError(t, err)
	seen(f, pr, err)
	session, err = f.Login(ctx, phoneauth.LoginRequest{
		Purpose: phoneauth.PurposePasswordRegistration, ChallengeToken: seen(f, p, nil).ChallengeToken, Code: f.Inbox.Code(t, third),
	})
	require.NoError(t, err)
	seen(f, session, err)
	_, code = register(phoneauth.RegisterRequest{Phone: third, Purpose: "payment"})
	proof, err = f.Verify(ctx, phoneauth.VerifyRequest{Phone: third, Purpose: "payment", Code: code})
	require.NoError(t, err)
	seen(f, proof, err)
	redeem := seen(f, phoneauth.RedeemRequest{Token: proof.Token, Purpose: "payment"}, nil)
	proof, err = f.Redeem(ctx, redeem)
	require.NoError(t, err)
	seen(f, proof, err)
	f.Inbox.FailNext(&phoneauth.SendError{Class: phoneauth.Permanent, Code: "21610"}, errDriver)
	for range 2 {
		_, err = f.Register(ctx, phoneauth.RegisterRequest{Phone: third})
		f.errs = append(f.errs, err)
	}
	f.errs = append(f.errs, f.SetBlocked(ctx, session.User.ID, true))
	_, code = register(phoneauth.RegisterRequest{Phone: third})
	blocked, err := f.Login(ctx, phoneauth.LoginRequest{Phone: third, Code: code})
	require.ErrorIs(t, err, phoneauth.ErrBlocked)
	seen(f, blocked, err)
	f.errs = append(f.errs, f.Unlock(ctx, third), f.Logout(ctx, session.RefreshToken), f.LogoutAll(ctx, session.User.ID))
	_, err = f.Register(ctx, phoneauth.RegisterRequest{Phone: "+201199999987"})
	f.errs = append(f.errs, err)
	_, err = f.Login(ctx, phoneauth.LoginRequest{Phone: "+201199999987", Code: "7373737373"})
	require.NoError(t, err)
	user, err := f.Store.UserByPhone(ctx, phoneauth.StoredPhone(next))
	require.NoError(t, err)
	seen(f, user, err)
	require.NoError(t, f.Close(ctx))
}
