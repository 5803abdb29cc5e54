package phoneauth_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

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

// ParsePhone knows every spelling of a number. What it returns prints masked.
func ExampleParsePhone() {
	for _, typed := range []string{"+20 106 179 7840", "0106 179 7840", "201061797840", "call me"} {
		phone, err := phoneauth.ParsePhone(typed, "EG")
		fmt.Println(phone.E164(), phone, err)
	}
	// Output:
	// +201061797840 +20******7840 <nil>
	// +201061797840 +20******7840 <nil>
	// +201061797840 +20******7840 <nil>
	//   phoneauth: invalid phone number
}

// Numbering plans change. A number in your table that parses to another one, or to none,
// belongs to an account that nobody finds any more.
func ExampleStoredPhone() {
	for _, number := range []string{"+5215512345678", "+525512345678"} {
		stored := phoneauth.StoredPhone(number)
		typed, err := phoneauth.ParsePhone(stored.E164(), "")
		fmt.Println(stored.E164(), "is found:", err == nil && typed == stored)
	}
	// Output:
	// +5215512345678 is found: false
	// +525512345678 is found: true
}

// Keys are made once, written by Encode, and read at every start.
func ExampleGenerateKeys() {
	made := phoneauth.GenerateKeys()
	file := made.Encode() // os.WriteFile("phoneauth.key", file, 0o600)

	keys, err := phoneauth.ParseKeys(file)
	fmt.Println(len(keys.Secrets), keys.Secrets[0].ID, err)
	// Output:
	// 1 1 <nil>
}

// Nothing but Encode writes keys: what prints or encodes them shows that there are some.
func ExampleKeys_Encode() {
	keys := phoneauth.GenerateKeys()
	text, _ := json.Marshal(map[string]any{"keys": keys})
	fmt.Println(string(text))
	fmt.Println(keys)
	// Output:
	// {"keys":"[redacted]"}
	// [redacted]
}

// ParseKeys names what is wrong, and quotes nothing of the file.
func ExampleParseKeys() {
	_, err := phoneauth.ParseKeys([]byte(`{"index": "c2hvcnQ=", "secrets": []}`))
	fmt.Println(err)
	// Output:
	// phoneauth: keys: Keys.Index: must be at least 32 bytes, has 5
	// phoneauth: keys: Keys.Secrets: is required
}

// A Secret prints redacted. Converting it to string is the one way to its value.
func ExampleSecret() {
	token := phoneauth.Secret("eyJhbGciOiJIUzI1NiJ9")
	fmt.Println(token)
	fmt.Println(string(token))
	// Output:
	// [redacted]
	// eyJhbGciOiJIUzI1NiJ9
}

func ExampleSegments() {
	for _, text := range []string{
		"012345 est votre code de connexion à Acme.",
		"012345 est votre code reçu d'Acme.",
	} {
		n, encoding := phoneauth.Segments(text)
		fmt.Println(n, encoding)
	}
	// Output:
	// 1 GSM-7
	// 1 UCS-2
}

// The time of these examples, and as the microseconds in which a store keeps instants.
var (
	exampleNow = time.Date(2030, 1, 2, 15, 0, 0, 0, time.UTC)
	exampleUS  = exampleNow.UnixMicro()
)

// clock is an instant of the examples as the time of its day.
func clock(us int64) string { return time.UnixMicro(us).UTC().Format(time.TimeOnly) }

// Two are admitted at once, then one a minute. All that is kept is one instant, the tat.
func ExampleTake_Taken() {
	take := phoneauth.Take{Name: "codes", Limit: phoneauth.Limit{Burst: 2, Every: time.Minute}, Cost: 1}
	tat := int64(phoneauth.NoTAT)
	for range 3 {
		next, err := take.Taken(tat, exampleUS)
		if refused, ok := errors.AsType[*phoneauth.LimitError](err); ok {
			fmt.Println(refused.Limit, "refuses for", refused.RetryAfter)
		}
		tat = next
		fmt.Println("tat", clock(tat))
	}
	// Output:
	// tat 15:01:00
	// tat 15:02:00
	// codes refuses for 1m0s
	// tat 15:02:00
}

// A store may forget the score at ForgetAt: four times the longer decay after its change.
func ExampleScoreState_Charged() {
	charge := phoneauth.Charge{
		Score:  phoneauth.Score{Name: "country", Max: 100, DebtDecay: time.Hour, CreditDecay: 2 * time.Hour},
		Amount: 60,
	}
	score, err := phoneauth.ScoreState{}.Charged(&charge, exampleUS)
	fmt.Println(score.Value, clock(score.ChangedAt), clock(score.ForgetAt), err)

	same, err := score.Charged(&charge, exampleUS)
	refused, _ := errors.AsType[*phoneauth.LimitError](err)
	fmt.Println(same.Value, refused.Limit, "refuses for", refused.RetryAfter.Round(time.Second))
	// Output:
	// 60 15:00:00 23:00:00 <nil>
	// 60 country refuses for 23m35s
}

