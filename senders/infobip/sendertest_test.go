package infobip_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/infobip"
	"github.com/phoneauth/phoneauth/senders/sendertest"
)

const (
	key      = "key-of-the-account"
	password = "password-of-the-reports"
)

func config(baseURL string, client *http.Client) infobip.Config {
	return infobip.Config{
		BaseURL: baseURL, APIKey: key, From: "Acme",
		DeliveryURL: "https://infobip:" + password + "@acme.example/infobip", Client: client,
	}
}

// posted is the request that Infobip documents.
type posted struct {
	Messages []struct {
		Sender       string
		Destinations []struct{ To string }
		Content      struct{ Text string }
		Options      any
		Webhooks     any
	}
}

func TestSendertest(t *testing.T) {
	t.Parallel()
	const none, sender, destination = phoneauth.SendFault(""), phoneauth.FaultSender, phoneauth.FaultDestination
	sendertest.Run(t, sendertest.Provider{
		New: func(baseURL string, client *http.Client) (phoneauth.SMSSender, error) {
			return infobip.New(config(baseURL, client))
		},
		Secrets: []string{key, password},
		Read: func(r *http.Request) (to, body string, err error) {
			var got posted
			d := json.NewDecoder(r.Body)
			d.DisallowUnknownFields()
			switch {
			case r.Method != http.MethodPost || r.URL.Path != "/sms/3/messages":
				return "", "", errors.New("404")
			case r.Header.Get("Authorization") != "App "+key:
				return "", "", errors.New("401")
			case r.Header.Get("Content-Type") != "application/json":
				return "", "", errors.New("415")
			}
			if err := d.Decode(&got); err != nil {
				return "", "", err
			}
			if len(got.Messages) != 1 || len(got.Messages[0].Destinations) != 1 || got.Messages[0].Sender != "Acme" {
				return "", "", errors.New("400")
			}
			return "+" + got.Messages[0].Destinations[0].To, got.Messages[0].Content.Text, nil
		},
		Accepts: func(id string) sendertest.Answer { return answer(id, 1, 26, "PENDING_ACCEPTED") },
		Refusals: []sendertest.Refusal{
			{Name: "unknown subscriber", Answer: answer("1", 2, 1, "EC_UNKNOWN_SUBSCRIBER"), Class: phoneauth.Permanent, Fault: destination, Code: "EC_UNKNOWN_SUBSCRIBER"},
			{Name: "no such prefix", Answer: answer("1", 5, 52, "REJECTED_DESTINATION"), Class: phoneauth.Temporary, Fault: destination, Code: "REJECTED_DESTINATION"},
			{Name: "no coverage", Answer: answer("1", 5, 6, "REJECTED_NETWORK"), Class: phoneauth.Temporary, Fault: destination, Code: "REJECTED_NETWORK"},
			{Name: "no credit", Answer: answer("1", 5, 12, "REJECTED_NOT_ENOUGH_CREDITS"), Class: phoneauth.Temporary, Fault: sender, Code: "REJECTED_NOT_ENOUGH_CREDITS"},
			{Name: "too long", Answer: answer("1", 5, 25, "REJECTED_MESSAGE_TOO_LONG"), Class: phoneauth.Temporary, Fault: none, Code: "REJECTED_MESSAGE_TOO_LONG"},
			{Name: "credentials", Answer: legacy(401, "UNAUTHORIZED"), Class: phoneauth.Temporary, Fault: sender, Code: "UNAUTHORIZED"},
			{Name: "no scope", Answer: platform(403, "E403"), Class: phoneauth.Temporary, Fault: sender, Code: "E403"},
			{Name: "a proxy refuses", Answer: sendertest.Answer{Status: 403}, Class: phoneauth.Temporary, Fault: none, Code: "HTTP 403"},
			{Name: "a bad field", Answer: platform(400, "E400"), Class: phoneauth.Temporary, Fault: none, Code: "E400"},
			{Name: "too fast", Answer: platform(429, "E429", "Retry-After", "3"), Class: phoneauth.Temporary, Fault: sender, Code: "E429", RetryAfter: 3 * time.Second},
			{Name: "failed", Answer: platform(500, "E500"), Class: phoneauth.Ambiguous, Fault: sender, Code: "E500"},
			{Name: "a code that is none", Answer: platform(400, "201061797840"), Class: phoneauth.Temporary, Fault: none, Code: "HTTP 400"},
		},
	})
}

// answer is one of success, which says what became of the message.
func answer(id string, group, number int, name string) sendertest.Answer {
	return sendertest.Answer{
		Header: http.Header{"Content-Type": {"application/json"}},
		Body: fmt.Sprintf(`{"bulkId":"b","messages":[{"messageId":%q,"status":{"groupId":%d,"groupName":"G","id":%d,"name":%q,"description":"201061797840 …"},"destination":"201061797840","details":{"messageCount":1}}]}`,
			id, group, number, name),
	}
}

// legacy and platform are Infobip's two kinds of refusals.
func legacy(status int, code string) sendertest.Answer {
	return sendertest.Answer{Status: status, Body: fmt.Sprintf(`{"requestError":{"serviceException":{"messageId":%q,"text":"201061797840 …"}}}`, code)}
}

func platform(status int, code string, header ...string) sendertest.Answer {
	a := sendertest.Answer{Status: status, Header: http.Header{}, Body: fmt.Sprintf(`{"errorCode":%q,"description":"201061797840 …","violations":[]}`, code)}
	for i := 0; i+1 < len(header); i += 2 {
		a.Header.Set(header[i], header[i+1])
	}
	return a
}
