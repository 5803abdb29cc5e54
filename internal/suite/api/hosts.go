package api

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
	"github.com/phoneauth/phoneauth/internal/suite/record"
)

// Over a real connection, with TLS and a browser's cookie jar.
func testAPIOverTLS(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	server := httptest.NewTLSServer(record.Handler(s.handler))
	defer server.Close()
	client := server.Client()
	var err error
	client.Jar, err = cookiejar.New(nil)
	require.NoError(t, err)
	send := func(method, path, body string, status int) (answer map[string]any) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, strings.NewReader(body))
		require.NoError(t, err)
		r.Header.Set("Content-Type", "application/json")
		w, err := client.Do(r)
		require.NoError(t, err)
		defer w.Body.Close()
		text, err := io.ReadAll(w.Body)
		require.NoError(t, err)
		require.Equal(t, status, w.StatusCode, string(text))
		if len(text) > 0 {
			require.NoError(t, json.Unmarshal(text, &answer))
		}
		return answer
	}
	send("POST", "/api/v1/users/verify", `{"code":"123456"}`, 422)
	send("POST", "/api/v1/users", `{"msisdn":"84932466","password":"12345678","password_confirmation":"12345678"}`, 200)
	code := s.inbox.Code(t, singapore)
	a := send("POST", "/api/v1/users/verify", `{"code":"`+code+`"}`, 200)
	assert.Equal(t, true, a["valid_for_authentication"])
	send("POST", "/api/v1/users/verify", `{"code":"`+code+`"}`, 422)
	send("POST", "/logout", `{"refresh_token":"`+a["refresh_token"].(string)+`"}`, 204)
	send("POST", "/users/verification/start", strings.Repeat(" ", 9000), 413)
	send("POST", "/users/verification/start", `{"phone":"`+cairo+`"}`, 200)
}

// What a hook of the host answers wrongly is 503, without its words.
func testAPIHooksThatFail(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	fails := false
	hook := func() error {
		if fails {
			return errors.New("host: no such table")
		}
		return nil
	}
	for name, set := range map[string]func(*phoneauth.Config){
		"Claims": func(cfg *phoneauth.Config) {
			cfg.Hooks.ExtraClaims = func(context.Context, phoneauth.User) (map[string]any, error) { return nil, hook() }
		},
		"UserView": func(cfg *phoneauth.Config) {
			cfg.HTTP.UserView = func(context.Context, phoneauth.User) (phoneauth.UserView, error) { return phoneauth.UserView{}, hook() }
		},
		"SignedIn": func(cfg *phoneauth.Config) {
			cfg.HostSessions = true
			cfg.HTTP.SignedIn = func(http.ResponseWriter, *http.Request, *phoneauth.Session) error { return hook() }
		},
		"Text": func(cfg *phoneauth.Config) {
			cfg.Hooks.Text = func(context.Context, phoneauth.Message) (string, error) { return "", hook() }
		},
	} {
		fails = false
		s := newServer(t, set, limitsOff)
		c := s.client()
		proof, code := c.proof(cairo), c.start(paris)
		fails = true
		for _, a := range []*answer{
			c.redeem(cairo, proof),
			c.login(paris, code),
			c.phoneRegister(delhi),
		} {
			if a.status == 200 {
				continue // a hook that is not asked there
			}
			a.refused(503, "unavailable", name)
			assert.NotContains(t, a.text, "table")
			assert.Empty(t, a.cookies, "nobody is signed in")
		}
		assert.Contains(t, s.log.String(), "no such table", name)
		fails = false
		c.redeem(cairo, c.proof(cairo)).ok()
	}
}

// A failing Claims hook costs no refresh token.
func testAPIRefreshWhileTheHostIsDown(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	var down error
	s := newServer(t, func(cfg *phoneauth.Config) {
		cfg.Hooks.ExtraClaims = func(context.Context, phoneauth.User) (map[string]any, error) { return nil, down }
	})
	c := s.client()
	token := c.connect(cairo).str("meta.refresh_token")
	down = errors.New("down")
	c.refresh(token).refused(503, "unavailable")
	t.Elapse(time.Minute)
	down = nil
	c.refresh(token).ok()
}

// BeforeSend refuses, and the caller cannot tell.
func testAPIBeforeSend(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t, func(cfg *phoneauth.Config) {
		cfg.Hooks.BeforeSend = func(_ context.Context, in phoneauth.SendInfo) error {
			if in.Region == "IN" {
				return errors.New("no captcha")
			}
			return nil
		}
	})
	c := s.client()
	sent := c.post("/users/verification/start", object{"phone": cairo}).ok()
	quiet := c.post("/users/verification/start", object{"phone": delhi}).ok()
	assert.Equal(t, sent.text, quiet.text)
	assert.Equal(t, sent.header, quiet.header)
	t.Elapse(time.Minute)
	a := c.phoneRegister(delhi).ok()
	assert.EqualValues(t, 300, a.get("expires_in"))
	assert.EqualValues(t, 60, a.get("resend_in"))
	c.phoneVerify(delhi, "123456", a.str("session_token")).refused(422, "invalid_security_code")
	assert.Equal(t, 1, s.inbox.Sends())
}

// Behind a trusted proxy each client has limits of its own.
func testAPITrustedProxy(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t, func(cfg *phoneauth.Config) {
		cfg.HTTP.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	})
	c := s.client()
	c.addr = "10.0.0.1:80"
	from := func(forwarded string) int {
		c.header["X-Forwarded-For"] = forwarded
		for i := range 40 {
			if a := c.login(cairo, "123456"); a.status == 429 {
				return i
			}
		}
		return -1
	}
	assert.Equal(t, 30, from("203.0.113.1"))
	assert.Equal(t, 30, from("203.0.113.2"))
	assert.Zero(t, from("203.0.113.9, 203.0.113.2"), "what the client itself said counts for nothing")
	assert.Equal(t, 30, from("2001:db8::1"))
	assert.Zero(t, from("2001:db8::ffff:2"), "the same /64")
}

// The routes of the host, behind Require.
func testAPIRequire(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	c := s.client()
	id := c.connect(cairo).str("data.id")
	s.handler = s.svc.Require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		claims, ok := phoneauth.ClaimsFrom(r.Context())
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		_ = json.NewEncoder(w).Encode(map[string]any{"id": claims.UserID, "ok": ok})
	}))
	assert.Equal(t, id, c.do("GET", "/orders", nil).ok().get("id"))
	c.bearer += "x"
	c.do("GET", "/orders", nil).refused(401, "unauthorized")
	t.Elapse(time.Hour)
	c.bearer = strings.TrimSuffix(c.bearer, "x")
	c.do("GET", "/orders", nil).refused(401, "unauthorized")
}
