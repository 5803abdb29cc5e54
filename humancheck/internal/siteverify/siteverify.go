package siteverify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/humancheck"
	"github.com/phoneauth/phoneauth/senders/httpsend"
)

const (
	// Timeout bounds a verification, with the wait for a place.
	Timeout = 5 * time.Second
	// AtOnce is how many verifications one Check makes at once.
	AtOnce = 64
)

// Config is the configuration of a [Check].
type Config struct {
	// Vendor says what the vendor does differently.
	Vendor Vendor
	// SiteKey is what clients are told. Required.
	SiteKey string
	// Secret authenticates the host to the vendor. Required.
	Secret phoneauth.Secret
	// Hostnames are those of good answers. Letter case does not matter. Required.
	Hostnames []string
	// URL is where the vendor verifies. Empty means Vendor.URL.
	URL string
	// Client makes the requests. Nil means that of httpsend.Client.
	Client *http.Client
	// Action is demanded of answers. Empty: answers have none.
	Action string
	// MinScore is the least score of an answer. 0: answers have none.
	MinScore float64
	// Faults are those that the package of the vendor has found. Each is a field and what
	// it must be.
	Faults []string
}

// Vendor says how a vendor differs from the others.
type Vendor struct {
	// Kind is the name of the check, and the prefix of all errors.
	Kind string
	// URL is where the vendor verifies.
	URL string
	// Version is Question.Version.
	Version int
	// MaxAnswer is how long an answer may be, in bytes.
	MaxAnswer int
	// BindsCData is whether answers are bound to Params.Binding.
	BindsCData bool
	// SendsSiteKey is whether requests have a sitekey.
	SendsSiteKey bool
}

// Check implements humancheck.Check. It is safe for concurrent use, and prints without its
// secret.
type Check struct {
	config    Config
	hostnames []string
	client    *http.Client
	places    chan struct{} // holds one value for each verification
}

var _ humancheck.Check = (*Check)(nil)

// New returns a Check, or every fault of c at once. It does not connect.
func New(c Config) (*Check, error) {
	faults := slices.Clone(c.Faults)
	fault := func(wrong bool, text string) {
		if wrong {
			faults = append(faults, text)
		}
	}
	fault(c.SiteKey == "", "SiteKey is required")
	fault(c.Secret == "", "Secret is required")
	fault(len(c.Hostnames) == 0, "Hostnames is required")
	v := &Check{config: c, client: httpsend.Client(c.Client), places: make(chan struct{}, AtOnce)}
	for i, name := range c.Hostnames {
		fault(name == "" || strings.ContainsAny(name, "/:@* \t\r\n"), fmt.Sprintf("Hostnames[%d] must be a host name without scheme, port and wildcard", i))
		v.hostnames = append(v.hostnames, strings.ToLower(name))
	}
	v.config.URL = cmp.Or(c.URL, c.Vendor.URL)
	_, err := httpsend.ParseURL(v.config.URL)
	fault(err != nil || strings.ContainsAny(v.config.URL, "?#@"), "URL must be an absolute http or https URL without credentials, query or fragment")
	if len(faults) == 0 {
		return v, nil
	}
	all := make([]error, len(faults))
	for i, text := range faults {
		all[i] = errors.New(c.Vendor.Kind + ": config: " + text)
	}
	return nil, errors.Join(all...)
}

// Kind returns the name of the check.
func (c *Check) Kind() string { return c.config.Vendor.Kind }

// String returns what Kind does.
func (c *Check) String() string { return c.Kind() }

// GoString returns what Kind does.
func (c *Check) GoString() string { return c.Kind() }

// LogValue returns what Kind does.
func (c *Check) LogValue() slog.Value { return slog.StringValue(c.Kind()) }

// Ask returns what the script of the vendor must be told.
func (c *Check) Ask(_ context.Context, p humancheck.Params) (humancheck.Question, error) {
	q := humancheck.Question{
		Kind:    c.Kind(),
		SiteKey: c.config.SiteKey,
		Action:  c.config.Action,
		Version: c.config.Vendor.Version,
	}
	if c.config.Vendor.BindsCData {
		if !Word(p.Binding, 255) {
			return humancheck.Question{}, fmt.Errorf("%s: ask: Params.Binding must be letters, digits, '-' and '_'", c.Kind())
		}
		q.CData = p.Binding
	}
	return q, nil
}

// Word reports whether s has 1 to longest letters, digits, '-' and '_' of ASCII.
func Word(s string, longest int) bool {
	return s != "" && len(s) <= longest && !strings.ContainsFunc(s, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_'
	})
}

// Verify asks the vendor. Its errors hold neither the secret nor the answer.
func (c *Check) Verify(ctx context.Context, answer string, p humancheck.Params) (humancheck.Proof, error) {
	if answer == "" || len(answer) > c.config.Vendor.MaxAnswer || strings.ContainsFunc(answer, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return humancheck.Proof{}, humancheck.ErrWrong
	}
	said, err := c.ask(ctx, answer, p)
	if err == nil {
		err = c.judge(said, p)
	}
	switch {
	case errors.Is(err, humancheck.ErrWrong):
		return humancheck.Proof{}, humancheck.ErrWrong
	case err != nil:
		return humancheck.Proof{}, fmt.Errorf("%s: verify: %w", c.Kind(), err)
	}
	return humancheck.Proof{ID: answer, Level: humancheck.Highest}, nil
}

// ask makes the request, when fewer than AtOnce others are made.
func (c *Check) ask(ctx context.Context, answer string, p humancheck.Params) (verdict, error) {
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	select {
	case c.places <- struct{}{}:
		defer func() { <-c.places }()
	case <-ctx.Done():
		return verdict{}, ctx.Err()
	}
	form := url.Values{"secret": {string(c.config.Secret)}, "response": {answer}}
	if p.Addr.IsValid() {
		form.Set("remoteip", p.Addr.Unmap().WithZone("").String())
	}
	if c.config.Vendor.SendsSiteKey {
		form.Set("sitekey", c.config.SiteKey)
	}
	resp, err := httpsend.PostForm(ctx, c.client, c.config.URL, form, nil)
	if failed, ok := errors.AsType[*phoneauth.SendError](err); ok {
		return verdict{}, failed.Err // the rest of it is about texts
	}
	if err != nil {
		return verdict{}, errors.New("the request failed")
	}
	return read(resp)
}
