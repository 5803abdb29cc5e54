// Package hcaptcha asks hCaptcha whether a person asks for a code.
//
//	check, err := hcaptcha.New(hcaptcha.Config{
//		SiteKey:   "10000000-ffff-ffff-ffff-000000000001",
//		Secret:    phoneauth.Secret(os.Getenv("HCAPTCHA_SECRET")),
//		Hostnames: []string{"www.example.com"},
//	})
//	config.HumanCheck.Check = check
//
// It was written to hCaptcha's documentation, and was not tried live:
// https://docs.hcaptcha.com/#verify-the-user-response-server-side.
//
// # What is verified
//
// A client must give the site key of its question to hCaptcha's script, and send the token that
// it gets. Each token is verified by one POST to siteverify, with the site key. A token is good
// only if success is true and hostname is one of Config.Hostnames. hCaptcha accepts a token
// once, within 120 seconds by default. It cannot bind a token to a number: whoever has a token
// may use it for any.
//
// The documentation says that the browser tells the hostname, and that hCaptcha may answer
// "not-provided" in its place when a site has very many challenges. Then every token is wrong,
// unless Hostnames has "not-provided" too. Add it if real people must get through then. The
// site key is still verified.
//
// # Errors
//
// Verify returns [humancheck.ErrWrong] for another hostname, and for the error codes
// missing-input-response, invalid-input-response, expired-input-response,
// already-seen-response and invalid-or-already-seen-response. Every other error code is an
// error that is not ErrWrong, such as sitekey-secret-mismatch: the configuration is wrong, or
// hCaptcha has failed.
//
// These are errors that are not ErrWrong too: a status other than 200, an answer that is not
// the JSON of siteverify, and no answer within 5 seconds. While they last, whoever must give a
// token gets no code. At most 64 verifications run at once. The others wait, and their 5 seconds
// run.
//
// Redirects are not followed. Errors hold neither the secret nor the token.
package hcaptcha

import (
	"net/http"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/humancheck"
	"github.com/phoneauth/phoneauth/humancheck/internal/siteverify"
)

// Config is the configuration of a [Check].
type Config struct {
	// SiteKey is the public key of the site. Required.
	SiteKey string
	// Secret is the secret key of the account. Required.
	Secret phoneauth.Secret
	// Hostnames are the names of the hosts whose pages show the widget, such as
	// "www.example.com". Letter case does not matter. A token of another host is wrong. The
	// package documentation says when to add "not-provided". Required.
	Hostnames []string
	// URL is the address of siteverify, for tests. Empty means hCaptcha's.
	URL string
	// Client makes the requests. Redirects are not followed, whatever it says. Its
	// transport must not repeat requests by itself, because a token is good once. Nil
	// means a client that keeps connections and uses no proxy.
	Client *http.Client
}

type check = siteverify.Check

// Check is a [humancheck.Check] that asks hCaptcha. Kind is "hcaptcha". It is safe for
// concurrent use, and prints without its secret.
type Check struct{ *check }

var _ humancheck.Check = (*Check)(nil)

// New returns a Check, or every fault of c at once. It does not connect.
func New(c Config) (*Check, error) {
	own, err := siteverify.New(siteverify.Config{
		Vendor: siteverify.Vendor{
			Kind:         "hcaptcha",
			URL:          "https://api.hcaptcha.com/siteverify",
			MaxAnswer:    8 << 10,
			SendsSiteKey: true,
		},
		SiteKey: c.SiteKey, Secret: c.Secret, Hostnames: c.Hostnames, URL: c.URL, Client: c.Client,
	})
	if err != nil {
		return nil, err
	}
	return &Check{own}, nil
}
