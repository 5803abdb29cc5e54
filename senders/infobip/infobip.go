package infobip

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/httpsend"
)

// Config is the configuration of a [Sender].
type Config struct {
	// BaseURL is the address of the account's API, which Infobip shows on the home page of
	// its portal: "https://xxxxx.api.infobip.com". Required.
	BaseURL string
	// APIKey is an API key with the scope sms:message:send. Required.
	APIKey phoneauth.Secret
	// From is the number or alphanumeric id to send from. Required.
	From string
	// DeliveryURL is the URL to which Infobip reports what happened to each message; see
	// [Callbacks]. It may have a user name and a password in it. Empty means what the
	// account's subscriptions say.
	DeliveryURL phoneauth.Secret
	// India are the registrations that carriers in India require. Nil means none: messages
	// to India are sent without them, for an account that has them at Infobip.
	India *India
	// Client makes the requests. Redirects are not followed, whatever it says. Its
	// transport must not repeat requests by itself, because a text could then be sent
	// twice. Nil means a client that keeps connections, gives up a dial after 5 s, and
	// uses no proxy.
	Client *http.Client
}

// Sender sends by one account. It is safe for concurrent use, and prints without its
// credentials.
type Sender struct {
	url, authorization string
	from, delivery     string
	india              *India
	client             *http.Client
}

var (
	_ phoneauth.SMSSender = (*Sender)(nil)
	_ phoneauth.Supporter = (*Sender)(nil)
)

// New returns a Sender, or every fault of c at once. It does not connect.
func New(c Config) (*Sender, error) {
	var faults []error
	fault := func(wrong bool, text string) {
		if wrong {
			faults = append(faults, errors.New("infobip: config: "+text))
		}
	}
	base, ok := httpsend.BaseURL(c.BaseURL, "")
	fault(!ok, httpsend.BadBaseURL)
	fault(c.APIKey == "" || strings.ContainsAny(string(c.APIKey), "\r\n"), "APIKey is required, on one line")
	fault(c.From == "", "From is required")
	if c.DeliveryURL != "" {
		_, err := httpsend.ParseURL(string(c.DeliveryURL))
		fault(err != nil, "DeliveryURL must be an absolute http or https URL")
	}
	if c.India != nil {
		for _, text := range c.India.faults() {
			fault(true, text)
		}
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return &Sender{
		url:           base + "/sms/3/messages",
		authorization: "App " + string(c.APIKey),
		from:          strings.TrimPrefix(c.From, "+"),
		delivery:      string(c.DeliveryURL),
		india:         c.India.clone(),
		client:        httpsend.Client(c.Client),
	}, nil
}

// String returns "infobip".
func (s *Sender) String() string { return name }

// GoString returns what String does.
func (s *Sender) GoString() string { return s.String() }

// LogValue returns what String does.
func (s *Sender) LogValue() slog.Value { return slog.StringValue(s.String()) }
