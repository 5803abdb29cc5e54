package phoneauth

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth/docs"
	"github.com/phoneauth/phoneauth/internal/body"
	"github.com/phoneauth/phoneauth/internal/suite/record"
)

// bare is a Service that cannot do anything: good for what never reaches it.
func bare(cfg Config) *Service {
	cfg.Logger = slog.New(slog.DiscardHandler)
	return &Service{clock: time.Now, cfg: &cfg}
}

// ask sends one request to h; headers are pairs of name and value.
func ask(h http.Handler, method, path, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	record.Handler(h).ServeHTTP(w, r)
	return w
}

// generalRefusal is the body of a refusal with a code of every API.
func generalRefusal(api API, status int, code, message string) string {
	switch api {
	case ConnectAPI:
		return fmt.Sprintf(`{"success":false,"message":%q,"errors":[{"status":"%d","code":%q,"title":%[1]q}]}`, message, status, code)
	case UsersAPI:
		return fmt.Sprintf(`{"error":%q,"errors":{},"code":%q}`, message, code)
	case LoginAPI:
		return fmt.Sprintf(`{"error":{"code":%q,"message":%q}}`, strings.ToUpper(code), message)
	}
	return fmt.Sprintf(`{"message":%q,"code":%q}`, message, code)
}

func assertRefused(t *testing.T, w *httptest.ResponseRecorder, api API, status int, code string, rule ...any) {
	t.Helper()
	i := slices.IndexFunc(failures, func(f failure) bool { return f.api == "" && f.code == code })
	require.GreaterOrEqual(t, i, 0, code)
	assert.Equal(t, status, w.Code, rule...)
	assert.JSONEq(t, generalRefusal(api, status, code, failures[i].message), w.Body.String(), rule...)
	assert.Equal(t, "application/json; charset=utf-8", w.Header().Get("Content-Type"), rule...)
	assert.Equal(t, "no-store", w.Header().Get("Cache-Control"), rule...)
	assert.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"), rule...)
	assert.Equal(t, status == 401, w.Header().Get("WWW-Authenticate") == "Bearer", rule...)
	assert.Empty(t, w.Header().Values("Set-Cookie"), rule...)
}

// Every route refuses in this order, each refusal standing before all that are also due.
func TestOrderOfRefusals(t *testing.T) {
	t.Parallel()
	h := bare(Config{}).Handler()
	foreign := []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}
	allowed := map[string][]string{}
	for _, way := range routes {
		allowed[way.path] = append(allowed[way.path], way.method)
	}
	tooMuch := strings.Repeat("[", body.MaxBytes+1)
	for _, way := range routes {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "get", "X"} {
			if !slices.Contains(allowed[way.path], method) {
				w := ask(h, method, way.path, tooMuch, append(foreign, "Content-Type", "text/plain")...)
				assertRefused(t, w, way.api, 405, "method_not_allowed", method, way.path)
				assert.Equal(t, strings.Join(allowed[way.path], ", "), w.Header().Get("Allow"))
			}
		}
		if way.method == "POST" || way.method == "PUT" {
			w := ask(h, way.method, way.path, tooMuch, append(foreign, "Content-Type", "text/plain")...)
			assertRefused(t, w, way.api, 415, "unsupported_media_type", way.path)
			w = ask(h, way.method, way.path, tooMuch, foreign...)
			assertRefused(t, w, way.api, 413, "body_too_large", way.path)
			w = ask(h, way.method, way.path, "[]", foreign...)
			assertRefused(t, w, way.api, 400, "bad_request", way.path)
		}
		switch way.access {
		case bearer:
			for _, authorization := range []string{"", "Bearer", "Bearer ", "Basic eDp5", "token"} {
				w := ask(h, way.method, way.path, "{}", append(foreign, "Authorization", authorization)...)
				assertRefused(t, w, way.api, 401, "unauthorized", way.path)
			}
		case cookie:
			w := ask(h, way.method, way.path, "{}", foreign...)
			assertRefused(t, w, way.api, 403, "cross_origin", way.path)
		}
	}
}

func TestHandlerMounting(t *testing.T) {
	t.Parallel()
	s := bare(Config{})
	for _, path := range []string{"/", "/users", "/connect/", "//connect", "/Connect", "/users/me/x", "/api/v1"} {
		assertRefused(t, ask(s.Handler(), "POST", path, "{}"), SessionAPI, 404, "not_found", path)
	}
	const jwks = "/.well-known/jwks.json"
	assertRefused(t, ask(s.Handler(ConnectAPI), "GET", jwks, ""), SessionAPI, 404, "not_found")
	for _, h := range []http.Handler{
		s.Handler(),
		s.Handler(SessionAPI),
		http.StripPrefix("/auth", s.Handler()),
	} {
		path := jwks
		if _, plain := h.(*handler); !plain {
			path = "/auth" + path
		}
		w := ask(h, "GET", path, "not read")
		assert.Equal(t, 200, w.Code)
		assert.Equal(t, `{"keys":[]}`, w.Body.String())
		assert.Equal(t, "no-store", w.Header().Get("Cache-Control"))
	}
}

