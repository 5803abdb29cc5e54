package vonage

import (
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/httpsend"
)

// Config is the configuration of a [Sender].
type Config struct {
	// APIKey is the API key of the account that sends: 8 characters. Required.
	APIKey string
	// APISecret is the secret of APIKey. Required.
	APISecret phoneauth.Secret
	// From is the number or alphanumeric id to send from. Required.
	From string
	// StatusCallback is the URL to which Vonage reports what happened to each message
	// ("callback" in its API); see [Callbacks]. Empty means the URL of the dashboard.
	StatusCallback string
	// BaseURL is the address of the API, for tests and for regions. Empty means
	// "https://rest.nexmo.com".
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
	url    string
	fixed  url.Values // what every message has, the credentials too
	client *http.Client
}

var _ phoneauth.SMSSender = (*Sender)(nil)

// New returns a Sender, or every fault of c at once. It does not connect.
func New(c Config) (*Sender, error) {
	var faults []error
	fault := func(wrong bool, text string) {
		if wrong {
			faults = append(faults, errors.New("vonage: config: "+text))
		}
	}
	fault(len(c.APIKey) != 8, "APIKey must be 8 characters")
	fault(c.APISecret == "", "APISecret is required")
	fault(c.From == "", "From is required")
	fault(c.StatusCallback != "" && !absolute(c.StatusCallback), "StatusCallback must be an absolute http or https URL")
	base, ok := httpsend.BaseURL(c.BaseURL, "https://rest.nexmo.com")
	fault(!ok, httpsend.BadBaseURL)
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	s := &Sender{
		url: base + "/sms/json",
		fixed: url.Values{
			"api_key":    {c.APIKey},
			"api_secret": {string(c.APISecret)},
			"from":       {strings.TrimPrefix(c.From, "+")},
		},
		client: httpsend.Client(c.Client),
	}
	if c.StatusCallback != "" {
		s.fixed.Set("callback", c.StatusCallback)
	}
	return s, nil
}

// absolute reports whether s is a URL of http or https with a host.
func absolute(s string) bool {
	_, err := httpsend.ParseURL(s)
	return err == nil
}

// String returns "vonage".
func (s *Sender) String() string { return name }

// GoString returns what String does.
func (s *Sender) GoString() string { return s.String() }

// LogValue returns what String does.
func (s *Sender) LogValue() slog.Value { return slog.StringValue(s.String()) }
