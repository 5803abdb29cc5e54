package sendertest

import (
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

const number = "+201061797840"

// attempts counts the messages that were made, for their ids.
var attempts atomic.Int64

// message has the text around and a code.
func message(code, around string) phoneauth.Message { return messageTo(number, code, around) }

func messageTo(to, code, around string) phoneauth.Message {
	return phoneauth.Message{
		To:          phoneauth.StoredPhone(to),
		Body:        phoneauth.Secret(code + around),
		Code:        phoneauth.Secret(code),
		Purpose:     phoneauth.PurposeSignIn,
		Locale:      "en",
		Channel:     "sms",
		Service:     "Sendertest",
		ExpiresAt:   time.Now().Add(5 * time.Minute),
		AttemptID:   fmt.Sprintf("sendertest-%05d", attempts.Add(1)%100_000),
		Sends:       1,
		ClientAddr:  netip.MustParseAddr("203.0.113.7"),
		AndroidHash: "FA+9qCX9VSu",
	}
}

// notice has no code, and nothing else that only codes have.
func notice(purpose phoneauth.Purpose) phoneauth.Message {
	m := message("", "Your password was changed.")
	m.Purpose, m.ExpiresAt, m.ClientAddr, m.AndroidHash = purpose, time.Time{}, netip.Addr{}, ""
	return m
}

// longCode is the longest code there is. It begins wrongly to turn up in an address that %#v
// prints.
const longCode = "8301749625"

// code returns the longest code that the provider takes.
func (p Provider) code() string { return longCode[:cmp.Or(p.MaxCode, len(longCode))] }

// sample returns the message of the cases that care for none.
func (p Provider) sample() phoneauth.Message {
	return message(p.code(), " is your canary-service sign-in code.")
}

// wants returns what the provider must read of the request for m, or "" if m is not supported.
func (p Provider) wants(t testing.TB, m phoneauth.Message) string {
	t.Helper()
	if p.Wants == nil {
		return string(m.Body)
	}
	want := p.Wants(m)
	if want != "" {
		require.Contains(t, want, string(m.Code), "Provider.Wants: whoever gets the message needs its code")
		require.Contains(t, want, m.Details, "Provider.Wants: whoever gets the message must read what the code approves")
	}
	return want
}

// failure returns err as a SendError of a class and a fault there are, which gives nothing
// away.
func failure(t testing.TB, p Provider, err error, m phoneauth.Message) *phoneauth.SendError {
	t.Helper()
	require.Error(t, err)
	var e *phoneauth.SendError
	require.ErrorAs(t, err, &e, "an error of Send is a *phoneauth.SendError")
	assert.Contains(t, []phoneauth.SendClass{phoneauth.Permanent, phoneauth.Temporary, phoneauth.Ambiguous}, e.Class)
	assert.Contains(t, []phoneauth.SendFault{phoneauth.FaultDestination, phoneauth.FaultSender, ""}, e.Fault)
	if e.Class == phoneauth.Permanent {
		assert.Equal(t, phoneauth.FaultDestination, e.Fault, "Permanent is about the number")
	}
	assert.GreaterOrEqual(t, e.RetryAfter, time.Duration(0))
	for _, said := range everything(err) {
		p.keeps(t, said, m)
	}
	return e
}

// everything that err and the errors inside of it say, in all the ways they say it.
func everything(err error) []string {
	if err == nil {
		return nil
	}
	said := []string{err.Error(), fmt.Sprintf("%v %+v %#v %q", err, err, err, err)}
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		said = append(said, everything(e.Unwrap())...)
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			said = append(said, everything(inner)...)
		}
	}
	var send *phoneauth.SendError
	if errors.As(err, &send) {
		said = append(said, fmt.Sprintf("%+v", *send))
	}
	return said
}

// keeps fails if said shows a secret of the sender's, or anything of m.
func (p Provider) keeps(t testing.TB, said string, m phoneauth.Message) {
	t.Helper()
	secrets := append([]string{
		string(m.Code),
		m.Details,
		"canary",   // of the body
		number[1:], // with or without its '+'
		number[3:], // and its calling code
	}, p.Secrets...)
	for _, secret := range secrets {
		if secret == "" { // a notice has no code
			continue
		}
		for _, form := range []string{secret, hex.EncodeToString([]byte(secret))} {
			if strings.Contains(said, form) {
				t.Errorf("%q shows %q: nothing that is printed or logged may hold a credential, a code, a text or a whole number", said, secret)
				return
			}
		}
	}
}

// accepted checks the receipt of the nth message.
func (p Provider) accepted(t testing.TB, r phoneauth.Receipt, n int) {
	t.Helper()
	assert.NotEmpty(t, r.Sender, "Receipt.Sender names the sender")
	if p.OwnIDs {
		assert.NotEmpty(t, r.ID, "Receipt.ID: delivery reports name the message by it")
	} else {
		assert.Equal(t, messageID(n), r.ID, "Receipt.ID is the provider's")
	}
}
