package phoneauth_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/memstore"
	"github.com/phoneauth/phoneauth/phonetest"
)

// Register sends a code. Asked again within a minute it is a LimitError, which says how
// long to wait.
func ExampleService_Register() {
	svc, _ := exampleService()
	ctx := context.Background()
	pending, err := svc.Register(ctx, phoneauth.RegisterRequest{Phone: "+20 106 179 7840"})
	fmt.Println(pending.Phone, pending.CodeLength, "digits,", pending.TriesLeft, "tries", err)

	_, err = svc.Register(ctx, phoneauth.RegisterRequest{Phone: "+201061797840"})
	if limit, ok := errors.AsType[*phoneauth.LimitError](err); ok {
		fmt.Println("again in a minute:", limit.RetryAfter > 0)
	}
	// Output:
	// +20******7840 6 digits, 5 tries <nil>
	// again in a minute: true
}

// Login takes the code back, and signs in. The first sign-in makes the account.
func ExampleService_Login() {
	svc, inbox := exampleService()
	ctx := context.Background()
	_, _ = svc.Register(ctx, phoneauth.RegisterRequest{Phone: "+201061797840"})
	session, err := svc.Login(ctx, phoneauth.LoginRequest{
		Phone: "+201061797840",
		Code:  received(inbox, "+201061797840"),
	})
	fmt.Println(session.User.Phone, "is new:", session.New, err)
	// Output:
	// +20******7840 is new: true <nil>
}

// Whoever brings the token of the challenge hears how many tries a wrong code has left.
// Whoever has nothing but the number does not.
func ExampleCodeError() {
	svc, inbox := exampleService()
	ctx := context.Background()
	pending, _ := svc.Register(ctx, phoneauth.RegisterRequest{Phone: "+201061797840"})
	wrong := guess(received(inbox, "+201061797840"))
	_, err := svc.Verify(ctx, phoneauth.VerifyRequest{ChallengeToken: pending.ChallengeToken, Code: wrong})
	if code, ok := errors.AsType[*phoneauth.CodeError](err); ok {
		fmt.Println(code.TriesLeft, "tries left")
	}
	fmt.Println(errors.Is(err, phoneauth.ErrInvalidCode))
	// Output:
	// 4 tries left
	// true
}

// Verify turns a code into a proof, and signs nobody in. The proof is good for 5 minutes,
// once: a client can ask for a profile meanwhile.
func ExampleService_Verify() {
	svc, inbox := exampleService()
	ctx := context.Background()
	pending, _ := svc.Register(ctx, phoneauth.RegisterRequest{Phone: "+201061797840"})
	proof, err := svc.Verify(ctx, phoneauth.VerifyRequest{
		ChallengeToken: pending.ChallengeToken,
		Code:           received(inbox, "+201061797840"),
	})
	fmt.Println(proof.Phone, proof.Purpose, err)
	// Output:
	// +20******7840 sign_in <nil>
}

// Connect signs in with a proof, once.
func ExampleService_Connect() {
	svc, inbox := exampleService()
	ctx := context.Background()
	_, _ = svc.Register(ctx, phoneauth.RegisterRequest{Phone: "+201061797840"})
	proof, _ := svc.Verify(ctx, phoneauth.VerifyRequest{Phone: "+201061797840", Code: received(inbox, "+201061797840")})

	session, err := svc.Connect(ctx, phoneauth.ConnectRequest{Token: proof.Token})
	fmt.Println(session.New, err)
	_, err = svc.Connect(ctx, phoneauth.ConnectRequest{Token: proof.Token})
	fmt.Println(err)
	// Output:
	// true <nil>
	// phoneauth: invalid token: it was used
}

// A purpose of the host's own proves that somebody holds a phone, and signs nobody in. The
// subject binds the proof to one order.
func ExampleService_Redeem() {
	svc, inbox := exampleService()
	ctx := context.Background()
	const payment = phoneauth.Purpose("payment")
	_, _ = svc.Register(ctx, phoneauth.RegisterRequest{Phone: "+201061797840", Purpose: payment, BoundTo: "order 7"})
	proof, _ := svc.Verify(ctx, phoneauth.VerifyRequest{
		Phone: "+201061797840", Code: received(inbox, "+201061797840"), Purpose: payment, BoundTo: "order 7",
	})
	_, err := svc.Redeem(ctx, phoneauth.RedeemRequest{Token: proof.Token, Purpose: payment, BoundTo: "order 8"})
	fmt.Println(err)
	paid, err := svc.Redeem(ctx, phoneauth.RedeemRequest{Token: proof.Token, Purpose: payment, BoundTo: "order 7"})
	fmt.Println(paid.Phone, err)
	// Output:
	// phoneauth: invalid token
	// +20******7840 <nil>
}

