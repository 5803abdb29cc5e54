package messagebird

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
	// AccessKey is a live access key of the account. Required.
	AccessKey phoneauth.Secret
	// From is the number, or the alphanumeric id of at most 11 characters, to send from
	// ("originator" in the API). Required.
	From string
	// ReportURL is the URL at which MessageBird reports what happened to each message; see
	// [Callbacks]. It has no query and no fragment. Empty means the URL of the account.
	ReportURL string
	// BaseURL is the address of the API, for tests. Empty means
	// "https://rest.messagebird.com".
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
	url, authorization string
	from, report       string
	client             *http.Client
}

var _ phoneauth.SMSSender = (*Sender)(nil)

// New returns a Sender, or every fault of c at once. It does not connect.
func New(c Config) (*Sender, error) {
	var faults []error
	fault := func(wrong bool, text string) {
		if wrong {
			faults = append(faults, errors.New("messagebird: config: "+text))
		}
	}
	fault(c.AccessKey == "" || strings.ContainsAny(string(c.AccessKey), "\r\n"), "AccessKey is required, on one line")
	fault(c.From == "", "From is required")
	fault(c.ReportURL != "" && !plain(c.ReportURL), "ReportURL must be an absolute http or https URL without credentials, query or fragment")
	base, ok := httpsend.BaseURL(c.BaseURL, "https://rest.messagebird.com")
	fault(!ok, httpsend.BadBaseURL)
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return &Sender{
		url:           base + "/messages",
		authorization: "AccessKey " + string(c.AccessKey),
		from:          strings.TrimPrefix(c.From, "+"),
		report:        c.ReportURL,
		client:        httpsend.Client(c.Client),
	}, nil
}

// plain reports whether s is a URL of http or https with a host and, perhaps, a path.
func plain(s string) bool {
	u, err := httpsend.ParseURL(s)
	return err == nil && u.User == nil && !strings.ContainsAny(s, "?#")
}

// String returns "messagebird".
func (s *Sender) String() string { return name }

// GoString returns what String does.
func (s *Sender) GoString() string { return s.String() }

// LogValue returns what String does.
func (s *Sender) LogValue() slog.Value { return slog.StringValue(s.String()) }
