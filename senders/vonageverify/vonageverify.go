package vonageverify

import (
	"crypto/rsa"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/httpsend"
)

// Config is the configuration of a [Sender].
type Config struct {
	// ApplicationID is the id of the Vonage application, a UUID. Required.
	ApplicationID string
	// PrivateKey is the private key of the application, in PEM: RSA of at least 2048 bits.
	// Required.
	PrivateKey phoneauth.Secret
	// Brand is the name in the texts: 1 to 16 characters, without / { } : $. Required.
	Brand string
	// Channels are the channels to offer: "sms", "whatsapp" and "voice". A message without a
	// Channel goes by the first. Empty means "sms".
	Channels []string
	// From is the number or name that SMS come from. Empty means that Vonage chooses.
	From string
	// WhatsAppFrom is your WhatsApp number: digits, without "+". Required with the channel
	// "whatsapp".
	WhatsAppFrom string
	// EntityID and ContentID are the ids that India's DLT has of you and of the text of
	// Vonage that you registered. Empty means none.
	EntityID, ContentID string
	// TemplateIDs are the custom templates of purposes, a UUID each. A purpose that is not
	// here has the default template.
	TemplateIDs map[phoneauth.Purpose]string
	// ChannelTimeout is how long Vonage keeps a request: 15 s to 15 min. While it does, it
	// refuses another to the same number with 409. So it must not be longer than the wait
	// between two sends. 0 means 30 s. On Vonage's pricing by success, 60 s is the least.
	ChannelTimeout time.Duration
	// BaseURL is the address of the API, for tests and for regions such as
	// "https://api-eu.vonage.com". Empty means "https://api.nexmo.com".
	BaseURL string
	// Client makes the requests. Redirects are not followed, whatever it says. Its
	// transport must not repeat requests by itself, because a text could then be sent
	// twice. Nil means a client that keeps connections, gives up a dial after 5 s, and
	// uses no proxy.
	Client *http.Client
}

// Sender sends by one application. It is safe for concurrent use, and prints without its
// credentials.
type Sender struct {
	url       string
	key       *rsa.PrivateKey
	config    Config // without the key
	timeout   int    // seconds
	templates map[phoneauth.Purpose]string
	client    *http.Client
}

var (
	_ phoneauth.SMSSender = (*Sender)(nil)
	_ phoneauth.Supporter = (*Sender)(nil)
)

var (
	uuid   = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	number = regexp.MustCompile(`^[1-9][0-9]{6,14}$`)
	dltID  = regexp.MustCompile(`^[0-9A-Za-z]{0,50}$`)
)

var channels = []string{"sms", "whatsapp", "voice"}

// minBits is the size of the keys that Vonage makes; shorter ones are not safe (RFC 7518, 3.3).
const minBits = 2048

// New returns a Sender, or every fault of c at once. It does not connect.
func New(c Config) (*Sender, error) {
	var faults []error
	fault := func(wrong bool, text string) {
		if wrong {
			faults = append(faults, errors.New("vonageverify: config: "+text))
		}
	}
	if len(c.Channels) == 0 {
		c.Channels = []string{"sms"}
	}
	if c.ChannelTimeout == 0 {
		c.ChannelTimeout = 30 * time.Second
	}
	key, err := jwt.ParseRSAPrivateKeyFromPEM([]byte(c.PrivateKey))
	fault(!uuid.MatchString(c.ApplicationID), "ApplicationID must be a UUID")
	fault(err != nil || key.N.BitLen() < minBits, "PrivateKey must be an RSA key of at least 2048 bits in PEM")
	fault(c.Brand == "" || utf8.RuneCountInString(c.Brand) > 16 || strings.ContainsAny(c.Brand, "/{}:$"), "Brand must be 1 to 16 characters, without / { } : $")
	fault(slices.ContainsFunc(c.Channels, func(channel string) bool { return !slices.Contains(channels, channel) }), `Channels must be "sms", "whatsapp" or "voice"`)
	fault(slices.Contains(c.Channels, "whatsapp") && !number.MatchString(c.WhatsAppFrom), "WhatsAppFrom must be digits")
	fault(len(c.From) > 15, "From must have at most 15 characters")
	fault(!dltID.MatchString(c.EntityID) || !dltID.MatchString(c.ContentID), "EntityID and ContentID must be letters and digits")
	fault(slices.ContainsFunc(slices.Collect(maps.Values(c.TemplateIDs)), func(id string) bool { return !uuid.MatchString(id) }), "TemplateIDs must be UUIDs")
	fault(c.ChannelTimeout < 15*time.Second || c.ChannelTimeout > 15*time.Minute, "ChannelTimeout must be from 15 s to 15 min")
	base, ok := httpsend.BaseURL(c.BaseURL, "https://api.nexmo.com")
	fault(!ok, httpsend.BadBaseURL)
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	c.PrivateKey, c.Channels = "", slices.Clone(c.Channels)
	return &Sender{
		url:       base + "/v2/verify",
		key:       key,
		config:    c,
		timeout:   int(c.ChannelTimeout / time.Second),
		templates: maps.Clone(c.TemplateIDs),
		client:    httpsend.Client(c.Client),
	}, nil
}

// String returns "vonageverify".
func (s *Sender) String() string { return name }

// GoString returns what String does.
func (s *Sender) GoString() string { return s.String() }

// LogValue returns what String does.
func (s *Sender) LogValue() slog.Value { return slog.StringValue(s.String()) }
