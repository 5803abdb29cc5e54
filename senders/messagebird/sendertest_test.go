package messagebird_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/messagebird"
	"github.com/phoneauth/phoneauth/senders/sendertest"
)

const key = "key-of-the-account"

func config(baseURL string, client *http.Client) messagebird.Config {
	return messagebird.Config{AccessKey: key, From: "Acme", BaseURL: baseURL, Client: client}
}

func TestSendertest(t *testing.T) {
	t.Parallel()
	const none, sender, destination = phoneauth.SendFault(""), phoneauth.FaultSender, phoneauth.FaultDestination
	sendertest.Run(t, sendertest.Provider{
		New: func(baseURL string, client *http.Client) (phoneauth.SMSSender, error) {
			return messagebird.New(config(baseURL, client))
		},
		Secrets: []string{key},
		Read: func(r *http.Request) (to, body string, err error) {
			var got struct {
				Originator, Body, Type, Datacoding, Reference string
				Recipients                                    []string
			}
			d := json.NewDecoder(r.Body)
			d.DisallowUnknownFields()
			switch {
			case r.Method != http.MethodPost || r.URL.Path != "/messages":
				return "", "", errors.New("404")
			case r.Header.Get("Authorization") != "AccessKey "+key:
				return "", "", errors.New("401")
			case r.Header.Get("Content-Type") != "application/json":
				return "", "", errors.New("415")
			}
			if err := d.Decode(&got); err != nil {
				return "", "", err
			}
			if len(got.Recipients) != 1 || got.Originator != "Acme" || got.Reference == "" {
				return "", "", errors.New("9")
			}
			return "+" + got.Recipients[0], got.Body, nil
		},
		Accepts: func(id string) sendertest.Answer {
			return sendertest.Answer{Status: http.StatusCreated, Body: `{"id":"` + id + `","body":"…","recipients":{"items":[{"recipient":201061797840,"status":"sent"}]}}`}
		},
		Refusals: []sendertest.Refusal{
			{Name: "no correct recipient", Answer: fault(422, 9, "recipient"), Class: phoneauth.Temporary, Fault: destination, Code: "9"},
			{Name: "an invalid recipient", Answer: fault(422, 10, "recipients"), Class: phoneauth.Temporary, Fault: destination, Code: "10"},
			{Name: "an invalid originator", Answer: fault(422, 10, "originator"), Class: phoneauth.Temporary, Fault: none, Code: "10"},
			{Name: "access key", Answer: fault(401, 2, "access_key"), Class: phoneauth.Temporary, Fault: sender, Code: "2"},
			{Name: "balance", Answer: fault(422, 25, ""), Class: phoneauth.Temporary, Fault: sender, Code: "25"},
			{Name: "internal", Answer: fault(500, 99, ""), Class: phoneauth.Ambiguous, Fault: sender, Code: "99"},
			{Name: "too fast", Answer: fault(429, 429, "", "Retry-After", "3"), Class: phoneauth.Temporary, Fault: sender, Code: "429", RetryAfter: 3 * time.Second},
			{Name: "a code nobody knows", Answer: fault(422, 77, ""), Class: phoneauth.Temporary, Fault: none, Code: "77"},
			{Name: "not JSON", Answer: sendertest.Answer{Status: 422, Body: "<html>"}, Class: phoneauth.Temporary, Fault: none, Code: "HTTP 422"},
			{Name: "a code that is none", Answer: sendertest.Answer{Status: 422, Body: `{"errors":[{"code":201061797840}]}`}, Class: phoneauth.Temporary, Fault: none, Code: "HTTP 422"},
		},
		Never: []phoneauth.SendClass{phoneauth.Permanent},
	})
}

// fault is a refusal as MessageBird words them: it quotes the number.
func fault(status, code int, parameter string, header ...string) sendertest.Answer {
	a := sendertest.Answer{Status: status, Header: http.Header{"Content-Type": {"application/json"}}}
	for i := 0; i+1 < len(header); i += 2 {
		a.Header.Set(header[i], header[i+1])
	}
	a.Body = fmt.Sprintf(`{"errors":[{"code":%d,"description":"… (+201061797840)","parameter":%q}]}`, code, parameter)
	return a
}