// Whoever asks for an API that does not exist hears of it when the program starts.
func TestHandlerOfAnUnknownAPI(t *testing.T) {
	t.Parallel()
	for _, name := range []API{"conect", "", "Connect"} {
		message := func() (message any) {
			defer func() { message = recover() }()
			bare(Config{}).Handler(SessionAPI, name)
			return nil
		}()
		require.IsType(t, "", message, "%q", name)
		assert.Contains(t, message, "phoneauth: Handler: there is no API \""+string(name)+"\"")
		assert.Contains(t, message, "connect, phone, users, login, session")
	}
}

type issuerWithKeys struct{ TokenIssuer }

func (issuerWithKeys) JWKS() []byte { return []byte(`{"keys":[{"kty":"OKP"}]}`) }

func TestJWKS(t *testing.T) {
	t.Parallel()
	w := ask(bare(Config{Tokens: issuerWithKeys{}}).Handler(), "GET", "/.well-known/jwks.json", "")
	assert.JSONEq(t, `{"keys":[{"kty":"OKP"}]}`, w.Body.String())
}

// What is missing is answered before the service is asked.
func TestMissingFields(t *testing.T) {
	t.Parallel()
	h := bare(Config{}).Handler()
	for _, tt := range []struct {
		method, path, body string
		status             int
		want               string // part of the body
	}{
		{"POST", "/users/verification/verify", `{"verification_code":"123456"}`, 422, `"code":"invalid_phone"`},
		{"POST", "/users/verification/verify", `{"phone":"+201061797840","verification_code":123456}`, 422, `"code":"missing_verification_code"`},
		{"POST", "/users/verification/verify", `{"phone":"+1"}`, 422, `"code":"invalid_phone"`},
		{"POST", "/connect", `{"phone":"+1"}`, 422, `"code":"invalid_data"`},
		{"POST", "/connect", `{"verification_token":"x"}`, 422, `"code":"invalid_data"`},
		{"POST", "/api/phone/verify", `{"security_code":"1","session_token":"x"}`, 422, `"code":"invalid_phone_number"`},
		{"POST", "/api/phone/verify", `{"phone_number":"+201061797840","session_token":"x"}`, 422, `"code":"invalid_security_code"`},
		{"POST", "/api/phone/verify", `{"phone_number":"+201061797840","security_code":"1","session_token":{}}`, 422, `"code":"invalid_security_code"`},
		{"POST", "/api/v1/users", `{}`, 422, `"errors":{"msisdn":["can't be blank"],"password":["can't be blank"],"password_confirmation":["can't be blank"]}}`},
		{"POST", "/api/v1/users", `{"msisdn":1,"password":"12345678","password_confirmation":"1234567"}`, 422, `"errors":{"msisdn":["can't be blank"],"password_confirmation":["doesn't match password"]}}`},
		{"POST", "/api/v1/users", `{"msisdn":"1","password":"1234567","password_confirmation":"x"}`, 422, `"errors":{"msisdn":["is invalid"],"password":["is too short (minimum is 8 characters)"],"password_confirmation":["doesn't match password"]}}`},
		{"POST", "/api/v1/users", `{"msisdn":"1","password":"1234567","password_confirmation":"1234567"}`, 422, `"errors":{"msisdn":["is invalid"],"password":["is too short (minimum is 8 characters)"]}}`},
		{"POST", "/api/v1/users/verify", `{"session_token":"x"}`, 422, `"errors":{"code":["can't be blank"]}}`},
		{"POST", "/api/v1/users/verify", `{"session_token":"x","verification_code":" "}`, 422, `"errors":{"verification_code":["can't be blank"]}}`},
		{"POST", "/api/v1/users/verify", `{"code":"123456"}`, 422, `"errors":{"code":["not valid"]}}`},
		{"POST", "/api/v1/users/verify", `{"verification_code":"123456"}`, 422, `"errors":{"verification_code":["not valid"]}}`},
		{"PUT", "/api/v1/users/forget_password", `{"msisdn":null}`, 422, `"errors":{"msisdn":["can't be blank"]}}`},
		{"PUT", "/api/v1/users/recover_password", `{"msisdn":"+201061797840","password":"12345678","password_confirmation":"x"}`, 422, `"errors":{"code":["can't be blank"],"password_confirmation":["doesn't match password"]}}`},
		{"POST", "/api/v1/login", `{}`, 400, `"code":"PARAMETER_MISSING"`},
		{"POST", "/api/v1/login", `{"user":"x"}`, 400, `"code":"PARAMETER_MISSING"`},
		{"POST", "/api/v1/login", `{"user":{"sms_code":"123456"}}`, 400, `"code":"PARAMETER_MISSING"`},
		{"POST", "/api/v1/login", `{"user":{"phone":"1","sms_code":"","password":false}}`, 400, `"code":"PARAMETER_MISSING"`},
		{"POST", "/token/refresh", `{}`, 401, `"code":"invalid_refresh_token"`},
		{"POST", "/logout", `{"refresh_token":7}`, 204, ``},
	} {
		w := ask(h, tt.method, tt.path, tt.body)
		assert.Equal(t, tt.status, w.Code, "%s %s", tt.path, tt.body)
		assert.Contains(t, w.Body.String(), tt.want, "%s %s", tt.path, tt.body)
		assert.Equal(t, "no-store", w.Header().Get("Cache-Control"))
		assert.Equal(t, tt.status != 204, w.Header().Get("Content-Type") != "")
	}
}

