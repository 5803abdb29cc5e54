package main

import (
	"crypto/rand"
	"errors"
	"net"
	"strconv"
	"strings"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/kannel"
	"github.com/phoneauth/phoneauth/senders/twilio"
	"github.com/phoneauth/phoneauth/senders/vonage"
)

// newKannel is a sender through the Kannel at url, which reports to the path of this
// name, and a secret that nobody knows but the two of them, until this server ends.
func newKannel(url, name string, around surroundings) (*kannel.Sender, error) {
	user, password, err := secrets(around.getenv, "KANNEL_USERNAME", "KANNEL_PASSWORD")
	if err != nil {
		return nil, err
	}
	return kannel.New(kannel.Config{
		URL: url, Username: user, Password: phoneauth.Secret(password),
		From: around.getenv("KANNEL_FROM"), SMSC: around.getenv("KANNEL_SMSC"),
		DeliveryURL: phoneauth.Secret(urlOf(around.addr) + "/" + name + "/" + rand.Text()),
	})
}

func newTwilio(from string, getenv func(string) string) (*twilio.Sender, error) {
	account, token, err := secrets(getenv, "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN")
	if err != nil {
		return nil, err
	}
	c := twilio.Config{AccountSID: account, AuthToken: phoneauth.Secret(token)}
	if strings.HasPrefix(from, "MG") && len(from) > 11 { // which no name is
		c.MessagingServiceSID = from
	} else {
		c.From = from
	}
	return twilio.New(c)
}

func newVonage(from string, getenv func(string) string) (*vonage.Sender, error) {
	key, secret, err := secrets(getenv, "VONAGE_API_KEY", "VONAGE_API_SECRET")
	if err != nil {
		return nil, err
	}
	return vonage.New(vonage.Config{APIKey: key, APISecret: phoneauth.Secret(secret), From: from})
}

// secrets are two variables of the environment, neither of which is empty.
func secrets(getenv func(string) string, first, second string) (string, string, error) {
	a, b := getenv(first), getenv(second)
	if a == "" || b == "" {
		return "", "", errors.New(first + " and " + second + " must be set in the environment")
	}
	return a, b, nil
}

// urlOf is where somebody on this machine, or who can reach an address that is not all
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
