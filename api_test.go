package phoneauth_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/memstore"
	"github.com/phoneauth/phoneauth/phonetest"
)

// The numbers of the four documents, and one more of the first's block.
const (
	apiCairo     = "+201061797840"
	apiCairo2    = "+201061797842"
	apiDelhi     = "+918076512310" // +9180765XXX10, the masked digits replaced
	apiSingapore = "+6584932466"
	apiParis     = "+33600000178"

	apiPassword = "12345678"
)

var apiKeys = phoneauth.Keys{
	Index:   []byte(strings.Repeat("i", 32)),
	Secrets: []phoneauth.Key{{ID: "1", Secret: []byte(strings.Repeat("s", 32))}},
}

// apiServer is a Service behind its handler, with the phones and the store in reach.
type apiServer struct {
	t       testing.TB
	svc     *phoneauth.Service
	inbox   *phonetest.Inbox
	store   *apiStore
	handler http.Handler
	log     *apiLog
	clients int
	trusted []string // origins
}

// apiTest runs f in a bubble of its own: the clock stands still until f sleeps.
func apiTest(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, f)
}

// newAPI serves all routes under the default limits, with Singapore as home.
func newAPI(t testing.TB, mutate ...func(*phoneauth.Config)) *apiServer {
	t.Helper()
	s := &apiServer{t: t, inbox: phonetest.New(), log: &apiLog{}}
	s.store = newAPIStore(memstore.New())
	cfg := phoneauth.Config{
		Store:   s.store,
		Sender:  s.inbox,
		Keys:    apiKeys,
		Numbers: phoneauth.NumberRules{DefaultRegion: "SG"},
		Logger:  slog.New(slog.NewJSONHandler(s.log, nil)),
	}
	for _, m := range mutate {
		m(&cfg)
	}
	var err error
	s.svc, err = phoneauth.New(cfg)
	require.NoError(t, err)
	s.trusted = cfg.HTTP.TrustedOrigins
	s.handler = s.svc.Handler()
	return s
}

// apiLimitsOff is for what sends more than people do.
func apiLimitsOff(cfg *phoneauth.Config) { cfg.Limits.InsecureOff = true }

type apiLog struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *apiLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *apiLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// apiClient is one client at an address of its own. A browser keeps cookies.
type apiClient struct {
	*apiServer
	addr    string
	bearer  string
	browser bool
	cookies map[string]string
	header  map[string]string
}

func (s *apiServer) client() *apiClient {
	s.clients++
	return &apiClient{
		apiServer: s,
		addr:      fmt.Sprintf("198.51.%d.%d:4711", s.clients/250, 1+s.clients%250),
		cookies:   map[string]string{},
		header:    map[string]string{},
	}
}

func (s *apiServer) newBrowser() *apiClient {
	c := s.client()
	c.browser = true
	return c
}

// apiBody is a JSON object; a string is sent as it is.
type apiBody = map[string]any

func (c *apiClient) request(method, path string, body any) *http.Request {
	text, raw := body.(string)
	if !raw && body != nil {
		data, err := json.Marshal(body)
		require.NoError(c.t, err)
		text = string(data)
	}
	r := httptest.NewRequest(method, path, strings.NewReader(text))
	r.RemoteAddr = c.addr
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if c.bearer != "" {
		r.Header.Set("Authorization", "Bearer "+c.bearer)
	}
	for name, value := range c.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	for name, value := range c.header {
		r.Header.Set(name, value)
	}
	return r
}

// do sends a request and checks what holds for every answer.
func (c *apiClient) do(method, path string, body any) *apiAnswer {
	c.t.Helper()
	w := httptest.NewRecorder()
	phoneauth.Recorded(c.handler).ServeHTTP(w, c.request(method, path, body))
	a := &apiAnswer{t: c.t, path: path, status: w.Code, header: w.Header(), text: w.Body.String(), cookies: w.Result().Cookies()}
	a.checkHeaders()
	if origin := a.header.Get("Access-Control-Allow-Origin"); origin != "" {
		assert.Contains(c.t, c.trusted, origin)
	}
	if c.browser {
		for _, cookie := range a.cookies {
			c.cookies[cookie.Name] = cookie.Value
			if cookie.MaxAge < 0 {
				delete(c.cookies, cookie.Name)
			}
		}
	}
	return a
}