// Every error has one answer in every API, 503 where that API cannot meet it; causes and
// hooks' errors decide nothing.
func TestFailures(t *testing.T) {
	t.Parallel()
	limit := &LimitError{Limit: LimitCountry, RetryAfter: 1200 * time.Millisecond}
	down := &unavailable{"begin challenge", ErrInvalidCode}
	refused := fmt.Errorf("%w: %w", ErrRefused, ErrBlocked)
	for _, tt := range []struct {
		err                                    error
		connect, phone, users, login, session_ string
	}{
		{down, "503 unavailable", "503 unavailable", "503 unavailable", "503 unavailable", "503 unavailable"},
		{io.EOF, "503 unavailable", "503 unavailable", "503 unavailable", "503 unavailable", "503 unavailable"},
		{ErrPurpose, "503 unavailable", "503 unavailable", "503 unavailable", "503 unavailable", "503 unavailable"},
		{&SendError{Class: Permanent}, "503 unavailable", "503 unavailable", "503 unavailable", "503 unavailable", "503 unavailable"},
		{limit, "429 rate_limited", "429 rate_limited", "429 rate_limited", "429 rate_limited", "429 rate_limited"},
		{ErrUnauthenticated, "401 unauthorized", "401 unauthorized", "401 unauthorized", "401 unauthorized", "401 unauthorized"},
		{ErrReauthenticate, "403 reauthentication_required", "403 reauthentication_required", "403 reauthentication_required", "403 reauthentication_required", "403 reauthentication_required"},
		{ErrInvalidPhone, "422 invalid_phone", "422 invalid_phone_number", "422 msisdn", "401 invalid_phone_format", "422 invalid_phone"},
		{ErrInvalidCode, "422 verification_failed", "422 invalid_security_code", "422 code", "401 unauthorized", "422 verification_failed"},
		{ErrInvalidToken, "422 invalid_data", "503 unavailable", "422 code", "503 unavailable", "401 invalid_refresh_token"},
		{ErrPhoneTaken, "422 phone_taken", "503 unavailable", "422 msisdn", "401 unauthorized", "422 phone_taken"},
		{ErrBlocked, "422 invalid_data", "503 unavailable", "422 code", "401 deleted", "503 unavailable"},
		{refused, "422 invalid_data", "503 unavailable", "422 code", "401 unauthorized", "503 unavailable"},
		{ErrInvalidPassword, "503 unavailable", "503 unavailable", "422 current_password", "401 unauthorized", "503 unavailable"},
	} {
		for api, want := range map[API]string{
			ConnectAPI: tt.connect, PhoneAPI: tt.phone, UsersAPI: tt.users, LoginAPI: tt.login, SessionAPI: tt.session_,
		} {
			f := failureOf(api, fmt.Errorf("wrapped: %w", tt.err))
			assert.Equal(t, want, fmt.Sprint(f.status, " ", f.code), "%s: %v", api, tt.err)
		}
	}
}

