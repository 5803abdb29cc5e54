package main

import (
	"errors"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/humancheck"
	"github.com/phoneauth/phoneauth/humancheck/hcaptcha"
	"github.com/phoneauth/phoneauth/humancheck/recaptcha"
	"github.com/phoneauth/phoneauth/humancheck/turnstile"
)

// humanCheck returns the rules that -human-check names.
func humanCheck(o options, getenv func(string) string) (phoneauth.HumanCheckRules, error) {
	kind, siteKey, vendor := strings.Cut(o.humanCheck, ":")
	switch {
	case vendor && siteKey != "" && slices.Contains([]string{"turnstile", "hcaptcha", "recaptcha"}, kind):
		check, err := vendorCheck(kind, siteKey, o, getenv)
		return phoneauth.HumanCheckRules{Check: check}, err
	case o.humanCheck == "auto":
		return phoneauth.HumanCheckRules{When: phoneauth.HumanCheckAuto}, nil
	case o.humanCheck == "always":
		return phoneauth.HumanCheckRules{When: phoneauth.HumanCheckAlways}, nil
	case o.humanCheck == "off":
		return phoneauth.HumanCheckRules{When: phoneauth.HumanCheckNever}, nil
	}
	return phoneauth.HumanCheckRules{}, errors.New(`must be "auto", "always", "off", "turnstile:SITE_KEY", "hcaptcha:SITE_KEY" or "recaptcha:SITE_KEY"`)
}

// vendorCheck returns the check of a vendor, whose secret is in the environment.
func vendorCheck(kind, siteKey string, o options, getenv func(string) string) (humancheck.Check, error) {
	secret, address := phoneauth.Secret(getenv("HUMAN_CHECK_SECRET")), getenv("HUMAN_CHECK_URL")
	if secret == "" {
		return nil, errors.New("HUMAN_CHECK_SECRET must be set in the environment")
	}
	hosts, err := hostnames(o.addr, getenv("CALLBACK_URL"))
	if err != nil {
		return nil, err
	}
	switch kind {
	case "turnstile":
		return checked(turnstile.New(turnstile.Config{SiteKey: siteKey, Secret: secret, Hostnames: hosts, URL: address}))
	case "hcaptcha":
		return checked(hcaptcha.New(hcaptcha.Config{SiteKey: siteKey, Secret: secret, Hostnames: hosts, URL: address}))
	}
	return checked(recaptcha.New(recaptcha.Config{Version: 2, SiteKey: siteKey, Secret: secret, Hostnames: hosts, URL: address}))
}

// checked returns no check where there is an error, and not one that is nil.
func checked[C humancheck.Check](check C, err error) (humancheck.Check, error) {
	if err != nil {
		return nil, err
	}
	return check, nil
}

// hostnames are the names under which browsers may have opened the page: localhost, what this
// server listens on, and what the world finds it by.
func hostnames(addr, callbackURL string) ([]string, error) {
	hosts := []string{"localhost", "127.0.0.1"}
	host, _, _ := net.SplitHostPort(addr) // net.Listen says what is wrong with it
	if ip, err := netip.ParseAddr(host); host != "" && (err != nil || ip.Is4() && !ip.IsUnspecified()) {
		hosts = append(hosts, host)
	}
	if callbackURL != "" {
		u, err := url.Parse(callbackURL)
		if err != nil || u.Hostname() == "" {
			return nil, errors.New("CALLBACK_URL must be the address of this server, such as https://auth.example.com")
		}
		hosts = append(hosts, u.Hostname())
	}
	return hosts, nil
}
