package twilioverify

import (
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"regexp"
	"slices"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/httpsend"
)

// Config is the configuration of a [Sender].
type Config struct {
	// AccountSID is the account that sends: "AC" and 32 hexadecimal digits. Required.
	AccountSID string
	// AuthToken is the auth token of the account. Either it or an API key is required. An
	// API key is better, because it can be revoked without the account.
	AuthToken phoneauth.Secret
	// APIKey is the SID of an API key: "SK" and 32 hexadecimal digits. It needs APISecret.
	APIKey string
	// APISecret is the secret of APIKey.
	APISecret phoneauth.Secret
	// ServiceSID is the Verify service: "VA" and 32 hexadecimal digits. Its name stands in
	// the texts. Required.
	ServiceSID string
	// Channels are the channels that the service has enabled: "sms", "whatsapp" and "voice".
	// A message without a Channel goes by the first. Empty means "sms".
	Channels []string
	// TemplateSIDs are the templates of purposes, "HJ" and 32 hexadecimal digits each. A
	// purpose that is not here has the default template of the service. Twilio uses them in
	// SMS and calls.
	TemplateSIDs map[phoneauth.Purpose]string
	// BaseURL is the address of the API, for tests. Empty means
	// "https://verify.twilio.com".
	BaseURL string
	// Client makes the requests. Redirects are not followed, whatever it says. Its
	// transport must not repeat requests by itself, because a text could then be sent
	// twice. Nil means a client that keeps connections, gives up a dial after 5 s, and
	// uses no proxy.
	Client *http.Client
}

// Sender sends by one Verify service. It is safe for concurrent use, and prints without its
// credentials.
type Sender struct {
	url            string
	user, password string
	channels       []string
	templates      map[phoneauth.Purpose]string
	client         *http.Client
}

var (
	_ phoneauth.SMSSender = (*Sender)(nil)
	_ phoneauth.Supporter = (*Sender)(nil)
	_ phoneauth.Verifier  = (*Sender)(nil)
)

var (
	accountSID      = regexp.MustCompile(`^AC[0-9a-fA-F]{32}$`)
	keySID          = regexp.MustCompile(`^SK[0-9a-fA-F]{32}$`)
	serviceSID      = regexp.MustCompile(`^VA[0-9a-fA-F]{32}$`)
	templateSID     = regexp.MustCompile(`^HJ[0-9a-fA-F]{32}$`)
	verificationSID = regexp.MustCompile(`^VE[0-9a-fA-F]{32}$`)
)

// channels are Twilio's names of ours.
var channels = map[string]string{"sms": "sms", "whatsapp": "whatsapp", "voice": "call"}

// New returns a Sender, or every fault of c at once. It does not connect.
func New(c Config) (*Sender, error) {
	var faults []error
	fault := func(wrong bool, text string) {
		if wrong {
			faults = append(faults, errors.New("twilioverify: config: "+text))
		}
	}
	token, key := c.AuthToken != "", c.APIKey != "" || c.APISecret != ""
	fault(!accountSID.MatchString(c.AccountSID), `AccountSID must be "AC" and 32 hexadecimal digits`)
	fault(!token && !key, "AuthToken, or APIKey and APISecret, are required")
	fault(token && key, "AuthToken and APIKey exclude each other")
	fault(key && !keySID.MatchString(c.APIKey), `APIKey must be "SK" and 32 hexadecimal digits`)
	fault(key && c.APISecret == "", "APISecret is required with APIKey")
	fault(!serviceSID.MatchString(c.ServiceSID), `ServiceSID must be "VA" and 32 hexadecimal digits`)
	fault(slices.ContainsFunc(c.Channels, func(channel string) bool { return channels[channel] == "" }), `Channels must be "sms", "whatsapp" or "voice"`)
	fault(slices.ContainsFunc(slices.Collect(maps.Values(c.TemplateSIDs)), func(sid string) bool { return !templateSID.MatchString(sid) }), `TemplateSIDs must be "HJ" and 32 hexadecimal digits`)
	base, ok := httpsend.BaseURL(c.BaseURL, "https://verify.twilio.com")
	fault(!ok, httpsend.BadBaseURL)
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	s := &Sender{
		url:       base + "/v2/Services/" + c.ServiceSID + "/Verifications",
		user:      c.AccountSID,
		password:  string(c.AuthToken),
		channels:  slices.Clone(c.Channels),
		templates: maps.Clone(c.TemplateSIDs),
		client:    httpsend.Client(c.Client),
	}
	if len(s.channels) == 0 {
		s.channels = []string{"sms"}
	}
	if key {
		s.user, s.password = c.APIKey, string(c.APISecret)
	}
	return s, nil
}

// absolute reports whether s is a URL of http or https with a host, and no credentials.
func absolute(s string) bool {
	u, err := httpsend.ParseURL(s)
	return err == nil && u.User == nil
}

// String returns "twilioverify".
func (s *Sender) String() string { return name }

// GoString returns what String does.
func (s *Sender) GoString() string { return s.String() }

// LogValue returns what String does.
func (s *Sender) LogValue() slog.Value { return slog.StringValue(s.String()) }
