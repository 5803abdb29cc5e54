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

// cors writes what a browser wants to see before a page of a trusted origin may read the
// answer, and reports whether it has answered: a preflight is answered here and goes no
// further. ways are the routes of the path; there may be none.
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

// takesCookies reports whether a cookie counts on one of ways. Without credentials a
// browser sends none and keeps none.
func (h *handler) takesCookies(ways []route) bool {
	return h.s.cfg.HostSessions || slices.ContainsFunc(ways, h.byCookie)
}

// byCookie reports whether a cookie counts on way: one of ours, or the host's session.
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

// The cookies. A registration cookie holds the session token of a registration with a
// password, a device cookie the token of a known device.
const (
	registrationCookie = "phoneauth"
	deviceCookie       = "phoneauth-device"
)

// newCookie has every attribute of a cookie in one place. A life of 0 or less removes
// it. The __Host- prefix makes browsers refuse one that a sibling domain planted (RFC
// 6265bis, 4.1.3.2).
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

// cookie returns the value of a cookie of r. Where several that differ have arrived, none
// counts: one was planted by a sibling domain, which InsecureCookie lets it do. A client
// can then still send its token in the body.
func (c HTTPConfig) cookie(r *http.Request, name string) Secret {
	return Secret(cookies.Value(r, c.cookieName(name)))
}

// crossOrigin tells requests that a browser sends for a page of another origin. The
// error names the trusted origins that are none; they are then not trusted.
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
