// Package recaptcha asks Google reCAPTCHA, version 2 or 3, whether a person asks for a code.
//
//	check, err := recaptcha.New(recaptcha.Config{
//		Version:   3,
//		SiteKey:   "6L…",
//		Secret:    phoneauth.Secret(os.Getenv("RECAPTCHA_SECRET")),
//		Hostnames: []string{"www.example.com"},
//	})
//	config.HumanCheck.Check = check
//
// It was written to Google's documentation, and was not tried live:
// https://developers.google.com/recaptcha/docs/verify and
// https://developers.google.com/recaptcha/docs/v3. reCAPTCHA Enterprise has another API, which
// this package does not use.
//
// # What is verified
//
// A client must give the site key of its question, and in version 3 its action, to Google's
// script, and send the token that it gets. Each token is verified by one POST to siteverify. A
// token is good only if success is true and hostname is one of Config.Hostnames. In version 3
// action must be Config.Action too, and score at least Config.MinScore. Google accepts a token
// once, within two minutes. It cannot bind a token to a number: whoever has a token may use
// it for any.
//
// Version 3 shows no puzzle. A person whose score is too low can only try again, and gets
// no code if that does not help.
//
// # Errors
//
// Verify returns [humancheck.ErrWrong] if one of these differs, and for the error codes
// missing-input-response, invalid-input-response, timeout-or-duplicate and browser-error. Every
// other error code is an error that is not ErrWrong: the secret is wrong, or Google has failed.
// So is an answer without a score in version 3.
//
// These are errors that are not ErrWrong too: a status other than 200, an answer that is not
// the JSON of siteverify, and no answer within 5 seconds. While they last, whoever must give a
// token gets no code. At most 64 verifications run at once. The others wait, and their 5 seconds
// run.
//
// Redirects are not followed. Errors hold neither the secret nor the token.
package recaptcha

import (
	"cmp"
	"net/http"
	"strings"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/humancheck"
	"github.com/phoneauth/phoneauth/humancheck/internal/siteverify"
)

// Config is the configuration of a [Check].
type Config struct {
	// Version is 2 for the checkbox and the invisible badge, 3 for scores. The keys are
	// those of one version. Required.
	Version int
	// SiteKey is the public key of the site. Required.
	SiteKey string
	// Secret is the secret key of the site. Required.
	Secret phoneauth.Secret
	// Hostnames are the names of the hosts whose pages show the widget, such as
	// "www.example.com". Letter case does not matter. A token of another host is wrong.
	// Required.
	Hostnames []string
	// Action is what clients must tell version 3 that the token is for: letters, digits, '_'
	// and '/'. Empty means "phoneauth". A token for another action of the same site is
	// wrong. It must be empty in version 2.
	Action string
	// MinScore is the least score that version 3 must give: from 0, a machine, to 1, a
	// person. 0 means 0.5, which Google proposes to begin with. It must be 0 in version 2.
	MinScore float64
	// URL is the address of siteverify, for tests and for www.recaptcha.net. Empty means
	// that at www.google.com.
	URL string
	// Client makes the requests. Redirects are not followed, whatever it says. Its
	// transport must not repeat requests by itself, because a token is good once. Nil
	// means a client that keeps connections and uses no proxy.
	Client *http.Client
}

type check = siteverify.Check

// Check is a [humancheck.Check] that asks reCAPTCHA. Kind is "recaptcha". It is safe for
// concurrent use, and prints without its secret.
type Check struct{ *check }

var _ humancheck.Check = (*Check)(nil)

// New returns a Check, or every fault of c at once. It does not connect.
func New(c Config) (*Check, error) {
	action, score, faults := versioned(c)
	own, err := siteverify.New(siteverify.Config{
		Vendor: siteverify.Vendor{
			Kind:      "recaptcha",
			URL:       "https://www.google.com/recaptcha/api/siteverify",
			Version:   c.Version,
			MaxAnswer: 8 << 10,
		},
		SiteKey: c.SiteKey, Secret: c.Secret, Hostnames: c.Hostnames, URL: c.URL, Client: c.Client,
		Action: action, MinScore: score,
		Faults: faults,
	})
	if err != nil {
		return nil, err
	}
	return &Check{own}, nil
}

// versioned returns what answers of the version must have.
func versioned(c Config) (action string, score float64, faults []string) {
	switch c.Version {
	case 2:
		if c.Action != "" {
			faults = append(faults, "Action must be empty in version 2")
		}
		if c.MinScore != 0 {
			faults = append(faults, "MinScore must be 0 in version 2")
		}
	case 3:
		action, score = cmp.Or(c.Action, "phoneauth"), cmp.Or(c.MinScore, 0.5)
		if !siteverify.Word(strings.ReplaceAll(action, "/", "_"), 100) || strings.Contains(action, "-") {
			faults = append(faults, "Action must be 1 to 100 letters, digits, '_' and '/'")
		}
		if !(score > 0 && score <= 1) { // NaN too
			faults = append(faults, "MinScore must be from 0 to 1")
		}
	default:
		faults = append(faults, "Version must be 2 or 3")
	}
	return action, score, faults
}