func (c *apiClient) post(path string, body any) *apiAnswer {
	c.t.Helper()
	return c.do("POST", path, body)
}

func (c *apiClient) put(path string, body any) *apiAnswer {
	c.t.Helper()
	return c.do("PUT", path, body)
}

// apiAnswer is what came back.
type apiAnswer struct {
	t       testing.TB
	path    string
	status  int
	header  http.Header
	text    string
	cookies []*http.Cookie
}

func (a *apiAnswer) checkHeaders() {
	a.t.Helper()
	assert.Equal(a.t, "no-store", a.header.Get("Cache-Control"), a.path)
	assert.Equal(a.t, "nosniff", a.header.Get("X-Content-Type-Options"), a.path)
	if a.status == 204 {
		assert.Empty(a.t, a.text)
		assert.Empty(a.t, a.header.Get("Content-Type"))
	} else {
		assert.Equal(a.t, "application/json; charset=utf-8", a.header.Get("Content-Type"), a.path)
	}
	assert.Equal(a.t, a.status == 405, a.header.Get("Allow") != "", "Allow")
	wait, err := strconv.Atoi(a.header.Get("Retry-After"))
	assert.Equal(a.t, a.status == 429, err == nil && wait >= 1, "Retry-After")
	if a.status >= 300 {
		assert.Empty(a.t, a.cookies, "a refusal sets no cookie")
	}
}

// get walks down the names and indices of a dotted path; nil is what is not there.
func (a *apiAnswer) get(path string) any {
	a.t.Helper()
	var v any
	require.NoError(a.t, json.Unmarshal([]byte(a.text), &v), a.text)
	for name := range strings.SplitSeq(path, ".") {
		switch in := v.(type) {
		case map[string]any:
			v = in[name]
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i >= len(in) {
				return nil
			}
			v = in[i]
		default:
			return nil
		}
	}
	return v
}

func (a *apiAnswer) str(path string) string {
	a.t.Helper()
	s, ok := a.get(path).(string)
	require.True(a.t, ok, "%s: %s is no text: %s", a.path, path, a.text)
	return s
}

func (a *apiAnswer) has(path string) bool {
	a.t.Helper()
	return a.get(path) != nil
}

// ok requires the status of success.
func (a *apiAnswer) ok(status ...int) *apiAnswer {
	a.t.Helper()
	want := 200
	if len(status) > 0 {
		want = status[0]
	}
	require.Equal(a.t, want, a.status, "%s: %s", a.path, a.text)
	return a
}

// refused checks status, code, and the error shape of the path's API.
func (a *apiAnswer) refused(status int, code string, rule ...any) *apiAnswer {
	a.t.Helper()
	if !assert.Equal(a.t, status, a.status, append(rule, a.path, a.text)...) {
		return a
	}
	switch apiOf(a.path) {
	case phoneauth.ConnectAPI:
		assert.Equal(a.t, false, a.get("success"), a.text)
		assert.NotEmpty(a.t, a.str("message"))
		assert.Len(a.t, a.get("errors"), 1)
		assert.Equal(a.t, strconv.Itoa(status), a.get("errors.0.status"))
		assert.Equal(a.t, code, a.get("errors.0.code"), rule...)
		assert.NotEmpty(a.t, a.str("errors.0.title"))
	case phoneauth.UsersAPI:
		assert.NotEmpty(a.t, a.str("error"))
		assert.Equal(a.t, map[string]any{}, a.get("errors"), a.text)
		assert.Equal(a.t, code, a.get("code"), rule...)
	case phoneauth.LoginAPI:
		assert.Equal(a.t, strings.ToUpper(code), a.get("error.code"), rule...)
		assert.NotEmpty(a.t, a.str("error.message"))
	default:
		assert.Equal(a.t, code, a.get("code"), rule...)
		assert.NotEmpty(a.t, a.str("message"))
	}
	return a
}

