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

// Config is the configuration of a [Sender].
type Config struct {
	// URL is the address of sendsms: http or https, without credentials and query.
	// Required.
	URL string
	// Username is that of the sendsms-user group. Required.
	Username string
	// Password is that of the sendsms-user group. Required.
	Password phoneauth.Secret
	// From is the sender that phones show: digits, or up to 11 letters and digits. Empty
	// means the default-sender of the sendsms-user group, or the global-sender.
	From string
	// SMSC is the smsc-id to route by. Kannel chooses when it is empty, or when no
	// connection of Kannel has it.
	SMSC string
	// DeliveryURL is the address of the handler of [Sender.Callbacks]: http or https,
	// without query. Its last path element is a secret of at least 22 letters, digits, '-'
	// or '_', such as `openssl rand -hex 16` makes. Empty means no delivery reports.
	DeliveryURL phoneauth.Secret
	// Client makes the requests. Redirects are not followed, whatever it says. Its
	// transport must not repeat requests by itself, because a text could then be sent
	// twice. Nil means a client that keeps connections, gives up a dial after 5 s, and
	// uses no proxy.
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
