package kannel

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/callback"
	"github.com/phoneauth/phoneauth/senders/httpsend"
)

// Config is what a [Sender] is made of.
type Config struct {
	// URL of sendsms, http or https, without credentials and query. Required.
	URL string
	// Username is that of the sendsms-user group. Required.
	Username string
	// Password is that of the sendsms-user group. Required.
	Password phoneauth.Secret
	// From is the sender that phones show: digits, or up to 11 letters and digits. Empty
	// is the default-sender of the sendsms-user group, or the global-sender.
	From string
	// SMSC is the smsc-id to route by; empty leaves it to Kannel, and so does one that
	// no connection of Kannel's has.
	SMSC string
	// DeliveryURL is where Kannel finds the handler of [Sender.Callbacks]: http or https,
	// without query, ending in a secret path element of at least 22 letters, digits, '-'
	// or '_', as `openssl rand -hex 16` makes one. Empty asks for no delivery reports.
	DeliveryURL phoneauth.Secret
	// Client makes the requests; redirects are not followed even so, and a transport that
	// tries again by itself breaks the promise that nothing is sent twice. nil is a client
	// that keeps connections, gives up a dial after 5 s, and uses no proxy.
	Client *http.Client
}

// validate returns the secret of DeliveryURL, or joins every fault.
func (c Config) validate() (secret string, err error) {
	var faults []error
	fault := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf("kannel: config: "+format, args...))
	}
	if c.URL == "" {
		fault("URL is required")
	} else if u := absolute(c.URL); u == nil || u.User != nil {
		fault("URL must be an absolute http or https URL without credentials and query")
	}
	for _, f := range []struct {
		name, value string
		required    bool
	}{
		{"Username", c.Username, true},
		{"Password", string(c.Password), true},
		{"From", c.From, false},
		{"SMSC", c.SMSC, false},
	} {
		if f.required && f.value == "" {
			fault("%s is required", f.name)
		}
		// They travel in headers, whose ends Kannel strips.
		if !printable(f.value) || strings.TrimSpace(f.value) != f.value {
			fault("%s must be printable ASCII without spaces at its ends", f.name)
		}
	}
	if c.DeliveryURL != "" {
		u := absolute(string(c.DeliveryURL))
		if u == nil {
			fault("DeliveryURL must be an absolute http or https URL without query")
		} else {
			if secret = callback.PathSecret(u); !callback.ValidSecret(secret) {
				fault("DeliveryURL must end in a secret path element of at least %d letters, digits, '-' or '_'", callback.MinSecret)
			}
		}
	}
	return secret, errors.Join(faults...)
}

// absolute parses an http or https URL that can be called, or is nil.
func absolute(raw string) *url.URL {
	if strings.ContainsAny(raw, "?#") || !printable(raw) {
		return nil
	}
	u, _ := httpsend.ParseURL(raw)
	return u
}

func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
}
