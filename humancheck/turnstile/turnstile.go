// Package turnstile asks Cloudflare Turnstile whether a person asks for a code.
//
//	check, err := turnstile.New(turnstile.Config{
//		SiteKey:   "0x4AAAAAAA…",
//		Secret:    phoneauth.Secret(os.Getenv("TURNSTILE_SECRET")),
//		Hostnames: []string{"www.example.com"},
//	})
//	config.HumanCheck.Check = check
//
// It was written to Cloudflare's documentation, and was not tried live:
// https://developers.cloudflare.com/turnstile/get-started/server-side-validation/ and
// https://developers.cloudflare.com/turnstile/get-started/client-side-rendering/widget-configurations/.
//
// # What is verified
//
// A client must give the site key, the action and the cdata of its question to Turnstile's
// script, and send the token that it gets. Each token is verified by one POST to siteverify. A
// token is good only if success is true, hostname is one of Config.Hostnames, action is
// Config.Action and cdata is the binding of the question. So a token is good for one number,
// purpose and client address only. Turnstile accepts a token once, within 300 seconds. A
// token has at most 2048 characters.
//
// # Errors
//
// Verify returns [humancheck.ErrWrong] if one of these differs, and for the error codes
// missing-input-response, invalid-input-response and timeout-or-duplicate. Every other error
// code is an error that is not ErrWrong: the secret is wrong, or Turnstile has failed.
//
// These are errors that are not ErrWrong too: a status other than 200, an answer that is not
// the JSON of siteverify, and no answer within 5 seconds. While they last, whoever must give a
// token gets no code. At most 64 verifications run at once. The others wait, and their 5 seconds
// run.
//
// Redirects are not followed. Errors hold neither the secret nor the token.
package turnstile

import (
	"cmp"
	"net/http"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/humancheck"
	"github.com/phoneauth/phoneauth/humancheck/internal/siteverify"
)

// Config is the configuration of a [Check].
type Config struct {
	// SiteKey is the public key of the widget. Required.
	SiteKey string
	// Secret is the secret key of the widget. Required.
	Secret phoneauth.Secret
	// Hostnames are the names of the hosts whose pages show the widget, such as
	// "www.example.com". Letter case does not matter. A token of another host is wrong.
	// Required.
	Hostnames []string
	// Action is what clients must tell Turnstile that the token is for: 1 to 32 letters,
	// digits, '-' and '_'. Empty means "phoneauth". A token for another action of the same
	// widget is wrong.
	Action string
	// URL is the address of siteverify, for tests. Empty means Cloudflare's.
	URL string
	// Client makes the requests. Redirects are not followed, whatever it says. Its
	// transport must not repeat requests by itself, because a token is good once. Nil
	// means a client that keeps connections and uses no proxy.
	Client *http.Client
}

type check = siteverify.Check

// Check is a [humancheck.Check] that asks Turnstile. Kind is "turnstile". It is safe for
// concurrent use, and prints without its secret.
//
// Ask returns an error if Params.Binding has characters that cdata must not have. It may have
// letters, digits, '-' and '_' only.
type Check struct{ *check }

var _ humancheck.Check = (*Check)(nil)

// New returns a Check, or every fault of c at once. It does not connect.
func New(c Config) (*Check, error) {
	action := cmp.Or(c.Action, "phoneauth")
	var faults []string
	if !siteverify.Word(action, 32) {
		faults = append(faults, "Action must be 1 to 32 letters, digits, '-' and '_'")
	}
	own, err := siteverify.New(siteverify.Config{
		Vendor: siteverify.Vendor{
			Kind:       "turnstile",
			URL:        "https://challenges.cloudflare.com/turnstile/v0/siteverify",
			MaxAnswer:  2048,
			BindsCData: true,
		},
		SiteKey: c.SiteKey, Secret: c.Secret, Hostnames: c.Hostnames, URL: c.URL, Client: c.Client,
		Action: action,
		Faults: faults,
	})
	if err != nil {
		return nil, err
	}
	return &Check{own}, nil
}
