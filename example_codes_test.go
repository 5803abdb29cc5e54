package phoneauth_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/phoneauth/phoneauth"
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
