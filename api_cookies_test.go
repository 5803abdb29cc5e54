package phoneauth_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

func TestAPICookieAttributes(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		for _, insecure := range []bool{false, true} {
			prefix := "__Host-"
			if insecure {
				prefix = ""
			}
			s := newAPI(t, func(cfg *phoneauth.Config) { cfg.HTTP.InsecureCookie = insecure })
			c := s.newBrowser()
			check := func(a *apiAnswer, name string, maxAge int) {
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
			a := c.register(apiSingapore, apiPassword).ok()
			check(a, "phoneauth", 300)
			assert.Len(t, a.cookies, 1)
			a = c.usersVerify(s.inbox.Code(t, apiSingapore)).ok()
			check(a, "phoneauth", -1)
			check(a, "phoneauth-device", 180*24*60*60)
			assert.Len(t, a.cookies, 2)
			assert.Contains(t, c.cookies, prefix+"phoneauth-device")
		}
	})
}

// The cookie of the other setting means nothing.
func TestAPICookieNames(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		for _, insecure := range []bool{false, true} {
			s := newAPI(t, func(cfg *phoneauth.Config) { cfg.HTTP.InsecureCookie = insecure })
			c := s.client()
			token := c.register(apiSingapore, apiPassword).ok().str("session_token")
			code := s.inbox.Code(t, apiSingapore)
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
			body := apiBody{"code": code, "session_token": 7}                         // of the wrong type: missing
			c.post("/api/v1/users/verify", body).ok()
		}
	})
}

// Without the prefix a sibling domain can plant the cookie of a registration of its own
// for the owner's number, before the owner's or behind it. It counts for nothing, so that
// the code makes no account with the planter's password.
func TestAPIPlantedRegistrationCookie(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		for _, order := range []string{"phoneauth=%[1]s; phoneauth=%[2]s", "phoneauth=%[2]s; phoneauth=%[1]s"} {
			s := newAPI(t, func(cfg *phoneauth.Config) { cfg.HTTP.InsecureCookie = true })
			attacker, owner := s.newBrowser(), s.newBrowser()
			own := owner.register(apiSingapore, "the owner's").ok().str("session_token")
			elapse(time.Minute)
			planted := attacker.register(apiSingapore, "the attacker's").ok().str("session_token")
			owner.header["Cookie"] = fmt.Sprintf(order, planted, own)
			owner.usersVerify(s.inbox.Code(t, apiSingapore)).invalid("code", "not valid")
			elapse(time.Minute)
			token := owner.register(apiSingapore, "the owner's").ok().str("session_token") // it continues neither
			owner.usersVerify(s.inbox.Code(t, apiSingapore), "session_token", token).ok()
			owner.loginPassword(apiSingapore, "the attacker's").refused(401, "unauthorized")
			owner.loginPassword(apiSingapore, "the owner's").ok()
		}
	})
}

// Requests for a page of another origin: 403 where a cookie counts, and elsewhere the
// cookie counts for nothing and none is given.
func TestAPICrossOrigin(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t)
		for _, header := range []map[string]string{
			{"Sec-Fetch-Site": "cross-site"},
			{"Sec-Fetch-Site": "same-site", "Origin": "https://sub.example.com"},
			{"Origin": "https://evil.example"},
			{"Origin": "null"},
		} {
			c := s.newBrowser()
			c.header = header
			sends := s.inbox.Sends()
			c.register(apiSingapore, apiPassword).refused(403, "cross_origin")
			c.usersVerify("123456").refused(403, "cross_origin")
			c.post("/api/v1/users", apiBody{}).refused(403, "cross_origin", "before the fields")
			c.post("/api/v1/users", "[]").refused(400, "bad_request", "after the body")
			assert.Equal(t, sends, s.inbox.Sends())
			assert.Empty(t, c.cookies)
		}

		c := s.newBrowser()
		c.header["Sec-Fetch-Site"] = "cross-site"
		a := c.connect(apiCairo)
		assert.Empty(t, a.cookies)
		c.do("GET", "/users/me", nil).ok()
		c.refresh(a.str("meta.refresh_token")).ok()
		elapse(time.Minute)
		c.login(apiCairo, c.start(apiCairo)).ok()
		assert.Empty(t, c.cookies)

		// With the device's cookie but cross-origin it is a stranger; by the body it is not.
		token := a.str("meta.device_token")
		elapse(20 * time.Minute)
		s.lockStrangers(apiCairo)
		c.cookies[apiDeviceCookie] = token
		c.post("/users/verification/start", apiBody{"phone": apiCairo}).refused(429, "rate_limited")
		delete(c.header, "Sec-Fetch-Site")
		c.post("/users/verification/start", apiBody{"phone": apiCairo}).ok()
		elapse(time.Minute)
		c.header["Sec-Fetch-Site"] = "cross-site"
		c.post("/users/verification/start", apiBody{"phone": apiCairo, "device_token": token}).ok()
	})
}

func TestAPISameOrigin(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t, func(cfg *phoneauth.Config) { cfg.HTTP.TrustedOrigins = []string{"https://app.example.org"} })
		phones := []string{apiSingapore, apiParis, apiCairo, apiDelhi}
		for i, header := range []map[string]string{
			{"Sec-Fetch-Site": "same-origin", "Origin": "https://example.com"},
			{"Sec-Fetch-Site": "none"},
			{"Origin": "http://example.com"}, // the host of the request
			{"Sec-Fetch-Site": "cross-site", "Origin": "https://app.example.org"},
		} {
			c := s.newBrowser()
			c.header = header
			c.register(phones[i], apiPassword).ok()
			c.usersVerify(s.inbox.Code(t, phones[i])).ok()
			assert.Contains(t, c.cookies, apiDeviceCookie)
		}
		c := s.client()
		c.header = map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "http://app.example.org"}
		c.register(apiCairo2, apiPassword).refused(403, "cross_origin", "another scheme, another origin")
	})
}