// invalid checks a 422 of the Users API: pairs of a field and what is wrong with it.
func (a *apiAnswer) invalid(pairs ...string) *apiAnswer {
	a.t.Helper()
	assert.Equal(a.t, 422, a.status, "%s: %s", a.path, a.text)
	want := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		want[pairs[i]] = []any{pairs[i+1]}
	}
	assert.Equal(a.t, "Invalid resource. Please fix errors and try again.", a.get("error"))
	assert.Equal(a.t, want, a.get("errors"))
	return a
}

func (a *apiAnswer) cookie(name string) *http.Cookie {
	for _, c := range a.cookies {
		if c.Name == name {
			return c
		}
	}
	return nil
}

func apiOf(path string) phoneauth.API {
	switch {
	case strings.HasPrefix(path, "/users/verification/"), path == "/connect":
		return phoneauth.ConnectAPI
	case strings.HasPrefix(path, "/api/phone/"):
		return phoneauth.PhoneAPI
	case strings.HasPrefix(path, "/api/v1/users"):
		return phoneauth.UsersAPI
	case path == "/api/v1/login":
		return phoneauth.LoginAPI
	}
	return phoneauth.SessionAPI
}

// start has a sign-in code sent and reads it.
func (c *apiClient) start(phone string) (code string) {
	c.t.Helper()
	c.post("/users/verification/start", apiBody{"phone": phone}).ok()
	return c.inbox.Code(c.t, phone)
}

// proof is a verification token.
func (c *apiClient) proof(phone string) string {
	c.t.Helper()
	body := apiBody{"phone": phone, "verification_code": c.start(phone)}
	return c.post("/users/verification/verify", body).ok().str("verification_token")
}

// connect signs in and stays signed in.
func (c *apiClient) connect(phone string) *apiAnswer {
	c.t.Helper()
	a := c.post("/connect", apiBody{"phone": phone, "verification_token": c.proof(phone)}).ok()
	c.bearer = a.str("meta.access_token")
	return a
}

func (c *apiClient) login(phone, code string) *apiAnswer {
	c.t.Helper()
	return c.post("/api/v1/login", apiBody{"user": apiBody{"phone": phone, "sms_code": code}})
}

func (c *apiClient) loginPassword(phone, password string) *apiAnswer {
	c.t.Helper()
	return c.post("/api/v1/login", apiBody{"user": apiBody{"phone": phone, "password": password}})
}

// register begins a registration with a password.
func (c *apiClient) register(phone, password string, more ...string) *apiAnswer {
	c.t.Helper()
	body := apiBody{"msisdn": phone, "password": password, "password_confirmation": password}
	for i := 0; i < len(more); i += 2 {
		body[more[i]] = more[i+1]
	}
	return c.post("/api/v1/users", body)
}

// signUp makes an account with a password and signs in to it.
func (c *apiClient) signUp(phone, password string) *apiAnswer {
	c.t.Helper()
	token := c.register(phone, password).ok().str("session_token")
	a := c.post("/api/v1/users/verify", apiBody{"code": c.inbox.Code(c.t, phone), "session_token": token}).ok()
	c.bearer = a.str("authentication_token")
	return a
}

// notices are the texts without a code that a phone got.
func (s *apiServer) notices(phone string) (purposes []phoneauth.Purpose) {
	synctest.Wait()
	for _, m := range s.inbox.Messages() {
		if m.To.E164() == phone && m.Code == "" {
			purposes = append(purposes, m.Purpose)
		}
	}
	return purposes
}

// apiWrong is a well-formed code other than code.
func apiWrong(code string) string {
	if code[0] == '0' {
		return "1" + code[1:]
	}
	return "0" + code[1:]
}

func apiTime(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.Parse("2006-01-02T15:04:05.000Z", text)
	require.NoError(t, err, "RFC 3339, UTC, milliseconds")
	return at
}
