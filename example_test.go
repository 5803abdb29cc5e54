package phoneauth_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/memstore"
	"github.com/phoneauth/phoneauth/phonetest"
)

// exampleService has everything in memory, and an inbox in place of a phone. Real keys
// are 32 random bytes each, and kept apart from the database.
func exampleService() (*phoneauth.Service, *phonetest.Inbox) {
	inbox := phonetest.New()
	svc, err := phoneauth.New(phoneauth.Config{
		Name:   "Acme",
		Store:  memstore.New(),
		Sender: inbox,
		Keys: phoneauth.Keys{
			Index:   bytes.Repeat([]byte{1}, 32),
			Secrets: []phoneauth.Key{{ID: "2026", Secret: bytes.Repeat([]byte{2}, 32)}},
		},
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		panic(err)
	}
	return svc, inbox
}

// received is the code that the phone shows.
func received(inbox *phonetest.Inbox, phone string) string {
	code, err := inbox.WaitCode(context.Background(), phone)
	if err != nil {
		panic(err)
	}
	return code
}

// New says everything that is wrong with its Config at once.
func ExampleNew() {
	_, err := phoneauth.New(phoneauth.Config{Store: memstore.New(), Sender: phonetest.New()})
	fmt.Println(err)
	// Output:
	// phoneauth: config: Keys.Index: must be at least 32 bytes, has 0
	// phoneauth: config: Keys.Secrets: is required
}

// Register sends a code, and Login takes it back: the account is made by the first one.
func ExampleService_Login() {
	svc, inbox := exampleService()
	ctx := context.Background()
	for range 2 {
		if _, err := svc.Register(ctx, phoneauth.RegisterRequest{Phone: "+201061797840"}); err != nil {
			var limit *phoneauth.LimitError
			fmt.Println("again in a minute:", errors.As(err, &limit))
			continue
		}
		session, err := svc.Login(ctx, phoneauth.LoginRequest{Phone: "+20 106 179 7840", Code: received(inbox, "+201061797840")})
		fmt.Println(session.User.Phone, session.New, err)
	}
	// Output:
	// +20******7840 true <nil>
	// again in a minute: true
}

// Verify and Connect are the two steps of Login, for clients that ask for a profile in
// between, say.
func ExampleService_Connect() {
	svc, inbox := exampleService()
	ctx := context.Background()
	pending, _ := svc.Register(ctx, phoneauth.RegisterRequest{Phone: "+201061797840"})
	proof, err := svc.Verify(ctx, phoneauth.VerifyRequest{SessionToken: pending.SessionToken, Code: received(inbox, "+201061797840")})
	fmt.Println(proof.Phone, err)
	session, err := svc.Connect(ctx, phoneauth.ConnectRequest{Token: proof.Token})
	fmt.Println(session.New, err)
	_, err = svc.Connect(ctx, phoneauth.ConnectRequest{Token: proof.Token})
	fmt.Println(err)
	// Output:
	// +20******7840 <nil>
	// true <nil>
	// phoneauth: phone number is taken
}

// A purpose of the host's own proves that somebody holds a phone, and signs nobody in.
func ExampleService_Redeem() {
	svc, inbox := exampleService()
	ctx := context.Background()
	const payment = phoneauth.Purpose("payment")
	_, _ = svc.Register(ctx, phoneauth.RegisterRequest{Phone: "+201061797840", Purpose: payment, Subject: "order 7"})
	proof, _ := svc.Verify(ctx, phoneauth.VerifyRequest{
		Phone: "+201061797840", Code: received(inbox, "+201061797840"), Purpose: payment, Subject: "order 7",
	})
	_, err := svc.Redeem(ctx, phoneauth.RedeemRequest{Token: proof.Token, Purpose: payment, Subject: "order 8"})
	fmt.Println(err)
	paid, err := svc.Redeem(ctx, phoneauth.RedeemRequest{Token: proof.Token, Purpose: payment, Subject: "order 7"})
	fmt.Println(paid.Phone, err)
	// Output:
	// phoneauth: invalid token
	// +20******7840 <nil>
}

// A password waits for the proof of the number, and makes the account with it.
func ExampleService_RegisterPassword() {
	svc, inbox := exampleService()
	ctx := context.Background()
	pending, _ := svc.RegisterPassword(ctx, phoneauth.PasswordRequest{Phone: "+201061797840", Password: "correct horse"})
	_, err := svc.LoginPassword(ctx, phoneauth.PasswordLoginRequest{Phone: "+201061797840", Password: "correct horse"})
	fmt.Println(err)
	_, err = svc.Login(ctx, phoneauth.LoginRequest{
		Purpose: phoneauth.PurposePasswordRegistration, SessionToken: pending.SessionToken, Code: received(inbox, "+201061797840"),
	})
	fmt.Println(err)
	_, err = svc.LoginPassword(ctx, phoneauth.PasswordLoginRequest{Phone: "+201061797840", Password: "correct horse"})
	fmt.Println(err)
	// Output:
	// phoneauth: wrong phone number or password
	// <nil>
	// <nil>
}

// A refresh token is used once; used again, after a moment, it ends its session.
func ExampleService_Refresh() {
	svc, inbox := exampleService()
	ctx := context.Background()
	_, _ = svc.Register(ctx, phoneauth.RegisterRequest{Phone: "+201061797840"})
	session, _ := svc.Login(ctx, phoneauth.LoginRequest{Phone: "+201061797840", Code: received(inbox, "+201061797840")})
	next, err := svc.Refresh(ctx, phoneauth.RefreshRequest{Token: session.Refresh})
	fmt.Println(next.Refresh != session.Refresh, err)
	_ = svc.Logout(ctx, next.Refresh)
	_, err = svc.Refresh(ctx, phoneauth.RefreshRequest{Token: next.Refresh})
	fmt.Println(err)
	// Output:
	// true <nil>
	// phoneauth: invalid token
}

// The handlers speak the four APIs; Require protects a route of the host's own.
func ExampleService_Handler() {
	svc, inbox := exampleService()
	mux := http.NewServeMux()
	mux.Handle("/auth/", http.StripPrefix("/auth", svc.Handler(phoneauth.PhoneAPI, phoneauth.LoginAPI)))
	mux.Handle("/orders", svc.Require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		claims, _ := phoneauth.UserFrom(r.Context())
		fmt.Fprintln(w, "the orders of user", claims.UserID)
	})))
	server := httptest.NewServer(mux)
	defer server.Close()

	post := func(path, body string) string {
		resp, err := http.Post(server.URL+path, "application/json", strings.NewReader(body))
		if err != nil {
			panic(err)
		}
		defer resp.Body.Close()
		answer, _ := io.ReadAll(resp.Body)
		return fmt.Sprint(resp.StatusCode, strings.Contains(string(answer), `"first_sign_in":true`))
	}
	fmt.Println(post("/auth/api/phone/register", `{"phone_number":"+201061797840"}`))
	fmt.Println(post("/auth/api/v1/login", `{"user":{"phone":"+201061797840","sms_code":"`+received(inbox, "+201061797840")+`"}}`))
	resp, _ := http.Get(server.URL + "/orders")
	fmt.Println(resp.StatusCode)
	// Output:
	// 200 false
	// 200 true
	// 401
}
