package phoneauth_test

import (
	"context"
	"fmt"

	"github.com/phoneauth/phoneauth"
)

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
