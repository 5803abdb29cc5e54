package api

import (
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
)

const (
	trustedOrigin = "https://app.example.org"
	evilOrigin    = "https://evil.example"
)

// trusting is a service whose handlers serve pages of trustedOrigin.
func trusting(cfg *phoneauth.Config) {
	cfg.HTTP.TrustedOrigins = []string{"https://other.example.org:8443", trustedOrigin}
}

// preflight is what a browser asks before it sends a request of another origin.
func (c *client) preflight(origin, method, path string) *answer {
	c.t.Helper()
	c.header = map[string]string{
		"Origin": origin, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors",
		"Access-Control-Request-Method": method, "Access-Control-Request-Headers": "authorization,content-type",
	}
	return c.do("OPTIONS", path, nil)
}

// corsHeaders are those of an answer that CORS is about.
func (a *answer) corsHeaders() map[string]string {
	found := map[string]string{}
	for name := range a.header {
		if strings.HasPrefix(name, "Access-Control-") || name == "Vary" {
			found[name] = a.header.Get(name)
		}
	}
	return found
}

// cookieRoutes are the paths where a cookie counts.
var cookieRoutes = map[string]bool{"/api/v1/users": true, "/api/v1/users/verify": true}

func testAPIPreflight(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	c := newServer(t, trusting).client()
	methods := map[string][]string{}
	for _, routes := range allRoutes {
		for _, route := range routes {
			method, path, _ := strings.Cut(route, " ")
			methods[path] = append(methods[path], method)
		}
	}
	for path, allowed := range methods {
		for _, method := range allowed {
			want := map[string]string{
				"Access-Control-Allow-Origin":  trustedOrigin,
				"Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key, X-Human-Check",
				"Access-Control-Max-Age":       "600",
				"Vary":                         "Origin",
			}
			if cookieRoutes[path] {
				want["Access-Control-Allow-Credentials"] = "true"
			}
			a := c.preflight(trustedOrigin, method, path).ok(204)
			got := a.corsHeaders()
			assert.ElementsMatch(t, allowed, strings.Split(got["Access-Control-Allow-Methods"], ", "), path)
			delete(got, "Access-Control-Allow-Methods")
			assert.Equal(t, want, got, path)
			assert.Empty(t, a.cookies)
		}
	}
}

// Pages of other origins get what they got before: a refusal without a header of CORS.
func testAPIPreflightOfOthers(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	c := newServer(t, trusting).client()
	for _, origin := range []string{
		evilOrigin, "null", "http://app.example.org", "https://app.example.org:8443", "https://app.example.org.evil.example",
		"https://APP.example.org", trustedOrigin + "/", trustedOrigin + ", " + evilOrigin,
	} {
		a := c.preflight(origin, "POST", "/connect").refused(405, "method_not_allowed", origin)
		assert.Equal(t, map[string]string{"Vary": "Origin"}, a.corsHeaders(), origin)
	}
	a := c.preflight(trustedOrigin, "POST", "/nowhere").refused(404, "not_found")
	assert.Equal(t, trustedOrigin, a.corsHeaders()["Access-Control-Allow-Origin"])

	c.preflight(trustedOrigin, "POST", "/connect").ok(204)
	delete(c.header, "Access-Control-Request-Method") // it asks for nothing
	c.do("OPTIONS", "/connect", nil).refused(405, "method_not_allowed")

	c = newServer(t).client() // nobody is trusted
	a = c.preflight(trustedOrigin, "POST", "/connect").refused(405, "method_not_allowed")
	assert.Empty(t, a.corsHeaders())
	c.header = map[string]string{"Origin": trustedOrigin}
	assert.Empty(t, c.post("/users/verification/start", object{"phone": cairo}).ok().corsHeaders())
}

// A page can read an answer only if the answer allows it, and an error is an answer.
func testAPIAnswersToATrustedOrigin(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t, trusting)
	c := s.newBrowser()
	plain := map[string]string{
		"Access-Control-Allow-Origin": trustedOrigin, "Access-Control-Expose-Headers": "Retry-After", "Vary": "Origin",
	}
	withCookies := map[string]string{"Access-Control-Allow-Credentials": "true"}
	maps.Copy(withCookies, plain)
	c.header = map[string]string{"Origin": trustedOrigin, "Sec-Fetch-Site": "cross-site"}
	start := object{"phone": cairo}
	for _, a := range []*answer{
		c.post("/users/verification/start", start).ok(),
		c.post("/users/verification/start", start).refused(429, "rate_limited"),
		c.post("/users/verification/start", "[]").refused(400, "bad_request"),
		c.do("PATCH", "/connect", nil).refused(405, "method_not_allowed"),
		c.do("GET", "/users/me", nil).refused(401, "unauthorized"),
		c.do("GET", "/nowhere", nil).refused(404, "not_found"),
		c.do("GET", "/.well-known/jwks.json", nil).ok(),
	} {
		assert.Equal(t, plain, a.corsHeaders(), a.path)
	}
	for _, a := range []*answer{
		c.register(singapore, goodPassword).ok(),
		c.usersVerify("").invalid("code", "can't be blank"),
		c.usersVerify(s.inbox.Code(t, singapore)).ok(),
	} {
		assert.Equal(t, withCookies, a.corsHeaders(), a.path)
	}

	c = s.client()
	for _, header := range []map[string]string{{"Origin": evilOrigin}, {}} {
		c.header = header
		a := c.do("GET", "/users/me", nil).refused(401, "unauthorized")
		assert.Equal(t, map[string]string{"Vary": "Origin"}, a.corsHeaders())
	}
}

// Where the host keeps the sessions, its cookie counts on every route.
func testAPICORSUnderHostSessions(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t, trusting, hostKeepsSessions(func(http.ResponseWriter, *http.Request) error { return nil }))
	c := s.newBrowser()
	for _, path := range []string{"/users/me", "/logout", "/connect"} {
		a := c.preflight(trustedOrigin, "POST", path).ok(204)
		assert.Equal(t, "true", a.corsHeaders()["Access-Control-Allow-Credentials"], path)
	}
	c.header = map[string]string{"Origin": trustedOrigin, "Sec-Fetch-Site": "cross-site"}
	c.login(cairo, c.start(cairo)).ok()
	a := c.do("GET", "/users/me", nil).ok()
	assert.Equal(t, "true", a.corsHeaders()["Access-Control-Allow-Credentials"])
	c.post("/logout", object{}).ok(204)

	c.header["Origin"] = evilOrigin
	a = c.post("/logout", object{}).refused(403, "cross_origin")
	assert.Equal(t, map[string]string{"Vary": "Origin"}, a.corsHeaders())
	a = c.do("GET", "/users/me", nil).ok() // the browser keeps it from the page
	assert.Equal(t, map[string]string{"Vary": "Origin"}, a.corsHeaders())
}
