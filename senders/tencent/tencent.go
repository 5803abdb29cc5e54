package tencent

import (
	"errors"
	"log/slog"
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
	// SecretID is the id of a key of a CAM user that may call sms:SendSms. Required.
	SecretID string
	// SecretKey is the secret of SecretID. Required.
	SecretKey phoneauth.Secret
	// AppID is the SDK AppID of the SMS application, such as "1400006666". Required.
	AppID string
	// SignName is the approved signature that stands before each text. It is required for
	// numbers of mainland China.
	SignName string
	// Templates say which approved template serves a purpose, in which language. A purpose
	// that is not here is not supported. Required.
	Templates []Template
	// Region is the region of the API. Empty means "ap-guangzhou".
	Region string
	// BaseURL is the address of the API, for tests and for regions such as
	// "https://sms.ap-singapore.tencentcloudapi.com". Empty means
	// "https://sms.tencentcloudapi.com".
	BaseURL string
	// Client makes the requests. Redirects are not followed, whatever it says. Its
	// transport must not repeat requests by itself, because a text could then be sent
	// twice. Nil means a client that keeps connections, gives up a dial after 5 s, and
	// uses no proxy.
	Client *http.Client
}

// Template is a template that Tencent Cloud has approved.
type Template struct {
	// Purpose is what the template is for. Required.
	Purpose phoneauth.Purpose
	// Locale is the language of the template, such as "zh". A message gets the nearest
	// language to its Locale. Empty serves the languages that no other template of the
	// purpose has; without such a template, the first of the purpose serves them.
	Locale string
	// ID is the id of the template: digits. Required.
	ID string
	// Variables are those of the template, in their order: that of {1} first. Each may have
	// "{code}", "{service}", "{minutes}" (until the code expires) and "{details}" in it. A
	// template with "{code}" serves messages with a code only, and one with "{details}"
	// those with details only; those without serve the others.
	Variables []string
}

// Sender sends by one application. It is safe for concurrent use, and prints without its
// credentials.
type Sender struct {
	url, host string
	config    Config // without the secret
	secret    string
	templates *templates.Set[Template]
	client    *http.Client
}

var (
	_ phoneauth.SMSSender = (*Sender)(nil)
	_ phoneauth.Supporter = (*Sender)(nil)
)

var (
	secretID = regexp.MustCompile(`^[0-9A-Za-z._-]{4,128}$`)
	digits   = regexp.MustCompile(`^[0-9]{1,32}$`)
	region   = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)
)

// New returns a Sender, or every fault of c at once. It does not connect.
func New(c Config) (*Sender, error) {
	var faults []error
	fault := func(wrong bool, text string) {
		if wrong {
			faults = append(faults, errors.New("tencent: config: "+text))
		}
	}
	if c.Region == "" {
		c.Region = "ap-guangzhou"
	}
	if c.BaseURL == "" {
		c.BaseURL = "https://sms.tencentcloudapi.com"
	}
	fault(!secretID.MatchString(c.SecretID), "SecretID is required")
	fault(c.SecretKey == "", "SecretKey is required")
	fault(!digits.MatchString(c.AppID), "AppID must be digits")
	fault(!utf8.ValidString(c.SignName), "SignName must be UTF-8")
	fault(!region.MatchString(c.Region), `Region must be like "ap-guangzhou"`)
	fault(len(c.Templates) == 0, "Templates is required")
	var entries []templates.Entry[Template]
	for _, t := range c.Templates {
		fault(!digits.MatchString(t.ID), "Templates: ID must be digits")
		text := templates.Check(t.Variables)
		fault(text != "", text)
		t.Variables = slices.Clone(t.Variables)
		entries = append(entries, templates.Entry[Template]{Purpose: t.Purpose, Locale: t.Locale, Template: t})
	}
	set, wrong := templates.New(entries)
	for _, text := range wrong {
		fault(true, text)
	}
	base := strings.TrimRight(c.BaseURL, "/")
	u, err := httpsend.ParseURL(base)
	fault(err != nil || u.User != nil || u.Path != "" || strings.ContainsAny(base, "?#"), "BaseURL must be an absolute http or https URL without credentials, path, query or fragment")
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	secret := string(c.SecretKey)
	c.SecretKey = ""
	return &Sender{url: base + "/", host: u.Host, config: c, secret: secret, templates: set, client: httpsend.Client(c.Client)}, nil
}

// String returns "tencent".
func (s *Sender) String() string { return name }

// GoString returns what String does.
func (s *Sender) GoString() string { return s.String() }

// LogValue returns what String does.
func (s *Sender) LogValue() slog.Value { return slog.StringValue(s.String()) }
