package msg91

import (
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/httpsend"
	"github.com/phoneauth/phoneauth/senders/internal/templates"
)

// Config is the configuration of a [Sender].
type Config struct {
	// AuthKey is the authkey of the account. Required.
	AuthKey phoneauth.Secret
	// Templates say which registered template serves a purpose, in which language. A purpose
	// that is not here is not supported. Required.
	Templates []Template
	// BaseURL is the address of the API, for tests. Empty means "https://control.msg91.com".
	BaseURL string
	// Client makes the requests. Redirects are not followed, whatever it says. Its
	// transport must not repeat requests by itself, because a text could then be sent
	// twice. Nil means a client that keeps connections, gives up a dial after 5 s, and
	// uses no proxy.
	Client *http.Client
}

// Template is a template that was registered with India's DLT and added to MSG91.
type Template struct {
	// Purpose is what the template is for. Required.
	Purpose phoneauth.Purpose
	// Locale is the language of the template, such as "hi". A message gets the nearest
	// language to its Locale. Empty serves the languages that no other template of the
	// purpose has; without such a template, the first of the purpose serves them.
	Locale string
	// ID is MSG91's id of the template: letters and digits. Required.
	ID string
	// Variables are those of the template, by the names that it has at MSG91. A value may
	// have "{code}", "{service}", "{minutes}" (until the code expires) and "{details}" in
	// it. A template with "{code}" serves messages with a code only, and one with
	// "{details}" those with details only; those without serve the others.
	Variables map[string]string
}

// Sender sends by one account. It is safe for concurrent use, and prints without its credentials.
type Sender struct {
	url       string
	key       string
	templates *templates.Set[Template]
	client    *http.Client
}

var (
	_ phoneauth.SMSSender = (*Sender)(nil)
	_ phoneauth.Supporter = (*Sender)(nil)
)

var (
	templateID   = regexp.MustCompile(`^[0-9A-Za-z]{1,64}$`)
	variableName = regexp.MustCompile(`^[0-9A-Za-z_]{1,64}$`)
)

// New returns a Sender, or every fault of c at once. It does not connect.
func New(c Config) (*Sender, error) {
	var faults []error
	fault := func(wrong bool, text string) {
		if wrong {
			faults = append(faults, errors.New("msg91: config: "+text))
		}
	}
	fault(c.AuthKey == "" || strings.ContainsAny(string(c.AuthKey), "\r\n"), "AuthKey is required, on one line")
	fault(len(c.Templates) == 0, "Templates is required")
	var entries []templates.Entry[Template]
	for _, t := range c.Templates {
		fault(!templateID.MatchString(t.ID), "Templates: ID must be letters and digits")
		for name := range t.Variables {
			fault(!variableName.MatchString(name) || name == "mobiles", `Templates: the name of a variable must be letters, digits and _, and not "mobiles"`)
		}
		text := templates.Check(t.values())
		fault(text != "", text)
		t.Variables = maps.Clone(t.Variables)
		entries = append(entries, templates.Entry[Template]{Purpose: t.Purpose, Locale: t.Locale, Template: t})
	}
	set, wrong := templates.New(entries)
	for _, text := range wrong {
		fault(true, text)
	}
	base, ok := httpsend.BaseURL(c.BaseURL, "https://control.msg91.com")
	fault(!ok, httpsend.BadBaseURL)
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return &Sender{url: base + "/api/v5/flow", key: string(c.AuthKey), templates: set, client: httpsend.Client(c.Client)}, nil
}

// values returns what the variables of t have.
func (t Template) values() []string { return slices.Collect(maps.Values(t.Variables)) }

// String returns "msg91".
func (s *Sender) String() string { return name }

// GoString returns what String does.
func (s *Sender) GoString() string { return s.String() }

// LogValue returns what String does.
func (s *Sender) LogValue() slog.Value { return slog.StringValue(s.String()) }
