package aliyun

import (
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/httpsend"
	"github.com/phoneauth/phoneauth/senders/internal/templates"
)

// Config is the configuration of a [Sender].
type Config struct {
	// AccessKeyID is the id of an AccessKey of a RAM user that may call dysms:SendSms.
	// Required.
	AccessKeyID string
	// AccessKeySecret is the secret of AccessKeyID. Required.
	AccessKeySecret phoneauth.Secret
	// SignName is the approved signature that stands before each text. Required.
	SignName string
	// Templates say which approved template serves a purpose, in which language. A purpose
	// that is not here is not supported. Required.
	Templates []Template
	// BaseURL is the address of the API, for tests and for regions such as
	// "https://dysmsapi.ap-southeast-1.aliyuncs.com". Empty means
	// "https://dysmsapi.aliyuncs.com".
	BaseURL string
	// Client makes the requests. Redirects are not followed, whatever it says. Its
	// transport must not repeat requests by itself, because a text could then be sent
	// twice. Nil means a client that keeps connections, gives up a dial after 5 s, and
	// uses no proxy.
	Client *http.Client
}

// Template is a template that Alibaba Cloud has approved.
type Template struct {
	// Purpose is what the template is for. Required.
	Purpose phoneauth.Purpose
	// Locale is the language of the template, such as "zh". A message gets the nearest
	// language to its Locale. Empty serves the languages that no other template of the
	// purpose has; without such a template, the first of the purpose serves them.
	Locale string
	// Code is the code of the template, such as "SMS_154950909". Required.
	Code string
	// Variables are those of the template, by name. A value may have "{code}",
	// "{service}", "{minutes}" (until the code expires) and "{details}" in it. A template
	// with "{code}" serves messages with a code only, and one with "{details}" those with
	// details only; those without serve the others.
	Variables map[string]string
}

// Sender sends by one account. It is safe for concurrent use, and prints without its credentials.
type Sender struct {
	base, host string
	id         string
	secret     []byte
	signName   string
	templates  *templates.Set[Template]
	client     *http.Client
}

var (
	_ phoneauth.SMSSender = (*Sender)(nil)
	_ phoneauth.Supporter = (*Sender)(nil)
)

var (
	keyID        = regexp.MustCompile(`^[0-9A-Za-z._-]{4,128}$`)
	templateCode = regexp.MustCompile(`^SMS_[0-9]{1,32}$`)
	variableName = regexp.MustCompile(`^[0-9A-Za-z_]{1,64}$`)
)

// New returns a Sender, or every fault of c at once. It does not connect.
func New(c Config) (*Sender, error) {
	var faults []error
	fault := func(wrong bool, text string) {
		if wrong {
			faults = append(faults, errors.New("aliyun: config: "+text))
		}
	}
	fault(!keyID.MatchString(c.AccessKeyID), "AccessKeyID is required")
	fault(c.AccessKeySecret == "", "AccessKeySecret is required")
	fault(c.SignName == "" || !utf8.ValidString(c.SignName), "SignName is required")
	fault(len(c.Templates) == 0, "Templates is required")
	var entries []templates.Entry[Template]
	for _, t := range c.Templates {
		fault(!templateCode.MatchString(t.Code), `Templates: Code must be "SMS_" and digits`)
		for name := range t.Variables {
			fault(!variableName.MatchString(name), "Templates: the name of a variable must be letters, digits and _")
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
	if c.BaseURL == "" {
		c.BaseURL = "https://dysmsapi.aliyuncs.com"
	}
	base := strings.TrimRight(c.BaseURL, "/")
	u, err := httpsend.ParseURL(base)
	fault(err != nil || u.User != nil || u.Path != "" || strings.ContainsAny(base, "?#"), "BaseURL must be an absolute http or https URL without credentials, path, query or fragment")
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return &Sender{
		base: base, host: u.Host, id: c.AccessKeyID, secret: []byte(c.AccessKeySecret), signName: c.SignName,
		templates: set, client: httpsend.Client(c.Client),
	}, nil
}

// values returns what the variables of t have.
func (t Template) values() []string { return slices.Collect(maps.Values(t.Variables)) }

// String returns "aliyun".
func (s *Sender) String() string { return name }

// GoString returns what String does.
func (s *Sender) GoString() string { return s.String() }

// LogValue returns what String does.
func (s *Sender) LogValue() slog.Value { return slog.StringValue(s.String()) }
