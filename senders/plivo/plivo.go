package plivo

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/httpsend"
)

// Config is the configuration of a [Sender].
type Config struct {
	// AuthID is the account or subaccount that sends: "MA" or "SA" and 18 letters and
	// digits. Required.
	AuthID string
	// AuthToken is the auth token of AuthID. Required.
	AuthToken phoneauth.Secret
	// From is the number in E.164, short code or alphanumeric id to send from ("src" in the
	// API). Either it or PowerpackUUID is required.
	From string
	// PowerpackUUID is a powerpack that chooses where to send from.
	PowerpackUUID string
	// StatusCallback is the URL to which Plivo reports what happened to each message ("url"
	// in the API); see [Callbacks]. Empty means no reports.
	StatusCallback string
	// BaseURL is the address of the API, for tests. Empty means "https://api.plivo.com".
	BaseURL string
	// Client makes the requests. Redirects are not followed, whatever it says. Its
	// transport must not repeat requests by itself, because a text could then be sent
	// twice. Nil means a client that keeps connections, gives up a dial after 5 s, and
	// uses no proxy.
	Client *http.Client
}

// Sender sends by one account. It is safe for concurrent use, and prints without its
// credentials.
type Sender struct {
	url             string
	user, password  string
	from, powerpack string
	callback        string
	client          *http.Client
}

var _ phoneauth.SMSSender = (*Sender)(nil)

var (
	authID    = regexp.MustCompile(`^[MS]A[0-9A-Za-z]{18}$`)
	powerpack = regexp.MustCompile(`^[0-9a-fA-F-]{36}$`)
)

// New returns a Sender, or every fault of c at once. It does not connect.
func New(c Config) (*Sender, error) {
	var faults []error
	fault := func(wrong bool, text string) {
		if wrong {
			faults = append(faults, errors.New("plivo: config: "+text))
		}
	}
	fault(!authID.MatchString(c.AuthID), `AuthID must be "MA" or "SA" and 18 letters and digits`)
	fault(c.AuthToken == "", "AuthToken is required")
	fault((c.From == "") == (c.PowerpackUUID == ""), "From or PowerpackUUID is required, and only one of them")
	fault(c.PowerpackUUID != "" && !powerpack.MatchString(c.PowerpackUUID), "PowerpackUUID must be a UUID")
	if c.StatusCallback != "" {
		_, ok := parse(c.StatusCallback)
		fault(!ok, "StatusCallback must be an absolute http or https URL without credentials or fragment")
	}
	base, ok := httpsend.BaseURL(c.BaseURL, "https://api.plivo.com")
	fault(!ok, httpsend.BadBaseURL)
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return &Sender{
		url:       fmt.Sprintf("%s/v1/Account/%s/Message/", base, c.AuthID),
		user:      c.AuthID,
		password:  string(c.AuthToken),
		from:      c.From,
		powerpack: c.PowerpackUUID,
		callback:  c.StatusCallback,
		client:    httpsend.Client(c.Client),
	}, nil
}

// parse returns a URL of http or https with a host, and no credentials or fragment.
func parse(s string) (*url.URL, bool) {
	u, err := httpsend.ParseURL(s)
	return u, err == nil && u.User == nil && !strings.Contains(s, "#")
}

// String returns "plivo".
func (s *Sender) String() string { return name }

// GoString returns what String does.
func (s *Sender) GoString() string { return s.String() }

// LogValue returns what String does.
func (s *Sender) LogValue() slog.Value { return slog.StringValue(s.String()) }
