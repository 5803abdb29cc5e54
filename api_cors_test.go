package phoneauth_test

import (
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/phoneauth/phoneauth"
)

const (
	apiTrusted = "https://app.example.org"
	apiEvil    = "https://evil.example"
)

// trusting is a service whose handlers serve pages of apiTrusted.
func trusting(cfg *phoneauth.Config) {
	cfg.HTTP.TrustedOrigins = []string{"https://other.example.org:8443", apiTrusted}
}

// preflight is what a browser asks before it sends a request of another origin.
func (c *apiClient) preflight(origin, method, path string) *apiAnswer {
	c.t.Helper()
	c.header = map[string]string{
		"Origin": origin, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors",
		"Access-Control-Request-Method": method, "Access-Control-Request-Headers": "authorization,content-type",
	}
	return c.do("OPTIONS", path, nil)
}

// corsHeaders are those of an answer that CORS is about.
func (a *apiAnswer) corsHeaders() map[string]string {
	found := map[string]string{}
	for name := range a.header {
		if strings.HasPrefix(name, "Access-Control-") || name == "Vary" {
			found[name] = a.header.Get(name)
		}
	}
	return found
}

// apiCookieRoutes are the paths where a cookie counts.
var apiCookieRoutes = map[string]bool{"/api/v1/users": true, "/api/v1/users/verify": true}

func TestAPIPreflight(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		c := newAPI(t, trusting).client()
		methods := map[string][]string{}
		for _, routes := range apiRoutes {
			for _, route := range routes {
				method, path, _ := strings.Cut(route, " ")
				methods[path] = append(methods[path], method)
			}
		}
		for path, allowed := range methods {
			for _, method := range allowed {
				want := map[string]string{
					"Access-Control-Allow-Origin":  apiTrusted,
					"Access-Control-Allow-Headers": "Authorization, Content-Type",
					"Access-Control-Max-Age":       "600",
					"Vary":                         "Origin",
				}
				if apiCookieRoutes[path] {
					want["Access-Control-Allow-Credentials"] = "true"
				}
				a := c.preflight(apiTrusted, method, path).ok(204)
				got := a.corsHeaders()
				assert.ElementsMatch(t, allowed, strings.Split(got["Access-Control-Allow-Methods"], ", "), path)
				delete(got, "Access-Control-Allow-Methods")
				assert.Equal(t, want, got, path)
				assert.Empty(t, a.cookies)
			}
		}
	})
}

// Pages of other origins get what they got before: a refusal without a header of CORS.
func TestAPIPreflightOfOthers(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		c := newAPI(t, trusting).client()
		for _, origin := range []string{
			apiEvil, "null", "http://app.example.org", "https://app.example.org:8443", "https://app.example.org.evil.example",
			"https://APP.example.org", apiTrusted + "/", apiTrusted + ", " + apiEvil,
		} {
			a := c.preflight(origin, "POST", "/connect").refused(405, "method_not_allowed", origin)
			assert.Equal(t, map[string]string{"Vary": "Origin"}, a.corsHeaders(), origin)
		}
		a := c.preflight(apiTrusted, "POST", "/nowhere").refused(404, "not_found")
		assert.Equal(t, apiTrusted, a.corsHeaders()["Access-Control-Allow-Origin"])

		c.preflight(apiTrusted, "POST", "/connect").ok(204)
		delete(c.header, "Access-Control-Request-Method") // it asks for nothing
		c.do("OPTIONS", "/connect", nil).refused(405, "method_not_allowed")

		c = newAPI(t).client() // nobody is trusted
		a = c.preflight(apiTrusted, "POST", "/connect").refused(405, "method_not_allowed")
		assert.Empty(t, a.corsHeaders())
		c.header = map[string]string{"Origin": apiTrusted}
		assert.Empty(t, c.post("/users/verification/start", apiBody{"phone": apiCairo}).ok().corsHeaders())
	})
}

// A page can read an answer only if the answer allows it, and an error is an answer.
func TestAPIAnswersToATrustedOrigin(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t, trusting)
		c := s.newBrowser()
		plain := map[string]string{
			"Access-Control-Allow-Origin": apiTrusted, "Access-Control-Expose-Headers": "Retry-After", "Vary": "Origin",
		}
		withCookies := map[string]string{"Access-Control-Allow-Credentials": "true"}
		maps.Copy(withCookies, plain)
		c.header = map[string]string{"Origin": apiTrusted, "Sec-Fetch-Site": "cross-site"}
		start := apiBody{"phone": apiCairo}
		for _, a := range []*apiAnswer{
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
		for _, a := range []*apiAnswer{
			c.register(apiSingapore, apiPassword).ok(),
			c.usersVerify("").invalid("code", "can't be blank"),
			c.usersVerify(s.inbox.Code(t, apiSingapore)).ok(),
		} {
			assert.Equal(t, withCookies, a.corsHeaders(), a.path)
		}

		c = s.client()
		for _, header := range []map[string]string{{"Origin": apiEvil}, {}} {
			c.header = header
			a := c.do("GET", "/users/me", nil).refused(401, "unauthorized")
			assert.Equal(t, map[string]string{"Vary": "Origin"}, a.corsHeaders())
		}
	})
}

// Where the host keeps the sessions, its cookie counts on every route.
func TestAPICORSUnderHostSessions(t *testing.T) {
	apiTest(t, func(t *testing.T) {
		s := newAPI(t, trusting, hostKeepsSessions(func(http.ResponseWriter, *http.Request) error { return nil }))
		c := s.newBrowser()
		for _, path := range []string{"/users/me", "/logout", "/connect"} {
			a := c.preflight(apiTrusted, "POST", path).ok(204)
			assert.Equal(t, "true", a.corsHeaders()["Access-Control-Allow-Credentials"], path)
		}
		c.header = map[string]string{"Origin": apiTrusted, "Sec-Fetch-Site": "cross-site"}
		c.login(apiCairo, c.start(apiCairo)).ok()
		a := c.do("GET", "/users/me", nil).ok()
		assert.Equal(t, "true", a.corsHeaders()["Access-Control-Allow-Credentials"])
		c.post("/logout", apiBody{}).ok(204)

		c.header["Origin"] = apiEvil
		a = c.post("/logout", apiBody{}).refused(403, "cross_origin")
		assert.Equal(t, map[string]string{"Vary": "Origin"}, a.corsHeaders())
		a = c.do("GET", "/users/me", nil).ok() // the browser keeps it from the page
		assert.Equal(t, map[string]string{"Vary": "Origin"}, a.corsHeaders())
	})
}
