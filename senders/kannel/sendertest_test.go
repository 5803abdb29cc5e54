package kannel_test

import (
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/kannel"
	"github.com/phoneauth/phoneauth/senders/sendertest"
)

func TestSendertest(t *testing.T) {
	t.Parallel()
	sendertest.Run(t, sendertest.Provider{
		New: func(baseURL string, client *http.Client) (phoneauth.SMSSender, error) {
			c := config(baseURL + "/cgi-bin/sendsms")
			c.Client = client
			return kannel.New(c)
		},
		Secrets: []string{"canary-password", secret},
		Read: func(r *http.Request) (to, body string, err error) {
			switch {
			case r.Method != http.MethodPost || r.RequestURI != "/cgi-bin/sendsms":
				return "", "", errors.New("404")
			case r.Header.Get("X-Kannel-Username") != "canary-user" || r.Header.Get("X-Kannel-Password") != "canary-password":
				return "", "", errors.New("403")
			}
			text, err := io.ReadAll(r.Body)
			return r.Header.Get("X-Kannel-To"), string(text), err
		},
		Accepts: func(string) sendertest.Answer { return says(202, "0: Accepted for delivery") },
		OwnIDs:  true,
		Never:   []phoneauth.SendClass{phoneauth.Permanent}, // Kannel knows its own routes alone
		Refusals: []sendertest.Refusal{
			{Name: "denied", Answer: says(400, "Number(s) has/have been denied by white- and/or black-lists."), Class: phoneauth.Temporary, Fault: phoneauth.FaultDestination, Code: "HTTP 400"},
			{Name: "rejected", Answer: says(400, "Empty receiver number not allowed, rejected"), Class: phoneauth.Temporary, Code: "HTTP 400"},
			{Name: "authorization", Answer: says(403, "Authorization failed for sendsms"), Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Code: "HTTP 403"},
			{Name: "not routable", Answer: says(403, "Not routable. Do not try again."), Class: phoneauth.Temporary, Fault: phoneauth.FaultDestination, Code: "HTTP 403"},
			{Name: "unknown request", Answer: says(404, "Unknown request."), Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Code: "HTTP 404"},
			{Name: "failed", Answer: says(500, "Sending failed."), Class: phoneauth.Ambiguous, Fault: phoneauth.FaultSender, Code: "HTTP 500"},
			{Name: "temporal failure", Answer: says(503, "Temporal failure, try again later."), Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Code: "HTTP 503"},
			{Name: "another's 503", Answer: says(503, "<html>"), Class: phoneauth.Ambiguous, Fault: phoneauth.FaultSender, Code: "HTTP 503"},
			{Name: "busy", Answer: sendertest.Answer{Status: 503, Header: http.Header{"Retry-After": {"3"}}}, Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Code: "HTTP 503", RetryAfter: 3 * time.Second},
			{Name: "another's 200", Answer: says(200, "<html>"), Class: phoneauth.Ambiguous, Fault: phoneauth.FaultSender, Code: "HTTP 200"},
			{Name: "another's 204", Answer: sendertest.Answer{Status: 204}, Class: phoneauth.Ambiguous, Fault: phoneauth.FaultSender, Code: "HTTP 204"},
		},
	})
}

func says(status int, body string) sendertest.Answer {
	return sendertest.Answer{Status: status, Body: body}
}
