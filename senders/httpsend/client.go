package httpsend

import (
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Timeout bounds a send whose context has no deadline, as phoneauth.SMSSender asks.
const Timeout = 10 * time.Second

// Client returns a copy of c that follows no redirect, which would carry a code to a
// place nobody configured. For nil it makes a client of its own. That one keeps up to 64
// connections for 4 s, gives up a dial or a TLS handshake after 5 s, and takes no proxy
// from the environment.
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

// ErrURL is why [ParseURL] refuses. It does not quote the URL, which may have credentials
// in it.
var ErrURL = errors.New("not an absolute http or https URL")

// ParseURL parses an http or https URL that has a host. Its only error is ErrURL.
func ParseURL(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" {
		return nil, ErrURL
	}
	return u, nil
}

// BadBaseURL is what New of a sender says of a Config.BaseURL that [BaseURL] refuses.
const BadBaseURL = "BaseURL must be an absolute http or https URL without credentials, query or fragment"

// BaseURL returns the address of a provider's API without a slash at its end: that of the host's
// configuration, or own if that is empty. It returns false for what is no absolute http or https URL,
// or has credentials, a query or a fragment.
func BaseURL(configured, own string) (base string, ok bool) {
	if configured == "" {
		configured = own
	}
	u, err := ParseURL(configured)
	ok = err == nil && u.User == nil && !strings.ContainsAny(configured, "?#")
	return strings.TrimRight(configured, "/"), ok
}
