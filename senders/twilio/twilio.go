package twilio

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"

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
	// From is the number in E.164, short code or alphanumeric id to send from. Either it
	// or MessagingServiceSID is required. With both, the service sends from From.
	From string
	// MessagingServiceSID is a messaging service that chooses where to send from: "MG" and
	// 32 hexadecimal digits.
	MessagingServiceSID string
	// StatusCallback is the URL to which Twilio reports what happened to each message; see
	// [Callbacks]. Empty means the URL of the messaging service.
	StatusCallback string
	// BaseURL is the address of the API, for tests and for regions such as
	// "https://api.dublin.ie1.twilio.com". Empty means "https://api.twilio.com".
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
	url            string
	user, password string
	fixed          url.Values // what every message has
	client         *http.Client
}

var _ phoneauth.SMSSender = (*Sender)(nil)

var (
	accountSID = regexp.MustCompile(`^AC[0-9a-fA-F]{32}$`)
	keySID     = regexp.MustCompile(`^SK[0-9a-fA-F]{32}$`)
	serviceSID = regexp.MustCompile(`^MG[0-9a-fA-F]{32}$`)
)

// New returns a Sender, or every fault of c at once. It does not connect.
func New(c Config) (*Sender, error) {
	var faults []error
	fault := func(wrong bool, text string) {
		if wrong {
			faults = append(faults, errors.New("twilio: config: "+text))
		}
	}
	base, user, password := account{c.AccountSID, c.AuthToken, c.APIKey, c.APISecret, c.BaseURL}.check(fault)
	fault(c.From == "" && c.MessagingServiceSID == "", "From or MessagingServiceSID is required")
	fault(c.MessagingServiceSID != "" && !serviceSID.MatchString(c.MessagingServiceSID), `MessagingServiceSID must be "MG" and 32 hexadecimal digits`)
	fault(c.StatusCallback != "" && !absolute(c.StatusCallback), "StatusCallback must be an absolute http or https URL without credentials")
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	s := &Sender{
		url:      fmt.Sprintf("%s/2010-04-01/Accounts/%s/Messages.json", base, c.AccountSID),
		user:     user,
		password: password,
		fixed:    url.Values{},
		client:   httpsend.Client(c.Client),
	}
	for name, value := range map[string]string{
		"From":                c.From,
		"MessagingServiceSid": c.MessagingServiceSID,
		"StatusCallback":      c.StatusCallback,
	} {
		if value != "" {
			s.fixed.Set(name, value)
		}
	}
	return s, nil
}

// account is what a sender and a voice have in common.
type account struct {
	sid     string
	token   phoneauth.Secret
	key     string
	secret  phoneauth.Secret
	baseURL string
}

// check reports the faults of a, and returns the address of the API and the credentials.
func (a account) check(fault func(wrong bool, text string)) (base, user, password string) {
	token, key := a.token != "", a.key != "" || a.secret != ""
	fault(!accountSID.MatchString(a.sid), `AccountSID must be "AC" and 32 hexadecimal digits`)
	fault(!token && !key, "AuthToken, or APIKey and APISecret, are required")
	fault(token && key, "AuthToken and APIKey exclude each other")
	fault(key && !keySID.MatchString(a.key), `APIKey must be "SK" and 32 hexadecimal digits`)
	fault(key && a.secret == "", "APISecret is required with APIKey")
	base, ok := httpsend.BaseURL(a.baseURL, "https://api.twilio.com")
	fault(!ok, httpsend.BadBaseURL)
	if key {
		return base, a.key, string(a.secret)
	}
	return base, a.sid, string(a.token)
}

// absolute reports whether s is a URL of http or https with a host, and no credentials.
func absolute(s string) bool {
	u, err := httpsend.ParseURL(s)
	return err == nil && u.User == nil
}

// String returns "twilio".
func (s *Sender) String() string { return name }

// GoString returns what String does.
func (s *Sender) GoString() string { return s.String() }

// LogValue returns what String does.
func (s *Sender) LogValue() slog.Value { return slog.StringValue(s.String()) }
