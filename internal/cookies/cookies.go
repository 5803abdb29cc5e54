// Package cookies says which cookie of a request counts when several of one name arrive.
//
// A sibling domain can set a cookie for the domain that both share, and browsers send it
// beside the host's own, in an order that the sibling chooses by the path (RFC 6265, 5.4
// and 8.6). So neither the first nor the last of them is to be trusted. Browsers refuse
// this for names that begin with __Host-; a cookie that has a path, or one without Secure,
// cannot have such a name.
package cookies

import (
	"net/http"
	"slices"
)

// Values returns the different values of the cookies of this name, in the order in which
// they arrived. Empty values are left out.
func Values(r *http.Request, name string) []string {
	var values []string
	for _, c := range r.CookiesNamed(name) {
		if c.Value != "" && !slices.Contains(values, c.Value) {
			values = append(values, c.Value)
		}
	}
	return values
}

// Value returns the value of the cookie of this name. It is "" where no cookie has arrived,
// and where several have arrived that differ: nobody can tell which of them is the host's.
func Value(r *http.Request, name string) string {
	if values := Values(r, name); len(values) == 1 {
		return values[0]
	}
	return ""
}
