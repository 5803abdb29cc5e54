package phoneauth

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/phoneauth/phoneauth/internal/cookies"
)

const (
	// corsHeaders are the request headers that the routes read and that CORS does not
	// allow by itself (Fetch, "CORS-safelisted request-header").
	corsHeaders = "Authorization, Content-Type"
	// corsExposed is the answer header that a page needs and cannot read otherwise.
	corsExposed = "Retry-After"
	// corsMaxAge is for how many seconds a browser may remember a preflight. Chromium
	// remembers none for more than two hours.
	corsMaxAge = "600"
)

// cors sets the headers that let a page of a trusted origin read the answer. It answers
// preflights, and returns true if it has answered. ways are the routes of the path; it may
// be empty.
func (h *handler) cors(w http.ResponseWriter, r *http.Request, ways []route) (answered bool) {
	if len(h.trusted) == 0 {
		return false
	}
	header := w.Header()
	header.Add("Vary", "Origin")
	origin := r.Header.Get("Origin")
	if !h.trusted[origin] {
		return false
	}
	header.Set("Access-Control-Allow-Origin", origin)
	if h.takesCookies(ways) {
		header.Set("Access-Control-Allow-Credentials", "true")
	}
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" || len(ways) == 0 {
		header.Set("Access-Control-Expose-Headers", corsExposed)
		return false
	}
	header.Set("Access-Control-Allow-Methods", methodsOf(ways))
	header.Set("Access-Control-Allow-Headers", corsHeaders)
	header.Set("Access-Control-Max-Age", corsMaxAge)
	write(w, http.StatusNoContent, nil)
	return true
}

// takesCookies reports whether a cookie counts on one of ways. Only then the answer allows
// credentials: without that a browser neither sends cookies nor keeps them.
func (h *handler) takesCookies(ways []route) bool {
	return h.s.cfg.HostSessions || slices.ContainsFunc(ways, h.byCookie)
}

// byCookie reports whether a cookie counts on way: the registration cookie, or the session
// cookie of the host.
func (h *handler) byCookie(way route) bool {
	return way.access == cookie || h.s.cfg.HostSessions
}

// methodsOf lists the methods of ways, as Allow and Access-Control-Allow-Methods do.
func methodsOf(ways []route) string {
	methods := make([]string, len(ways))
	for i, way := range ways {
		methods[i] = way.method
	}
	return strings.Join(methods, ", ")
}

// The names of cookies. The registration cookie holds the challenge token of a password
// registration. The device cookie holds a device token.
const (
	registrationCookie = "phoneauth"
	deviceCookie       = "phoneauth-device"
)

// newCookie returns a cookie with all its attributes. A life of 0 or less removes the cookie.
// With the prefix __Host- browsers refuse cookies that a sibling domain planted (RFC 6265bis,
// 4.1.3.2).
func (c HTTPConfig) newCookie(name string, value Secret, life time.Duration) *http.Cookie {
	maxAge := wholeSeconds(life)
	if maxAge == 0 {
		maxAge = -1
	}
	return &http.Cookie{
		Name:     c.cookieName(name),
		Value:    string(value),
		Path:     "/",
		MaxAge:   int(maxAge),
		Secure:   !c.InsecureCookie,
		HttpOnly: true,
		SameSite: http.SameSiteLaxMode,
	}
}

func (c HTTPConfig) cookieName(name string) string {
	if c.InsecureCookie {
		return name
	}
	return "__Host-" + name
}

// cookie returns the value of a cookie of r. It returns "" when several arrived that differ:
// with InsecureCookie a sibling domain can plant one. The client can then send its token in
// the body.
func (c HTTPConfig) cookie(r *http.Request, name string) Secret {
	return Secret(cookies.Value(r, c.cookieName(name)))
}

// crossOrigin returns the check for requests that a page of another origin sends. The error
// names the trusted origins that are malformed. These are not trusted.
func (c HTTPConfig) crossOrigin() (*http.CrossOriginProtection, error) {
	p := http.NewCrossOriginProtection()
	var errs []error
	for _, origin := range c.TrustedOrigins {
		if err := p.AddTrustedOrigin(origin); err != nil {
			errs = append(errs, err)
		}
	}
	return p, errors.Join(errs...)
}
