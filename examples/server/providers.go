package main

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/kannel"
	"github.com/phoneauth/phoneauth/senders/twilio"
	"github.com/phoneauth/phoneauth/senders/vonage"
	"github.com/phoneauth/phoneauth/senders/webhook"
)

// webhook returns a sender to an endpoint. With WEBHOOK_CALLBACK_SECRET the endpoint may report
// to the path of this name and that secret.
func (s *senders) webhook(url, name string, getenv func(string) string) (phoneauth.SMSSender, error) {
	if secret := getenv("WEBHOOK_CALLBACK_SECRET"); secret != "" {
		h, err := webhook.Callbacks(webhook.CallbackConfig{PathSecret: phoneauth.Secret(secret)}, s.reports(name))
		if err != nil {
			return nil, err
		}
		s.callbacks["/"+name+"/{secret}"] = h
	}
	return webhook.New(webhook.Config{URL: url})
}

// kannel returns a sender through the Kannel at url, which reports to the path of this name,
// and a secret: KANNEL_CALLBACK_SECRET, or one that nobody knows but the two of them,
// until this server ends.
func (s *senders) kannel(url, name string, around surroundings) (phoneauth.SMSSender, error) {
	user, password, err := secrets(around.getenv, "KANNEL_USERNAME", "KANNEL_PASSWORD")
	if err != nil {
		return nil, err
	}
	secret := cmp.Or(around.getenv("KANNEL_CALLBACK_SECRET"), rand.Text())
	gateway, err := kannel.New(kannel.Config{
		URL: url, Username: user, Password: phoneauth.Secret(password),
		From: around.getenv("KANNEL_FROM"), SMSC: around.getenv("KANNEL_SMSC"),
		DeliveryURL: phoneauth.Secret(urlOf(around.addr) + "/" + name + "/" + secret),
	})
	if err != nil {
		return nil, err
	}
	s.callbacks["/"+name+"/{secret}"] = gateway.Callbacks(s.reports(name))
	return gateway, nil
}

// twilio returns a sender by Twilio. With CALLBACK_URL Twilio reports to the path of this name.
func (s *senders) twilio(from, name string, getenv func(string) string) (phoneauth.SMSSender, error) {
	account, token, err := secrets(getenv, "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN")
	if err != nil {
		return nil, err
	}
	c := twilio.Config{AccountSID: account, AuthToken: phoneauth.Secret(token), StatusCallback: callbackURL(getenv, name)}
	if strings.HasPrefix(from, "MG") && len(from) > 11 { // which no name is
		c.MessagingServiceSID = from
	} else {
		c.From = from
	}
	if c.StatusCallback != "" {
		h, err := twilio.Callbacks(twilio.CallbackConfig{URL: c.StatusCallback, AuthToken: c.AuthToken}, s.reports(name))
		if err != nil {
			return nil, fmt.Errorf("CALLBACK_URL: %w", err)
		}
		s.callbacks["/"+name] = h
	}
	return twilio.New(c)
}

// vonage returns a sender by Vonage. With VONAGE_SIGNATURE_SECRET Vonage may report to the path
// of this name, and is told so where there is a CALLBACK_URL.
func (s *senders) vonage(from, name string, getenv func(string) string) (phoneauth.SMSSender, error) {
	key, secret, err := secrets(getenv, "VONAGE_API_KEY", "VONAGE_API_SECRET")
	if err != nil {
		return nil, err
	}
	c := vonage.Config{APIKey: key, APISecret: phoneauth.Secret(secret), From: from}
	if signs := getenv("VONAGE_SIGNATURE_SECRET"); signs != "" {
		h, err := vonage.Callbacks(vonage.CallbackConfig{SignatureSecret: phoneauth.Secret(signs)}, s.reports(name))
		if err != nil {
			return nil, err
		}
		s.callbacks["/"+name] = h
		c.StatusCallback = callbackURL(getenv, name)
	}
	return vonage.New(c)
}

// callbackURL returns where the world finds the path of this name, or "" where nobody said.
func callbackURL(getenv func(string) string, name string) string {
	base := getenv("CALLBACK_URL")
	if base == "" {
		return ""
	}
	return strings.TrimRight(base, "/") + "/" + name
}

// secrets are two variables of the environment, neither of which is empty.
func secrets(getenv func(string) string, first, second string) (string, string, error) {
	a, b := getenv(first), getenv(second)
	if a == "" || b == "" {
		return "", "", errors.New(first + " and " + second + " must be set in the environment")
	}
	return a, b, nil
}

// urlOf returns where somebody on this machine, or who can reach an address that is not all
// of them, finds whoever listens at addr.
func urlOf(addr net.Addr) string {
	host, port := "127.0.0.1", 0
	if a, ok := addr.(*net.TCPAddr); ok {
		if port = a.Port; !a.IP.IsUnspecified() {
			host = a.IP.String()
		}
	}
	return "http://" + net.JoinHostPort(host, strconv.Itoa(port))
}
