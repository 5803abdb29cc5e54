package telegram

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
	// Token is the API token of the Gateway account. Required.
	Token phoneauth.Secret
	// SenderUsername is your verified Telegram channel that the codes come from, without
	// "@". Empty means Telegram's own.
	SenderUsername string
	// CallbackURL is the https URL to which Telegram reports what happened to each message;
	// see [Callbacks]. At most 256 bytes. Empty means none.
	CallbackURL string
	// BaseURL is the address of the API, for tests. Empty means
	// "https://gatewayapi.telegram.org".
	BaseURL string
	// Client makes the requests. Redirects are not followed, whatever it says. Its
	// transport must not repeat requests by itself, because a message could then be sent
	// twice. Nil means a client that keeps connections, gives up a dial after 5 s, and
	// uses no proxy.
	Client *http.Client
}

// Sender sends by one Gateway account. It is safe for concurrent use, and prints without its
// credentials.
type Sender struct {
	url      string
	token    string
	from     string
	callback string
	codes    *memory
	client   *http.Client
}

var (
	_ phoneauth.SMSSender = (*Sender)(nil)
	_ phoneauth.Supporter = (*Sender)(nil)
	_ phoneauth.Verifier  = (*Sender)(nil)
)

var username = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{3,31}$`)

// New returns a Sender, or every fault of c at once. It does not connect.
func New(c Config) (*Sender, error) {
	var faults []error
	fault := func(wrong bool, text string) {
		if wrong {
			faults = append(faults, errors.New("telegram: config: "+text))
		}
	}
	fault(c.Token == "" || strings.ContainsAny(string(c.Token), "\r\n"), "Token is required, on one line")
	fault(c.SenderUsername != "" && !username.MatchString(c.SenderUsername), "SenderUsername must be the name of a channel, without @")
	if c.CallbackURL != "" {
		u, err := httpsend.ParseURL(c.CallbackURL)
		fault(err != nil || u.Scheme != "https" || u.User != nil || len(c.CallbackURL) > 256, "CallbackURL must be an absolute https URL of at most 256 bytes, without credentials")
	}
	base, ok := httpsend.BaseURL(c.BaseURL, "https://gatewayapi.telegram.org")
	fault(!ok, httpsend.BadBaseURL)
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return &Sender{
		url: base, token: string(c.Token), from: c.SenderUsername, callback: c.CallbackURL,
		codes: newMemory(), client: httpsend.Client(c.Client),
	}, nil
}

// String returns "telegram".
func (s *Sender) String() string { return name }

// GoString returns what String does.
func (s *Sender) GoString() string { return s.String() }

// LogValue returns what String does.
func (s *Sender) LogValue() slog.Value { return slog.StringValue(s.String()) }