func TestFail(t *testing.T) {
	t.Parallel()
	s := bare(Config{})
	r := httptest.NewRequest("POST", "/", nil)
	fail := func(api API, err error) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		s.fail(w, r, api, err)
		return w
	}
	for wait, want := range map[time.Duration]string{
		0: "1", time.Nanosecond: "1", time.Second: "1", time.Second + 1: "2", 15 * time.Minute: "900",
	} {
		for _, api := range []API{ConnectAPI, PhoneAPI, UsersAPI, LoginAPI, SessionAPI} {
			w := fail(api, &LimitError{RetryAfter: wait})
			assertRefused(t, w, api, 429, "rate_limited")
			assert.Equal(t, want, w.Header().Get("Retry-After"))
		}
	}
	for err, want := range map[error]string{
		ErrPhoneTaken:                 `{"msisdn":["has already been taken"]}`,
		&PasswordError{"is too easy"}: `{"password":["is too easy"]}`,
		ErrInvalidPassword:            `{"current_password":["is invalid"]}`,
	} {
		w := fail(UsersAPI, err)
		assert.Equal(t, 422, w.Code)
		assert.JSONEq(t, `{"error":"Invalid resource. Please fix errors and try again.","errors":`+want+`}`, w.Body.String())
	}
}

// The cause of a fault is in the log and nowhere else.
func TestFaultsAreLogged(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	s := &Service{clock: time.Now, cfg: &Config{
		Logger:       slog.New(slog.NewJSONHandler(&log, nil)),
		HostSessions: true,
		HTTP: HTTPConfig{Authenticate: func(*http.Request) (Claims, error) {
			return Claims{}, &unavailable{"read the session", errors.New("connection refused")}
		}},
	}}
	w := ask(s.Handler(), "GET", "/users/me", "")
	assertRefused(t, w, SessionAPI, 503, "unavailable")
	assert.Contains(t, log.String(), "connection refused")
	log.Reset()
	ask(s.Handler(), "GET", "/nowhere", "")
	assert.Empty(t, log.String())
}

func TestRequire(t *testing.T) {
	t.Parallel()
	var answer error
	s := bare(Config{HostSessions: true, HTTP: HTTPConfig{Authenticate: func(*http.Request) (Claims, error) {
		return Claims{UserID: "23"}, answer
	}}})
	h := s.Require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		claims, ok := ClaimsFrom(r.Context())
		_ = json.NewEncoder(w).Encode([]any{claims.UserID, ok})
	}))
	assert.JSONEq(t, `["23",true]`, ask(h, "GET", "/x", "").Body.String())
	answer = errors.New("no cookie")
	assertRefused(t, ask(h, "GET", "/x", ""), SessionAPI, 401, "unauthorized")
	answer = &unavailable{"read the session", io.EOF}
	assertRefused(t, ask(h, "GET", "/x", ""), SessionAPI, 503, "unavailable")

	h = bare(Config{HostSessions: true}).Require(h)
	assertRefused(t, ask(h, "GET", "/x", ""), SessionAPI, 401, "unauthorized", "no Claims hook: nobody is signed in")
	h = bare(Config{}).Require(h)
	assertRefused(t, ask(h, "GET", "/x", ""), SessionAPI, 401, "unauthorized", "no token")
	_, ok := ClaimsFrom(t.Context())
	assert.False(t, ok)
}

// The description has every route, under the tag of its API, and no other. That it says of
// each what the handlers do is for the tests of integration.
func TestDescriptionHasEveryRoute(t *testing.T) {
	t.Parallel()
	var want []string
	for _, way := range routes {
		want = append(want, way.method+" "+way.path+" "+string(way.api))
	}
	assert.ElementsMatch(t, want, describedRoutes(t))
}

var (
	describedPath   = regexp.MustCompile(`^  (/\S*):$`)
	describedMethod = regexp.MustCompile(`^    (get|put|post|delete|options|head|patch|trace):$`)
	describedTags   = regexp.MustCompile(`^      tags: \[(.*)\]$`)
)

// describedRoutes reads the routes by the layout of the file, so that the module needs no
// YAML.
func describedRoutes(t *testing.T) (found []string) {
	t.Helper()
	_, paths, ok := bytes.Cut(docs.OpenAPI, []byte("\npaths:\n"))
	require.True(t, ok)
	var path, method string
	lines := bufio.NewScanner(bytes.NewReader(paths))
	for lines.Scan() && (lines.Text() == "" || lines.Text()[0] == ' ') {
		if m := describedPath.FindStringSubmatch(lines.Text()); m != nil {
			path = m[1]
		}
		if m := describedMethod.FindStringSubmatch(lines.Text()); m != nil {
			method = strings.ToUpper(m[1])
		}
		if m := describedTags.FindStringSubmatch(lines.Text()); m != nil {
			found = append(found, method+" "+path+" "+m[1])
		}
	}
	require.NoError(t, lines.Err())
	return found
}
