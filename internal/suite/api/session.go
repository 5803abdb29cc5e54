package api

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
)

func (c *client) refresh(token string) *answer {
	c.t.Helper()
	return c.post("/token/refresh", object{"refresh_token": token})
}

func testAPIRefresh(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	c := s.client()
	session := c.connect(cairo)
	first := session.str("meta.refresh_token")
	a := c.refresh(first).ok()
	assert.Equal(t, "Bearer", a.str("token_type"))
	assert.EqualValues(t, 900, a.get("expires_in"))
	assert.NotEqual(t, session.get("meta.access_token"), a.get("access_token"))
	second := a.str("refresh_token")
	assert.NotEqual(t, first, second)
	assert.Equal(t, session.get("meta.device_token"), a.get("device_token"), "a session has one device")
	c.bearer = a.str("access_token")
	c.do("GET", "/users/me", nil).ok()

	// A client that lost the answer gets the same successor.
	t.Elapse(10*time.Second - time.Microsecond)
	assert.Equal(t, second, c.refresh(first).ok().str("refresh_token"))
	third := c.refresh(second).ok().str("refresh_token")

	// But not once that was used: then it is a theft, and the family ends.
	c.refresh(first).refused(401, "invalid_refresh_token")
	for _, token := range []string{third, second, first} {
		c.refresh(token).refused(401, "invalid_refresh_token")
	}
	c.do("GET", "/users/me", nil).ok() // the access token is good until it ends
	c.do("DELETE", "/users/me", nil).refused(401, "unauthorized", "but its session is not live")
}

func testAPIRefreshReuseAfterTheGrace(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	c := s.client()
	first := c.connect(cairo).str("meta.refresh_token")
	second := c.refresh(first).ok().str("refresh_token")
	t.Elapse(10 * time.Second)
	reused := c.refresh(first).refused(401, "invalid_refresh_token")
	c.refresh(second).refused(401, "invalid_refresh_token")
	for _, junk := range []any{"", "junk", second + "x", c.bearer, nil, 7, []string{second}} {
		a := c.post("/token/refresh", object{"refresh_token": junk}).refused(401, "invalid_refresh_token")
		assert.Equal(t, reused.text, a.text)
		assert.Equal(t, reused.header, a.header)
	}
	c.connect(paris) // another's family is its own
}

func testAPIRefreshAtOnce(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	c := s.client()
	token := c.connect(cairo).str("meta.refresh_token")
	answers := make(chan *answer, 16)
	for range cap(answers) {
		go func() { answers <- c.refresh(token) }()
	}
	successors := map[string]bool{}
	for range cap(answers) {
		successors[(<-answers).ok().str("refresh_token")] = true
	}
	assert.Len(t, successors, 1)
}

func testAPISessionLife(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	c := s.client()
	begun := t.Now()
	token := c.connect(cairo).str("meta.refresh_token")
	old := c.bearer
	t.Elapse(15*time.Minute + 31*time.Second)
	c.do("GET", "/users/me", nil).refused(401, "unauthorized")
	for t.Now().Sub(begun) < 29*24*time.Hour {
		a := c.refresh(token).ok()
		assert.NotEqual(t, old, a.str("access_token"))
		token, c.bearer = a.str("refresh_token"), a.str("access_token")
		c.do("DELETE", "/users/me", nil).refused(403, "reauthentication_required", "a refresh is no sign-in")
		t.Elapse(10 * 24 * time.Hour)
	}
	c.refresh(token).refused(401, "invalid_refresh_token", "30 days after the sign-in")

	token = c.connect(cairo).str("meta.refresh_token")
	t.Elapse(14 * 24 * time.Hour)
	c.refresh(token).refused(401, "invalid_refresh_token", "14 days idle")
}

func testAPILogout(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	c, elsewhere := s.newBrowser(), s.client()
	token := c.connect(cairo).str("meta.refresh_token")
	t.Elapse(time.Minute)
	other := elsewhere.connect(cairo).str("meta.refresh_token")
	for _, body := range []object{{}, {"refresh_token": nil}, {"refresh_token": "junk"}, {"refresh_token": 7}} {
		c.post("/logout", body).ok(204)
	}
	c.post("/logout", object{"refresh_token": token}).ok(204)
	c.post("/logout", object{"refresh_token": token}).ok(204)
	c.refresh(token).refused(401, "invalid_refresh_token")
	c.do("GET", "/users/me", nil).ok()
	c.do("DELETE", "/users/me", nil).refused(401, "unauthorized")
	assert.Contains(t, c.cookies, deviceCookie, "not cleared by sign-out")
	elsewhere.refresh(other).ok()
}

