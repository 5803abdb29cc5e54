package telnyx

import (
	"errors"
	"log/slog"
	"net/http"
	"regexp"
	"strings"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/httpsend"
)

// Config is the configuration of a [Sender].
type Config struct {
	// APIKey is an API key (V2) of the account. Required.
	APIKey phoneauth.Secret
	// From is the number in E.164, short code or alphanumeric id to send from. Either it or
	// ProfileID is required; an alphanumeric id needs both.
	From string
	// ProfileID is a messaging profile: a UUID. Without From, a number of its pool is chosen.
	ProfileID string
	// WebhookURL is the URL to which Telnyx reports what happened to each message; see
	// [Callbacks]. Empty means the URL of the messaging profile.
	WebhookURL string
	// BaseURL is the address of the API, for tests. Empty means "https://api.telnyx.com".
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
	url, authorization     string
	from, profile, webhook string
	client                 *http.Client
}

var _ phoneauth.SMSSender = (*Sender)(nil)

var (
	uuid         = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	alphanumeric = regexp.MustCompile(`[A-Za-z]`)
)

// New returns a Sender, or every fault of c at once. It does not connect.
func New(c Config) (*Sender, error) {
	var faults []error
	fault := func(wrong bool, text string) {
		if wrong {
			faults = append(faults, errors.New("telnyx: config: "+text))
		}
	}
	fault(c.APIKey == "" || strings.ContainsAny(string(c.APIKey), "\r\n"), "APIKey is required, on one line")
	fault(c.From == "" && c.ProfileID == "", "From or ProfileID is required")
	fault(alphanumeric.MatchString(c.From) && c.ProfileID == "", "ProfileID is required with an alphanumeric From")
	fault(c.ProfileID != "" && !uuid.MatchString(c.ProfileID), "ProfileID must be a UUID")
	fault(c.WebhookURL != "" && !absolute(c.WebhookURL), "WebhookURL must be an absolute http or https URL without credentials")
	base, ok := httpsend.BaseURL(c.BaseURL, "https://api.telnyx.com")
	fault(!ok, httpsend.BadBaseURL)
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return &Sender{
		url:           base + "/v2/messages",
		authorization: "Bearer " + string(c.APIKey),
		from:          c.From,
		profile:       c.ProfileID,
		webhook:       c.WebhookURL,
		client:        httpsend.Client(c.Client),
	}, nil
}

// absolute reports whether s is a URL of http or https with a host, and no credentials.
func absolute(s string) bool {
	u, err := httpsend.ParseURL(s)
	return err == nil && u.User == nil
}

// String returns "telnyx".
func (s *Sender) String() string { return name }

// GoString returns what String does.
func (s *Sender) GoString() string { return s.String() }

// LogValue returns what String does.
func (s *Sender) LogValue() slog.Value { return slog.StringValue(s.String()) }
