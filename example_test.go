package phoneauth_test

import (
	"context"
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

// exampleService has everything in memory, and an inbox in place of a phone.
func exampleService(set ...func(*phoneauth.Config)) (*phoneauth.Service, *phonetest.Inbox) {
	inbox := phonetest.New()
	cfg := phoneauth.Config{
		Name:   "Acme",
		Store:  memstore.New(),
		Sender: inbox,
		Keys:   phoneauth.GenerateKeys(), // yours are read from a file: see ParseKeys
		Logger: slog.New(slog.DiscardHandler),
	}
	for _, s := range set {
		s(&cfg)
	}
	svc, err := phoneauth.New(cfg)
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

// guess is a code other than code.
func guess(code string) string {
	if code[0] == '0' {
		return "1" + code[1:]
	}
	return "0" + code[1:]
}

// signedIn is the session of somebody who has just signed in with a code.
func signedIn(svc *phoneauth.Service, inbox *phonetest.Inbox, phone string) *phoneauth.Session {
	ctx := context.Background()
	if _, err := svc.Register(ctx, phoneauth.RegisterRequest{Phone: phone}); err != nil {
		panic(err)
	}
	session, err := svc.Login(ctx, phoneauth.LoginRequest{Phone: phone, Code: received(inbox, phone)})
	if err != nil {
		panic(err)
	}
	return session
}

// The handlers speak the four APIs; Require protects a route of the host's own.
func ExampleService_Handler() {
	svc, inbox := exampleService()
	mux := http.NewServeMux()
	mux.Handle("/auth/", http.StripPrefix("/auth", svc.Handler(phoneauth.PhoneAPI, phoneauth.LoginAPI)))
	mux.Handle("/orders", svc.Require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		claims, _ := phoneauth.ClaimsFrom(r.Context())
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

// Require protects a route of the host's own. What it lets through has claims, and
// Service.User has the account.
func ExampleService_Require() {
	svc, inbox := exampleService()
	orders := svc.Require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		claims, _ := phoneauth.ClaimsFrom(r.Context())
		user, err := svc.User(r.Context(), claims)
		fmt.Println("the orders of", user.Phone, err)
	}))
	for _, token := range []phoneauth.Secret{"", signedIn(svc, inbox, "+201061797840").AccessToken} {
		r := httptest.NewRequest("GET", "/orders", nil)
		r.Header.Set("Authorization", "Bearer "+string(token))
		w := httptest.NewRecorder()
		orders.ServeHTTP(w, r)
		fmt.Println(w.Code)
	}
	// Output:
	// 401
	// the orders of +20******7840 <nil>
	// 200
}

// UserView adds what the host knows of a user to the documents that describe one.
func ExampleHTTPConfig_userView() {
	svc, inbox := exampleService(func(cfg *phoneauth.Config) {
		cfg.HTTP.UserView = func(_ context.Context, u phoneauth.User) (phoneauth.UserView, error) {
			return phoneauth.UserView{Attributes: map[string]any{"display_name": "user " + u.ID}}, nil
		}
	})
	r := httptest.NewRequest("GET", "/users/me", nil)
	r.Header.Set("Authorization", "Bearer "+string(signedIn(svc, inbox, "+201061797840").AccessToken))
	w := httptest.NewRecorder()
	svc.Handler(phoneauth.SessionAPI).ServeHTTP(w, r)
	fmt.Println(strings.Contains(w.Body.String(), `"display_name":"user 1"`))
	// Output:
	// true
}

// Pages of another origin are served if it is trusted: the handlers answer the preflight
// that a browser sends first.
func ExampleHTTPConfig_trustedOrigins() {
	svc, _ := exampleService(func(cfg *phoneauth.Config) {
		cfg.HTTP.TrustedOrigins = []string{"https://app.example.com"}
	})
	for _, origin := range []string{"https://app.example.com", "https://evil.example"} {
		r := httptest.NewRequest("OPTIONS", "/connect", nil)
		r.Header.Set("Origin", origin)
		r.Header.Set("Access-Control-Request-Method", "POST")
		w := httptest.NewRecorder()
		svc.Handler().ServeHTTP(w, r)
		fmt.Println(w.Code, w.Header().Get("Access-Control-Allow-Methods"))
	}
	// Output:
	// 204 POST
	// 405
}
