package api

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
)

func testAPICookieAttributes(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	for _, insecure := range []bool{false, true} {
		prefix := "__Host-"
		if insecure {
			prefix = ""
		}
		s := newServer(t, func(cfg *phoneauth.Config) { cfg.HTTP.InsecureCookie = insecure })
		c := s.newBrowser()
		check := func(a *answer, name string, maxAge int) {
			t.Helper()
			cookie := a.cookie(prefix + name)
			require.NotNil(t, cookie, name)
			assert.Equal(t, maxAge, cookie.MaxAge)
			assert.Equal(t, "/", cookie.Path)
			assert.Empty(t, cookie.Domain)
			assert.True(t, cookie.HttpOnly)
			assert.Equal(t, !insecure, cookie.Secure)
			assert.Equal(t, http.SameSiteLaxMode, cookie.SameSite)
		}
		a := c.register(singapore, goodPassword).ok()
		check(a, "phoneauth", 300)
		assert.Len(t, a.cookies, 1)
		a = c.usersVerify(s.inbox.Code(t, singapore)).ok()
		check(a, "phoneauth", -1)
		check(a, "phoneauth-device", 180*24*60*60)
		assert.Len(t, a.cookies, 2)
		assert.Contains(t, c.cookies, prefix+"phoneauth-device")
	}
}

// The cookie of the other setting means nothing.
func testAPICookieNames(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	for _, insecure := range []bool{false, true} {
		s := newServer(t, func(cfg *phoneauth.Config) { cfg.HTTP.InsecureCookie = insecure })
		c := s.client()
		token := c.register(singapore, goodPassword).ok().str("session_token")
		code := s.inbox.Code(t, singapore)
		right, wrong := "__Host-phoneauth", "phoneauth"
		if insecure {
			right, wrong = wrong, right
		}
		c.cookies[wrong] = token
		c.usersVerify(code).invalid("code", "not valid")
		c.cookies[right] = "junk"
		c.usersVerify(code).invalid("code", "not valid")
		c.cookies[right] = token
		c.usersVerify(code, "session_token", "junk").invalid("code", "not valid") // body beats cookie
		body := object{"code": code, "session_token": 7}                          // of the wrong type: missing
		c.post("/api/v1/users/verify", body).ok()
	}
}

// Without the prefix a sibling domain can plant the cookie of a registration of its own
// for the owner's number, before the owner's or behind it. It counts for nothing, so that
// the code makes no account with the planter's password.
func testAPIPlantedRegistrationCookie(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	for _, order := range []string{"phoneauth=%[1]s; phoneauth=%[2]s", "phoneauth=%[2]s; phoneauth=%[1]s"} {
		s := newServer(t, func(cfg *phoneauth.Config) { cfg.HTTP.InsecureCookie = true })
		attacker, owner := s.newBrowser(), s.newBrowser()
		own := owner.register(singapore, "the owner's").ok().str("session_token")
		t.Elapse(time.Minute)
		planted := attacker.register(singapore, "the attacker's").ok().str("session_token")
		owner.header["Cookie"] = fmt.Sprintf(order, planted, own)
		owner.usersVerify(s.inbox.Code(t, singapore)).invalid("code", "not valid")
		t.Elapse(time.Minute)
		token := owner.register(singapore, "the owner's").ok().str("session_token") // it continues neither
		owner.usersVerify(s.inbox.Code(t, singapore), "session_token", token).ok()
		owner.loginPassword(singapore, "the attacker's").refused(401, "unauthorized")
		owner.loginPassword(singapore, "the owner's").ok()
	}
}

// Requests for a page of another origin: 403 where a cookie counts, and elsewhere the
// cookie counts for nothing and none is given.
func testAPICrossOrigin(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	for _, header := range []map[string]string{
		{"Sec-Fetch-Site": "cross-site"},
		{"Sec-Fetch-Site": "same-site", "Origin": "https://sub.example.com"},
		{"Origin": "https://evil.example"},
		{"Origin": "null"},
	} {
		c := s.newBrowser()
		c.header = header
		sends := s.inbox.Sends()
		c.register(singapore, goodPassword).refused(403, "cross_origin")
		c.usersVerify("123456").refused(403, "cross_origin")
		c.post("/api/v1/users", object{}).refused(403, "cross_origin", "before the fields")
		c.post("/api/v1/users", "[]").refused(400, "bad_request", "after the body")
		assert.Equal(t, sends, s.inbox.Sends())
		assert.Empty(t, c.cookies)
	}

	c := s.newBrowser()
	c.header["Sec-Fetch-Site"] = "cross-site"
	a := c.connect(cairo)
	assert.Empty(t, a.cookies)
	c.do("GET", "/users/me", nil).ok()
	c.refresh(a.str("meta.refresh_token")).ok()
	t.Elapse(time.Minute)
	c.login(cairo, c.start(cairo)).ok()
	assert.Empty(t, c.cookies)

	// With the device's cookie but cross-origin it is a stranger; by the body it is not.
	token := a.str("meta.device_token")
	t.Elapse(20 * time.Minute)
	s.lockStrangers(cairo)
	c.cookies[deviceCookie] = token
	c.post("/users/verification/start", object{"phone": cairo}).refused(429, "rate_limited")
	delete(c.header, "Sec-Fetch-Site")
	c.post("/users/verification/start", object{"phone": cairo}).ok()
	t.Elapse(time.Minute)
	c.header["Sec-Fetch-Site"] = "cross-site"
	c.post("/users/verification/start", object{"phone": cairo, "device_token": token}).ok()
}

func testAPISameOrigin(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t, func(cfg *phoneauth.Config) { cfg.HTTP.TrustedOrigins = []string{"https://app.example.org"} })
	phones := []string{singapore, paris, cairo, delhi}
	for i, header := range []map[string]string{
		{"Sec-Fetch-Site": "same-origin", "Origin": "https://example.com"},
		{"Sec-Fetch-Site": "none"},
		{"Origin": "http://example.com"}, // the host of the request
		{"Sec-Fetch-Site": "cross-site", "Origin": "https://app.example.org"},
	} {
		c := s.newBrowser()
		c.header = header
		c.register(phones[i], goodPassword).ok()
		c.usersVerify(s.inbox.Code(t, phones[i])).ok()
		assert.Contains(t, c.cookies, deviceCookie)
	}
	c := s.client()
	c.header = map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "http://app.example.org"}
	c.register(cairo2, goodPassword).refused(403, "cross_origin", "another scheme, another origin")
}
