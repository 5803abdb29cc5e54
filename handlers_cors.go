package phoneauth

import (
	"net/http"
	"slices"
	"strings"
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
