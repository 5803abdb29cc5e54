package telnyx_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/sendertest"
	"github.com/phoneauth/phoneauth/senders/telnyx"
)

const key = "key-of-the-account"

func config(baseURL string, client *http.Client) telnyx.Config {
	return telnyx.Config{APIKey: key, From: "+14155552345", BaseURL: baseURL, Client: client}
}

func TestSendertest(t *testing.T) {
	t.Parallel()
	const none, sender, destination = phoneauth.SendFault(""), phoneauth.FaultSender, phoneauth.FaultDestination
	sendertest.Run(t, sendertest.Provider{
		New: func(baseURL string, client *http.Client) (phoneauth.SMSSender, error) {
			return telnyx.New(config(baseURL, client))
		},
		Secrets: []string{key},
		Read: func(r *http.Request) (to, body string, err error) {
			var got struct{ From, To, Text, Type string }
			d := json.NewDecoder(r.Body)
			d.DisallowUnknownFields()
			switch {
			case r.Method != http.MethodPost || r.URL.Path != "/v2/messages":
				return "", "", errors.New("404")
			case r.Header.Get("Authorization") != "Bearer "+key:
				return "", "", errors.New("10009")
			case r.Header.Get("Content-Type") != "application/json":
				return "", "", errors.New("10014")
			}
			if err := d.Decode(&got); err != nil {
				return "", "", err
			}
			if got.From != "+14155552345" || got.Type != "SMS" {
				return "", "", errors.New("40305")
			}
			return got.To, got.Text, nil
		},
		Accepts: func(id string) sendertest.Answer { return answer(id, "queued", "") },
		Refusals: []sendertest.Refusal{
			{Name: "opted out", Answer: fault(400, "40300", "/to"), Class: phoneauth.Permanent, Fault: destination, Code: "40300"},
			{Name: "invalid to", Answer: fault(400, "40310", "/to"), Class: phoneauth.Temporary, Fault: destination, Code: "40310"},
			{Name: "a code nobody knows, of to", Answer: fault(422, "10002", "/to"), Class: phoneauth.Temporary, Fault: destination, Code: "10002"},
			{Name: "a code nobody knows, of from", Answer: fault(422, "10002", "/from"), Class: phoneauth.Temporary, Fault: none, Code: "10002"},
			{Name: "credentials", Answer: fault(401, "10009", ""), Class: phoneauth.Temporary, Fault: sender, Code: "10009"},
			{Name: "funds", Answer: fault(403, "20100", ""), Class: phoneauth.Temporary, Fault: sender, Code: "20100"},
			{Name: "too fast", Answer: fault(429, "10011", "", "Retry-After", "2"), Class: phoneauth.Temporary, Fault: sender, Code: "10011", RetryAfter: 2 * time.Second},
			{Name: "failed", Answer: fault(500, "10007", "/to"), Class: phoneauth.Ambiguous, Fault: sender, Code: "10007"},
			{Name: "failed at once", Answer: answer("M1", "sending_failed", "40001"), Class: phoneauth.Temporary, Fault: destination, Code: "40001"},
			{Name: "failed at once, no code", Answer: answer("M1", "delivery_failed", ""), Class: phoneauth.Ambiguous, Fault: none, Code: "delivery_failed"},
			{Name: "not JSON", Answer: sendertest.Answer{Status: 400, Body: "<html>"}, Class: phoneauth.Temporary, Fault: none, Code: "HTTP 400"},
			{Name: "a code that is none", Answer: fault(400, "201061797840", "/to"), Class: phoneauth.Temporary, Fault: none, Code: "HTTP 400"},
		},
	})
}

// answer is one of success, with the status of the message, and an error of it.
func answer(id, status, code string) sendertest.Answer {
	all := ""
	if code != "" {
		all = fmt.Sprintf(`{"code":%q,"title":"…","detail":"+201061797840 …"}`, code)
	}
	return sendertest.Answer{
		Header: http.Header{"Content-Type": {"application/json"}},
		Body:   fmt.Sprintf(`{"data":{"record_type":"message","id":%q,"to":[{"phone_number":"+201061797840","status":%q}],"errors":[%s]}}`, id, status, all),
	}
}

// fault is a refusal as Telnyx words them: it quotes the number.
func fault(status int, code, pointer string, header ...string) sendertest.Answer {
	a := sendertest.Answer{Status: status, Header: http.Header{"Content-Type": {"application/json"}}}
	for i := 0; i+1 < len(header); i += 2 {
		a.Header.Set(header[i], header[i+1])
	}
	a.Body = fmt.Sprintf(`{"errors":[{"code":%q,"title":"…","detail":"+201061797840 …","source":{"pointer":%q}}]}`, code, pointer)
	return a
}