// A known device may be asked for a code, and may sign in, while strangers have locked the
// number.
func ExampleClient_device() {
	svc, inbox := exampleService(func(cfg *phoneauth.Config) {
		cfg.Limits.PhoneSends = []phoneauth.Limit{{Burst: 100, Every: time.Second}}
	})
	ctx := context.Background()
	device := phoneauth.ClientInfo{Device: signedIn(svc, inbox, "+201061797840").DeviceToken}
	for range 2 { // ten wrong codes in a row lock a number for 15 minutes
		_, _ = svc.Register(ctx, phoneauth.RegisterRequest{Phone: "+201061797840"})
		wrong := guess(received(inbox, "+201061797840"))
		for range 5 {
			_, _ = svc.Verify(ctx, phoneauth.VerifyRequest{Phone: "+201061797840", Code: wrong})
		}
	}
	_, err := svc.Register(ctx, phoneauth.RegisterRequest{Phone: "+201061797840"})
	fmt.Println("a stranger is refused:", err != nil)

	_, err = svc.Register(ctx, phoneauth.RegisterRequest{Phone: "+201061797840", Client: device})
	fmt.Println(err)
	_, err = svc.Login(ctx, phoneauth.LoginRequest{
		Phone: "+201061797840", Code: received(inbox, "+201061797840"), Client: device,
	})
	fmt.Println(err)
	// Output:
	// a stranger is refused: true
	// <nil>
	// <nil>
}

// A password waits for the proof of the number, and makes the account with it.
func ExampleService_RegisterPassword() {
	svc, inbox := exampleService()
	ctx := context.Background()
	pending, _ := svc.RegisterPassword(ctx, phoneauth.PasswordRequest{Phone: "+201061797840", Password: "correct horse"})
	_, err := svc.LoginPassword(ctx, phoneauth.PasswordLoginRequest{Phone: "+201061797840", Password: "correct horse"})
	fmt.Println(err)
	_, err = svc.Login(ctx, phoneauth.LoginRequest{
		Purpose: phoneauth.PurposePasswordRegistration, ChallengeToken: pending.ChallengeToken, Code: received(inbox, "+201061797840"),
	})
	fmt.Println(err)
	_, err = svc.LoginPassword(ctx, phoneauth.PasswordLoginRequest{Phone: "+201061797840", Password: "correct horse"})
	fmt.Println(err)
	// Output:
	// phoneauth: wrong phone number or password
	// <nil>
	// <nil>
}

// RecoverPassword sets a new password with a code, and ends every session.
func ExampleService_RecoverPassword() {
	svc, inbox := exampleService(func(cfg *phoneauth.Config) { cfg.Limits.InsecureOff = true })
	ctx := context.Background()
	session := signedIn(svc, inbox, "+201061797840")
	_, err := svc.Register(ctx, phoneauth.RegisterRequest{Phone: "+201061797840", Purpose: phoneauth.PurposePasswordReset})
	fmt.Println(err)
	phone, err := svc.RecoverPassword(ctx, phoneauth.RecoverRequest{
		Phone: "+201061797840", Code: received(inbox, "+201061797840"), Password: "correct horse",
	})
	fmt.Println(phone, err)
	_, err = svc.Refresh(ctx, phoneauth.RefreshRequest{Token: session.RefreshToken})
	fmt.Println(err)
	// Output:
	// <nil>
	// +20******7840 <nil>
	// phoneauth: invalid token
}

// ChangePassword is for somebody who has just signed in. It ends every other session.
func ExampleService_ChangePassword() {
	svc, inbox := exampleService()
	ctx := context.Background()
	claims, _ := svc.Authenticate(ctx, signedIn(svc, inbox, "+201061797840").AccessToken)
	_, err := svc.ChangePassword(ctx, claims, phoneauth.ChangePasswordRequest{New: "short"})
	fmt.Println(err)
	session, err := svc.ChangePassword(ctx, claims, phoneauth.ChangePasswordRequest{New: "correct horse"})
	fmt.Println(session.User.ID, err)
	// Output:
	// phoneauth: password is too short (minimum is 8 characters)
	// 1 <nil>
}

