package whatsapp

import (
	"errors"
	"log/slog"
	"net/http"
	"regexp"
	"strings"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/httpsend"
	"github.com/phoneauth/phoneauth/senders/internal/templates"
)

// Config is the configuration of a [Sender].
type Config struct {
	// PhoneNumberID is the id of the business phone number that sends: digits. It is not the
	// number itself. Required.
	PhoneNumberID string
	// AccessToken is the token of a system user with the permission
	// whatsapp_business_messaging. Required.
	AccessToken phoneauth.Secret
	// Templates say which approved template serves a purpose, in which language. A purpose
	// that is not here is not supported. Required.
	Templates []Template
	// Version is the version of the Graph API. Empty means "v23.0".
	Version string
	// BaseURL is the address of the API, for tests. Empty means
	// "https://graph.facebook.com".
	BaseURL string
	// Client makes the requests. Redirects are not followed, whatever it says. Its
	// transport must not repeat requests by itself, because a message could then be sent
	// twice. Nil means a client that keeps connections, gives up a dial after 5 s, and
	// uses no proxy.
	Client *http.Client
}

// Template is a template that Meta has approved. A template in several languages is several
// Templates.
type Template struct {
	// Purpose is what the template is for. Required.
	Purpose phoneauth.Purpose
	// Name is the name of the template: lower case letters, digits and "_". Required.
	Name string
	// Language is the language in which it was approved, such as "en" or "pt_BR", as Meta
	// writes it. A message gets the nearest language to its Locale, or the first of its
	// purpose. Required.
	Language string
	// Notice is true for a template of the category utility without variables. It is for a
	// message without a code. Otherwise the template is of the category authentication.
	Notice bool
}

// Sender sends from one business phone number. It is safe for concurrent use, and prints without
// its credentials.
type Sender struct {
	url       string
	token     string
	templates *templates.Set[Template]
	client    *http.Client
}

var (
	_ phoneauth.SMSSender = (*Sender)(nil)
	_ phoneauth.Supporter = (*Sender)(nil)
)

var (
	numberID     = regexp.MustCompile(`^[0-9]{1,32}$`)
	version      = regexp.MustCompile(`^v[0-9]{1,3}\.[0-9]{1,2}$`)
	templateName = regexp.MustCompile(`^[a-z0-9_]{1,512}$`)
)

// New returns a Sender, or every fault of c at once. It does not connect.
func New(c Config) (*Sender, error) {
	var faults []error
	fault := func(wrong bool, text string) {
		if wrong {
			faults = append(faults, errors.New("whatsapp: config: "+text))
		}
	}
	fault(!numberID.MatchString(c.PhoneNumberID), "PhoneNumberID must be digits")
	fault(c.AccessToken == "" || strings.ContainsAny(string(c.AccessToken), "\r\n"), "AccessToken is required, on one line")
	fault(len(c.Templates) == 0, "Templates is required")
	var entries []templates.Entry[Template]
	for _, t := range c.Templates {
		fault(!templateName.MatchString(t.Name), "Templates: Name must be lower case letters, digits and _")
		fault(t.Language == "", "Templates: Language is required")
		entries = append(entries, templates.Entry[Template]{Purpose: t.Purpose, Locale: t.Language, Template: t})
	}
	set, wrong := templates.New(entries)
	for _, text := range wrong {
		fault(true, text)
	}
	if c.Version == "" {
		c.Version = "v23.0"
	}
	fault(!version.MatchString(c.Version), `Version must be like "v23.0"`)
	base, ok := httpsend.BaseURL(c.BaseURL, "https://graph.facebook.com")
	fault(!ok, httpsend.BadBaseURL)
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return &Sender{
		url:       base + "/" + c.Version + "/" + c.PhoneNumberID + "/messages",
		token:     string(c.AccessToken),
		templates: set,
		client:    httpsend.Client(c.Client),
	}, nil
}

// String returns "whatsapp".
func (s *Sender) String() string { return name }

// GoString returns what String does.
func (s *Sender) GoString() string { return s.String() }

// LogValue returns what String does.
func (s *Sender) LogValue() slog.Value { return slog.StringValue(s.String()) }