// The token before the last one ends the session too: it names it.
func testAPILogoutByAnOldToken(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	c := s.client()
	first := c.connect(cairo).str("meta.refresh_token")
	second := c.refresh(first).ok().str("refresh_token")
	c.post("/logout", object{"refresh_token": first}).ok(204)
	c.refresh(second).refused(401, "invalid_refresh_token")
}

func testAPIMe(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	c := s.client()
	a := c.do("GET", "/users/me", nil).refused(401, "unauthorized")
	assert.Equal(t, "Bearer", a.header.Get("WWW-Authenticate"))
	session := c.connect(cairo)
	a = c.do("GET", "/users/me", "a body is ignored").ok()
	assert.False(t, a.has("meta"))
	assert.Equal(t, "user", a.str("data.type"))
	assert.Equal(t, session.get("data.id"), a.get("data.id"))
	assert.Equal(t, false, a.get("data.attributes.new_user"), "once: in the answer of the connect")
	for _, name := range []string{"uid", "phone", "phone_verified", "created_at", "updated_at"} {
		assert.Equal(t, session.get("data.attributes."+name), a.get("data.attributes."+name))
	}

	access := c.bearer
	for _, bad := range []string{"junk", access + "x", access[:len(access)-2], session.str("meta.refresh_token"), session.str("meta.device_token")} {
		c.bearer = bad
		c.do("GET", "/users/me", nil).refused(401, "unauthorized")
	}
	c.bearer = ""
	for _, header := range []string{"Basic " + access, access, "Bearer", "Bearer  "} {
		c.header["Authorization"] = header
		c.do("GET", "/users/me", nil).refused(401, "unauthorized")
	}
	c.header["Authorization"] = "bearer " + access
	c.do("GET", "/users/me", nil).ok() // the scheme's case does not matter (RFC 9110, 11.1)
	require.NoError(t, s.svc.SetBlocked(t.Context(), session.str("data.id"), true))
	c.do("GET", "/users/me", nil).refused(401, "unauthorized")
	c.refresh(session.str("meta.refresh_token")).refused(401, "invalid_refresh_token")
}

func testAPIDeleteMe(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	c, elsewhere := s.client(), s.client()
	c.do("DELETE", "/users/me", nil).refused(401, "unauthorized")
	refresh := c.connect(cairo).str("meta.refresh_token")
	t.Elapse(time.Minute)
	other := elsewhere.connect(cairo)
	t.Elapse(4*time.Minute + time.Microsecond)
	c.do("DELETE", "/users/me", nil).refused(403, "reauthentication_required")
	c.do("GET", "/users/me", nil).ok()
	pending := s.client().phoneRegister(cairo).ok().str("session_token")
	code := s.inbox.Code(t, cairo)
	elsewhere.do("DELETE", "/users/me", "{").ok(204)

	c.do("GET", "/users/me", nil).refused(401, "unauthorized")
	elsewhere.do("GET", "/users/me", nil).refused(401, "unauthorized")
	elsewhere.do("DELETE", "/users/me", nil).refused(401, "unauthorized")
	for _, token := range []string{refresh, other.str("meta.refresh_token")} {
		c.refresh(token).refused(401, "invalid_refresh_token")
	}
	c.phoneVerify(cairo, code, pending).refused(422, "invalid_security_code", "what was open is void")
	t.Elapse(time.Minute)
	again := c.connect(cairo)
	assert.Equal(t, true, again.get("data.attributes.new_user"), "the number is free")
	assert.NotEqual(t, other.get("data.id"), again.get("data.id"))
}

// Claims of the host stand in the token; registered names do not move.
func testAPIAccessTokenClaims(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t, func(cfg *phoneauth.Config) {
		cfg.Name = "Acme"
		cfg.Hooks.ExtraClaims = func(_ context.Context, u phoneauth.User) (map[string]any, error) {
			return map[string]any{"role": "admin", "sub": u.Phone.E164(), "exp": 1}, nil
		}
	})
	c := s.client()
	session := c.connect(cairo)
	claims := claimsOf(t, c.bearer)
	assert.Equal(t, "admin", claims["role"])
	assert.Equal(t, "Acme", claims["iss"])
	assert.Regexp(t, uuid4, claims["sub"])
	assert.Equal(t, session.get("data.id"), claims["uid"])
	assert.EqualValues(t, t.Now().Add(15*time.Minute).Unix(), claims["exp"])
	refreshed := c.refresh(session.str("meta.refresh_token")).ok()
	again := claimsOf(t, refreshed.str("access_token"))
	assert.Equal(t, claims["sid"], again["sid"])
	assert.Equal(t, claims["sub"], again["sub"])
	assert.Equal(t, "admin", again["role"])
	assert.NotEqual(t, claims["jti"], again["jti"])
}
