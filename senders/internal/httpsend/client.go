// Package httpsend is what the senders that talk HTTP share: one request, made at most
// once, whose failure is classed and holds no secret.
package httpsend

import (
	"net"
	"net/http"
	"net/url"
	"time"
)

// Timeout bounds a send whose context has no deadline.
const Timeout = 10 * time.Second

// Client returns a copy of c that follows no redirect, which would carry a code to a
// place nobody configured. For nil it makes a client of its own, which keeps
// connections, and takes no proxy from the environment.
func Client(c *http.Client) *http.Client {
	if c == nil {
		c = &http.Client{Transport: &http.Transport{
			DialContext:         (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
			TLSHandshakeTimeout: 5 * time.Second,
			MaxIdleConns:        64,
			MaxIdleConnsPerHost: 64,
			// Shorter than the 5 s after which Node.js, the shortest of the common
			// servers, hangs up: a connection that closes under a request leaves it
			// ambiguous.
			IdleConnTimeout:        4 * time.Second,
			MaxResponseHeaderBytes: 64 << 10,
			DisableCompression:     true,
			ForceAttemptHTTP2:      true,
		}}
	}
	own := *c
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &own
}

// URL parses an absolute http or https URL, or is nil. An error would quote it, with the
// credentials that it may have.
func URL(raw string) *url.URL {
	u, err := url.Parse(raw)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" {
		return nil
	}
	return u
}
