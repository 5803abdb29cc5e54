package webhook_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/sendertest"
	"github.com/phoneauth/phoneauth/senders/webhook"
)

func TestSendertest(t *testing.T) {
	t.Parallel()
	const token = "token-of-the-query"
	sendertest.Run(t, sendertest.Provider{
		New: func(baseURL string, client *http.Client) (phoneauth.SMSSender, error) {
			return webhook.New(webhook.Config{URL: baseURL + "/sms?token=" + token, Secret: secret, Client: client})
		},
		Secrets: []string{secret, token},
		Read: func(r *http.Request) (to, body string, err error) {
			if r.Method != http.MethodPost || r.URL.Path != "/sms" || r.FormValue("token") != token || r.Header.Get("Phoneauth-Signature") == "" {
				return "", "", errors.New("not a request of ours")
			}
			var m struct{ To, Body string }
			err = json.NewDecoder(r.Body).Decode(&m)
			return m.To, m.Body, err
		},
		Accepts: func(id string) sendertest.Answer {
			return sendertest.Answer{Status: http.StatusAccepted, Body: `{"id":"` + id + `"}`}
		},
		Refusals: []sendertest.Refusal{
			{Name: "bad number", Answer: sendertest.Answer{Status: 422, Body: "+201061797840"}, Class: phoneauth.Permanent, Fault: phoneauth.FaultDestination, Code: "HTTP 422"},
			{Name: "not from here", Answer: sendertest.Answer{Status: 403, Body: `{"fault":"destination"}`}, Class: phoneauth.Temporary, Fault: phoneauth.FaultDestination, Code: "HTTP 403"},
			{Name: "not from here, for a minute", Answer: sendertest.Answer{Status: 429, Header: http.Header{"Retry-After": {"60"}}, Body: `{"fault":"destination"}`}, Class: phoneauth.Temporary, Fault: phoneauth.FaultDestination, Code: "HTTP 429", RetryAfter: time.Minute},
			{Name: "its own fault", Answer: sendertest.Answer{Status: 403, Body: `{"fault":"sender"}`}, Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Code: "HTTP 403"},
			{Name: "a fault that is none", Answer: sendertest.Answer{Status: 400, Body: `{"fault":"+201061797840"}`}, Class: phoneauth.Temporary, Code: "HTTP 400"},
			{Name: "a number that is none, by the sender's fault", Answer: sendertest.Answer{Status: 422, Body: `{"fault":"sender"}`}, Class: phoneauth.Permanent, Fault: phoneauth.FaultDestination, Code: "HTTP 422"},
			{Name: "HTTP 501", Answer: sendertest.Answer{Status: 501}, Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Code: "HTTP 501"},
			{Name: "down", Answer: sendertest.Answer{Status: 503}, Class: phoneauth.Ambiguous, Fault: phoneauth.FaultSender, Code: "HTTP 503"},
			{Name: "busy", Answer: sendertest.Answer{Status: 503, Header: http.Header{"Retry-After": {"3"}}}, Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Code: "HTTP 503", RetryAfter: 3 * time.Second},
		},
	})
}
