package callback

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// MinSecret is how many characters the secret of a path has at least: 128 bits in
// base64url.
const MinSecret = 22

// ValidSecret reports whether s may be the secret of a path: at least MinSecret letters,
// digits, '-' or '_', as `openssl rand -hex 16` makes one.
func ValidSecret(s string) bool {
	return len(s) >= MinSecret && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && r != '-' && r != '_'
	})
}

// PathSecret returns the last element of the path of u, as it is escaped there, whether it may
// be a secret or not.
func PathSecret(u *url.URL) string {
	path := u.EscapedPath()
	return path[strings.LastIndexByte(path, '/')+1:]
}

// Guarded returns Behind(secret, h) for the callbacks of a sender of that name whose provider signs
// nothing, or every fault of how they are configured: a PathSecret that ValidSecret refuses, and no
// report.
func Guarded(sender, secret string, report Report, h http.Handler) (http.Handler, error) {
	var faults []error
	if !ValidSecret(secret) {
		faults = append(faults, fmt.Errorf("%s: callbacks: PathSecret must be at least %d letters, digits, '-' or '_'", sender, MinSecret))
	}
	if report == nil {
		faults = append(faults, fmt.Errorf("%s: callbacks: report is required", sender))
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return Behind(secret, h), nil
}

// Behind returns a handler that calls h for requests whose last path element is secret. It
// compares in constant time. It answers 404 to all other requests, and to all requests when
// secret is empty.
func Behind(secret string, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		last := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
		if secret == "" || subtle.ConstantTimeCompare([]byte(last), []byte(secret)) != 1 {
			http.NotFound(w, r)
			return
		}
		h.ServeHTTP(w, r)
	})
}