// ChangePhone gives the account another number, which was proved for this user.
func ExampleService_ChangePhone() {
	svc, inbox := exampleService()
	ctx := context.Background()
	claims, _ := svc.Authenticate(ctx, signedIn(svc, inbox, "+201061797840").AccessToken)
	_, _ = svc.Register(ctx, phoneauth.RegisterRequest{
		Phone: "+33600000178", Purpose: phoneauth.PurposePhoneChange, BoundTo: claims.UserID,
	})
	proof, _ := svc.Verify(ctx, phoneauth.VerifyRequest{
		Phone: "+33600000178", Code: received(inbox, "+33600000178"),
		Purpose: phoneauth.PurposePhoneChange, BoundTo: claims.UserID,
	})
	session, err := svc.ChangePhone(ctx, claims, phoneauth.ConnectRequest{Token: proof.Token})
	fmt.Println(session.User.Phone, err)
	// Output:
	// +33*****0178 <nil>
}

// SetBlocked ends the sessions of an account and lets nobody in.
func ExampleService_SetBlocked() {
	svc, inbox := exampleService()
	ctx := context.Background()
	session := signedIn(svc, inbox, "+201061797840")
	fmt.Println(svc.SetBlocked(ctx, session.User.ID, true))
	_, err := svc.Refresh(ctx, phoneauth.RefreshRequest{Token: session.RefreshToken})
	fmt.Println(err)
	fmt.Println(svc.SetBlocked(ctx, session.User.ID, false))
	fmt.Println(svc.SetBlocked(ctx, "nobody", true))
	// Output:
	// <nil>
	// phoneauth: invalid token
	// <nil>
	// phoneauth: not found
}

// Unlock is for a support desk: the number may be sent codes again, and may guess again.
func ExampleService_Unlock() {
	svc, _ := exampleService()
	ctx := context.Background()
	_, _ = svc.Register(ctx, phoneauth.RegisterRequest{Phone: "+201061797840"})
	_, err := svc.Register(ctx, phoneauth.RegisterRequest{Phone: "+201061797840"})
	fmt.Println("refused:", err != nil)
	fmt.Println(svc.Unlock(ctx, "+201061797840"))
	_, err = svc.Register(ctx, phoneauth.RegisterRequest{Phone: "+201061797840"})
	fmt.Println(err)
	// Output:
	// refused: true
	// <nil>
	// <nil>
}

// DeleteUser removes the account of somebody who has just signed in. The number is free.
func ExampleService_DeleteUser() {
	svc, inbox := exampleService()
	ctx := context.Background()
	claims, _ := svc.Authenticate(ctx, signedIn(svc, inbox, "+201061797840").AccessToken)
	fmt.Println(svc.DeleteUser(ctx, claims))
	_, err := svc.User(ctx, claims)
	fmt.Println(err)
	// Output:
	// <nil>
	// phoneauth: not signed in
}

// Authenticate says who an access token is. It reads no store.
func ExampleService_Authenticate() {
	svc, inbox := exampleService()
	ctx := context.Background()
	claims, err := svc.Authenticate(ctx, signedIn(svc, inbox, "+201061797840").AccessToken)
	fmt.Println(claims.UserID, claims.AMR, err)
	_, err = svc.Authenticate(ctx, "junk")
	fmt.Println(err)
	// Output:
	// 1 [sms] <nil>
	// phoneauth: not signed in
}

// A refresh token is used once, and brings the next.
func ExampleService_Refresh() {
	svc, inbox := exampleService()
	session := signedIn(svc, inbox, "+201061797840")
	next, err := svc.Refresh(context.Background(), phoneauth.RefreshRequest{Token: session.RefreshToken})
	fmt.Println(next.RefreshToken != session.RefreshToken, next.ID == session.ID, err)
	// Output:
	// true true <nil>
}

// Logout ends one session.
func ExampleService_Logout() {
	svc, inbox := exampleService()
	ctx := context.Background()
	session := signedIn(svc, inbox, "+201061797840")
	fmt.Println(svc.Logout(ctx, session.RefreshToken))
	_, err := svc.Refresh(ctx, phoneauth.RefreshRequest{Token: session.RefreshToken})
	fmt.Println(err)
	// Output:
	// <nil>
	// phoneauth: invalid token
}

// LogoutAll ends every session of a user.
func ExampleService_LogoutAll() {
	svc, inbox := exampleService(func(cfg *phoneauth.Config) { cfg.Limits.InsecureOff = true })
	ctx := context.Background()
	phone, laptop := signedIn(svc, inbox, "+201061797840"), signedIn(svc, inbox, "+201061797840")
	fmt.Println(svc.LogoutAll(ctx, phone.User.ID))
	for _, session := range []*phoneauth.Session{phone, laptop} {
		_, err := svc.Refresh(ctx, phoneauth.RefreshRequest{Token: session.RefreshToken})
		fmt.Println(err)
	}
	// Output:
	// <nil>
	// phoneauth: invalid token
	// phoneauth: invalid token
}

