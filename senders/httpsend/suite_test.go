package httpsend_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/httpsend"
	"github.com/phoneauth/phoneauth/senders/sendertest"
)

// TestExample: the sender that hosts copy passes the suite.
func TestExample(t *testing.T) {
	t.Parallel()
	const key = "key-of-the-account"
	sendertest.Run(t, sendertest.Provider{
		New: func(baseURL string, client *http.Client) (phoneauth.SMSSender, error) {
			return newAcme(baseURL, key, client), nil
		},
		Secrets: []string{key},
		Read: func(r *http.Request) (to, body string, err error) {
			if r.Header.Get("Authorization") != "Bearer "+key {
				return "", "", errors.New("401")
			}
			return r.PostFormValue("to"), r.PostFormValue("text"), nil
		},
		Accepts: func(id string) sendertest.Answer { return sendertest.Answer{Body: `{"id":"` + id + `"}`} },
		Refusals: []sendertest.Refusal{
			{Name: "region", Answer: sendertest.Answer{Status: 403, Body: `{"error":"region_not_enabled"}`}, Class: phoneauth.Temporary, Fault: phoneauth.FaultDestination, Code: "region_not_enabled"},
			{Name: "broke", Answer: sendertest.Answer{Status: 402}, Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Code: "HTTP 402"},
			{Name: "down", Answer: sendertest.Answer{Status: 503}, Class: phoneauth.Ambiguous, Fault: phoneauth.FaultSender, Code: "HTTP 503"},
		},
		Never: []phoneauth.SendClass{phoneauth.Permanent},
	})
}

// A transport of the host's own may know nothing of httptrace: nothing is certain then.
func TestTransportWithoutTraces(t *testing.T) {
	t.Parallel()
	c := httpsend.Client(&http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) { return nil, errors.New("canary") })})
	_, err := httpsend.Post(t.Context(), c, "http://acme.example", "x", nil)
	e := failure(t, err)
	assert.Equal(t, phoneauth.Ambiguous, e.Class)
	assert.Equal(t, phoneauth.FaultSender, e.Fault)
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
