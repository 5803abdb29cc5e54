package phoneauth_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"time"

	"github.com/phoneauth/phoneauth"
)

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
