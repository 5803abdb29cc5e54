package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"testing"

	sessionmemory "github.com/alexedwards/scs/v2/memstore"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/phonetest"
)

const (
	phone    = "+201061797840"
	password = "correct horse"
)

// host is the application on a server.
type host struct {
	*app
	t      *testing.T
	inbox  *phonetest.Inbox
	server *httptest.Server
}

func newHost(t *testing.T) *host {
	t.Helper()
	h := &host{t: t, inbox: phonetest.New()}
	var err error
	h.app, err = newApp(sessionmemory.NewWithCleanupInterval(0), h.inbox, phoneauth.Limits{InsecureOff: true})
	require.NoError(t, err)
	h.server = httptest.NewTLSServer(h.routes())
	t.Cleanup(h.server.Close)
	return h
}

// browser has cookies of its own.
type browser struct {
	*host
	client http.Client
}

func (h *host) newBrowser() *browser {
	jar, err := cookiejar.New(nil)
	require.NoError(h.t, err)
	return &browser{host: h, client: http.Client{Transport: h.server.Client().Transport, Jar: jar}}
}

type fields = map[string]any

// do makes a request, whose answer must have the status.
func (b *browser) do(status int, method, path string, body fields, header ...string) string {
	b.t.Helper()
	text, err := json.Marshal(body)
	require.NoError(b.t, err)
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.server.URL+path, strings.NewReader(string(text)))
	require.NoError(b.t, err)
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := b.client.Do(req)
	require.NoError(b.t, err)
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	require.NoError(b.t, err)
	require.Equal(b.t, status, resp.StatusCode, "%s %s: %s", method, path, answer)
	return string(answer)
}

// cookie is the value of the session's.
func (b *browser) cookie() string {
	b.t.Helper()
	req, err := http.NewRequest(http.MethodGet, b.server.URL, nil)
	require.NoError(b.t, err)
	for _, c := range b.client.Jar.Cookies(req.URL) {
		if c.Name == "__Host-session" {
			return c.Value
		}
	}
	return ""
}

func (b *browser) signIn() {
	b.t.Helper()
	b.do(200, "POST", "/users/verification/start", fields{"phone": phone})
	answer := b.do(200, "POST", "/api/v1/login", fields{"user": fields{"phone": phone, "sms_code": b.inbox.Code(b.t, phone)}})
	assert.NotContains(b.t, answer, "token", "the session is the host's")
	assert.Equal(b.t, "hello, user 1\n", b.do(200, "GET", "/hello", nil))
	b.do(200, "GET", "/users/me", nil)
}

// isOut wants a browser whose session has ended, for the host and for phoneauth.
func (b *browser) isOut() {
	b.t.Helper()
	b.do(401, "GET", "/hello", nil)
	b.do(401, "GET", "/users/me", nil)
	assert.Empty(b.t, b.cookie(), "the session is removed, and not only refused")
}

func TestSignInAndOut(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	b, other := h.newBrowser(), h.newBrowser()
	b.do(401, "GET", "/hello", nil)
	b.do(204, "POST", "/logout", fields{}) // nobody is signed in: there is nothing to end
	b.signIn()
	other.signIn()
	stolen := b.cookie()

	b.do(403, "POST", "/logout", fields{}, "Sec-Fetch-Site", "cross-site")
	b.do(200, "GET", "/hello", nil)
	b.do(204, "POST", "/logout", fields{})
	b.isOut()
	b.do(401, "GET", "/hello", nil, "Cookie", "__Host-session="+stolen)
	other.do(200, "GET", "/hello", nil)
	b.signIn()
}

// The session's id changes at a sign-in.
func TestPlantedSession(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	b := h.newBrowser()
	b.signIn()
	planted := b.cookie()
	b.signIn()
	assert.NotEqual(t, planted, b.cookie())
	b.do(401, "GET", "/hello", nil, "Cookie", "__Host-session="+planted)
}

func TestBlockEndsTheSession(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	b := h.newBrowser()
	b.signIn()
	require.NoError(t, h.svc.SetBlocked(t.Context(), "1", true))
	b.isOut()
	require.NoError(t, h.svc.SetBlocked(t.Context(), "1", false))
	b.isOut() // a session that has ended does not come back
	b.signIn()

	b.do(200, "GET", "/users/me", nil)
	require.NoError(t, h.svc.SetBlocked(t.Context(), "1", true))
	require.NoError(t, h.svc.SetBlocked(t.Context(), "1", false))
	b.isOut() // blocked between two requests: the epoch tells
}

func TestNewPasswordEndsOtherSessions(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	b, other := h.newBrowser(), h.newBrowser()
	b.signIn()
	other.signIn()
	b.do(200, "PUT", "/api/v1/users/reset_password", fields{"password": password})
	b.do(200, "GET", "/hello", nil)
	other.isOut()

	other.do(200, "POST", "/api/v1/login", fields{"user": fields{"phone": phone, "password": password}})
	b.do(200, "PUT", "/api/v1/users/forget_password", fields{"msisdn": phone})
	recovery := fields{"msisdn": phone, "code": h.inbox.Code(t, phone), "password": "another horse", "password_confirmation": "another horse"}
	b.do(200, "PUT", "/api/v1/users/recover_password", recovery)
	b.isOut()
	other.isOut()
}

func TestNewNumberEndsOtherSessions(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	b, other := h.newBrowser(), h.newBrowser()
	b.signIn()
	other.signIn()
	const next = "+33600000178"
	b.do(200, "POST", "/users/phone/start", fields{"phone": next})
	b.do(200, "POST", "/users/phone/verify", fields{"phone": next, "verification_code": h.inbox.Code(t, next)})
	assert.Contains(t, b.do(200, "GET", "/users/me", nil), next)
	other.isOut()
	b.do(204, "DELETE", "/users/me", nil)
	b.isOut()
}