// A positive score fades with DebtDecay, to about 37 % in that time.
func ExampleScoreState_Faded() {
	of := phoneauth.Score{DebtDecay: time.Hour, CreditDecay: 2 * time.Hour}
	score := phoneauth.ScoreState{}.Credited(&of, -60, exampleUS)
	for _, later := range []time.Duration{0, time.Hour, 2 * time.Hour, 8 * time.Hour} {
		fmt.Printf("%.2f\n", score.Faded(&of, exampleUS+later.Microseconds()))
	}
	// Output:
	// 60.00
	// 22.07
	// 8.12
	// 0.00
}

// The second failure locks for a minute, the third for an hour.
func ExampleLockoutState_Failed() {
	lockout := phoneauth.Lockout{
		Name: "wrong codes", Key: "k", TTL: 24 * time.Hour,
		Steps: []phoneauth.LockoutStep{{Failures: 2, Wait: time.Minute}, {Failures: 3, Wait: time.Hour}},
	}
	var state phoneauth.LockoutState
	now := exampleUS
	for range 3 {
		state = state.Failed(&lockout, now)
		fmt.Println("failure", state.Failures, state.Refusal(&lockout, now))
		now = max(now, state.LockedUntil)
	}
	// Output:
	// failure 1 <nil>
	// failure 2 phoneauth: limit wrong codes: retry after 1m0s
	// failure 3 phoneauth: limit wrong codes: retry after 1h0m0s
}

// A token is good once. The previous one is answered for as long as Grace, since the
// answer may have been lost. Later it says that a token was stolen, and ends the session.
func ExampleRotation_Apply() {
	session := phoneauth.SessionRecord{
		ID: "s", Digest: []byte("first"), CreatedAt: exampleNow,
		IdleUntil: exampleNow.Add(time.Hour), ExpiresAt: exampleNow.Add(24 * time.Hour),
	}
	rotate := func(digest string, after time.Duration) {
		now := exampleNow.Add(after)
		next, write, err := phoneauth.Rotation{
			ID: "s", Digest: []byte(digest), Next: []byte("second"),
			Grace: 10 * time.Second, IdleUntil: now.Add(time.Hour), Now: now,
		}.Apply(session)
		fmt.Printf("%s now, write %t, error %v\n", next.Digest, write, err)
		if write && err == nil {
			session = next
		}
	}
	rotate("first", time.Minute)
	rotate("first", time.Minute+time.Second)
	rotate("first", time.Minute+10*time.Second)
	// Output:
	// second now, write true, error <nil>
	// second now, write false, error <nil>
	// second now, write true, error phoneauth: refresh token reused
}

// The session that was unused longest ends. One by password ends only one by password.
// The wrapper that was made last is called first.
func ExampleWrapStore() {
	telling := func(name string) phoneauth.Around {
		return func(ctx context.Context, verb string, call func(context.Context) error) error {
			fmt.Println(name, "begins", verb)
			defer fmt.Println(name, "ends")
			return call(ctx)
		}
	}
	store := phoneauth.WrapStore(phoneauth.WrapStore(memstore.New(), telling("inner")), telling("outer"))
	_, err := store.UserByID(context.Background(), "1")
	fmt.Println(err == phoneauth.ErrNotFound)
	// Output:
	// outer begins UserByID
	// inner begins UserByID
	// inner ends
	// outer ends
	// true
}

func ExampleNewSession_Evict() {
	session := func(id string, byPassword bool, age time.Duration) phoneauth.SessionRecord {
		return phoneauth.SessionRecord{
			ID: id, UserID: "1", ByPassword: byPassword, CreatedAt: exampleNow.Add(-age),
			IdleUntil: exampleNow.Add(time.Hour), ExpiresAt: exampleNow.Add(24 * time.Hour),
		}
	}
	live := []phoneauth.SessionRecord{session("new", true, time.Minute), session("old", false, time.Hour)}
	for _, byPassword := range []bool{false, true} {
		n := phoneauth.NewSession{Session: session("s", byPassword, 0), Most: 2, Now: exampleNow}
		evicted, err := n.Evict(live)
		fmt.Println(evicted.ID, "ends", err)
	}
	evicted, err := phoneauth.NewSession{Session: session("s", false, 0), Most: 3, Now: exampleNow}.Evict(live)
	fmt.Println(evicted == nil, err)
	// Output:
	// old ends <nil>
	// new ends <nil>
	// true <nil>
}

// An update holds for one epoch of the user, and raises it.
func ExampleUserUpdate_Apply() {
	user := phoneauth.User{ID: "1", Phone: phoneauth.StoredPhone("+201061797840"), Epoch: 4}
	blocked := true
	update := phoneauth.UserUpdate{UserID: "1", Epoch: 4, Blocked: &blocked, Now: exampleNow}
	user, err := update.Apply(user)
	fmt.Println(user.Blocked, user.Epoch, user.UpdatedAt.Format(time.TimeOnly), err)

	_, err = update.Apply(user)
	fmt.Println(errors.Is(err, phoneauth.ErrStale))
	// Output:
	// true 5 15:00:00 <nil>
	// true
}