// Reauthenticated is for what a stolen token must not do: it wants a session that is live,
// and a sign-in of the last five minutes.
func ExampleService_Reauthenticated() {
	svc, inbox := exampleService()
	ctx := context.Background()
	session := signedIn(svc, inbox, "+201061797840")
	claims, _ := svc.Authenticate(ctx, session.AccessToken)
	user, err := svc.Reauthenticated(ctx, claims)
	fmt.Println(user.Phone, err)
	_ = svc.Logout(ctx, session.RefreshToken)
	_, err = svc.Reauthenticated(ctx, claims) // the access token itself is still good
	fmt.Println(err)
	// Output:
	// +20******7840 <nil>
	// phoneauth: not signed in
}

// Other programs verify access tokens by public keys alone. They cannot sign.
func ExampleNewJWT() {
	ctx := context.Background()
	public, private, _ := ed25519.GenerateKey(nil)
	server, err := phoneauth.NewJWT(phoneauth.JWTConfig{
		Issuer: "https://auth.example.com", Audience: "example",
		Keys: []phoneauth.SigningKey{{ID: "2026", Key: private}},
	})
	fmt.Println(err)
	other, err := phoneauth.NewJWT(phoneauth.JWTConfig{
		Issuer: "https://auth.example.com", Audience: "example",
		Keys: []phoneauth.SigningKey{{ID: "2026", Key: public}},
	})
	fmt.Println(err)

	claims := phoneauth.Claims{UserID: "1", Subject: "0b9d6f0c", ExpiresAt: time.Now().Add(time.Minute)}
	token, _ := server.IssueToken(ctx, claims)
	verified, err := other.VerifyToken(ctx, token)
	fmt.Println(verified.UserID, err)
	_, err = other.IssueToken(ctx, claims)
	fmt.Println(err)
	// Output:
	// <nil>
	// <nil>
	// 1 <nil>
	// phoneauth: issue token: every key of this JWT is public: it verifies only
}

// BeforeSignIn may refuse whoever has proved a number: an invitation that is missing, say.
func ExampleConfig_beforeSignIn() {
	errNotInvited := errors.New("not invited")
	svc, inbox := exampleService(func(cfg *phoneauth.Config) {
		cfg.Hooks.BeforeSignIn = func(_ context.Context, in phoneauth.SignInInfo) error {
			if in.User.ID == "" { // signing in would make an account
				return errNotInvited
			}
			return nil
		}
	})
	ctx := context.Background()
	_, _ = svc.Register(ctx, phoneauth.RegisterRequest{Phone: "+201061797840"})
	_, err := svc.Login(ctx, phoneauth.LoginRequest{Phone: "+201061797840", Code: received(inbox, "+201061797840")})
	fmt.Println(errors.Is(err, phoneauth.ErrRefused), errors.Is(err, errNotInvited))
	// Output:
	// true true
}

// OnEvent is told what happened, without numbers and codes.
func ExampleConfig_onEvent() {
	svc, inbox := exampleService(func(cfg *phoneauth.Config) {
		cfg.Hooks.OnEvent = func(_ context.Context, e phoneauth.Event) { fmt.Println(e.Type, e.Phone, e.Region) }
	})
	signedIn(svc, inbox, "+201061797840")
	// Output:
	// code_sent +20******7840 EG
	// verified +20******7840 EG
	// signed_up +20******7840 EG
}

// Channels: the same code by SMS and by WhatsApp. Pending says when each may be asked for.
func ExampleChannel() {
	inbox := phonetest.New() // in a host: a sender for each
	svc, _ := phoneauth.New(phoneauth.Config{
		Store:    memstore.New(),
		Channels: []phoneauth.Channel{{Name: "sms", Sender: inbox}, {Name: "whatsapp", Sender: inbox}},
		Keys:     phoneauth.GenerateKeys(),
		Logger:   slog.New(slog.DiscardHandler),
	})
	pending, err := svc.Register(context.Background(), phoneauth.RegisterRequest{Phone: "+201061797840"})
	fmt.Println("sent by", pending.Channel, err)
	for _, c := range pending.Channels {
		fmt.Println(c.Name, "again in", time.Until(c.AvailableAt).Round(time.Second))
	}
	// Output:
	// sent by sms <nil>
	// sms again in 1m0s
	// whatsapp again in 30s
}
