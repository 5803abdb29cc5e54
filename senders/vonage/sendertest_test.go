package vonage_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/sendertest"
	"github.com/phoneauth/phoneauth/senders/vonage"
)

const (
	key    = "abcd1234"
	secret = "secret-of-the-account"
)

func config(baseURL string, client *http.Client) vonage.Config {
	return vonage.Config{APIKey: key, APISecret: secret, From: "Acme", BaseURL: baseURL, Client: client}
}

func TestSendertest(t *testing.T) {
	t.Parallel()
	sendertest.Run(t, sendertest.Provider{
		New: func(baseURL string, client *http.Client) (phoneauth.SMSSender, error) {
			return vonage.New(config(baseURL, client))
		},
		Secrets: []string{secret},
		Read: func(r *http.Request) (to, body string, err error) {
			to = r.PostFormValue("to")
			switch {
			case r.Method != http.MethodPost || r.URL.Path != "/sms/json":
				return "", "", errors.New("404")
			case r.PostFormValue("api_key") != key || r.PostFormValue("api_secret") != secret:
				return "", "", errors.New("4")
			case r.PostFormValue("from") != "Acme":
				return "", "", errors.New("15")
			case strings.HasPrefix(to, "+"):
				return "", "", errors.New("3")
			}
			return "+" + to, r.PostFormValue("text"), nil
		},
		Accepts: func(id string) sendertest.Answer { return parts("0", id) },
		Refusals: []sendertest.Refusal{
			{Name: "no such prefix", Answer: parts("6", ""), Class: phoneauth.Temporary, Fault: phoneauth.FaultDestination, Code: "6"},
			{Name: "barred", Answer: parts("7", ""), Class: phoneauth.Permanent, Fault: phoneauth.FaultDestination, Code: "7"},
			{Name: "deactivated", Answer: parts("33", ""), Class: phoneauth.Permanent, Fault: phoneauth.FaultDestination, Code: "33"},
			{Name: "credentials", Answer: parts("4", ""), Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Code: "4"},
			{Name: "credit", Answer: parts("9", ""), Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Code: "9"},
			{Name: "throttled", Answer: throttled, Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Code: "1", RetryAfter: 2 * time.Second},
			{Name: "internal", Answer: parts("5", ""), Class: phoneauth.Ambiguous, Fault: phoneauth.FaultSender, Code: "5"},
			{Name: "a status nobody knows", Answer: parts("99", ""), Class: phoneauth.Ambiguous, Code: "99"},
			{Name: "from is invalid", Answer: invalid("Invalid from param"), Class: phoneauth.Temporary, Code: "3"},
			{Name: "a text of status 3 nobody knows", Answer: invalid("Refer to the manual"), Class: phoneauth.Temporary, Code: "3"},
			{Name: "to is invalid", Answer: invalid("Invalid request :: Invalid 'to' address"), Class: phoneauth.Temporary, Fault: phoneauth.FaultDestination, Code: "3"},
			{Name: "to is invalid, in other words", Answer: invalid("to address is not numeric"), Class: phoneauth.Temporary, Fault: phoneauth.FaultDestination, Code: "3"},
			{Name: "a number for a status", Answer: sendertest.Answer{Body: `{"messages":[{"status":7}]}`}, Class: phoneauth.Permanent, Fault: phoneauth.FaultDestination, Code: "7"},
			{Name: "no status", Answer: sendertest.Answer{Body: `{"messages":[{}]}`}, Class: phoneauth.Ambiguous, Fault: phoneauth.FaultSender, Code: "HTTP 200"},
			{Name: "a status that is none", Answer: parts("201061797840", ""), Class: phoneauth.Ambiguous, Fault: phoneauth.FaultSender, Code: "HTTP 200"},
			{Name: "no messages", Answer: sendertest.Answer{Body: `{"message-count":"0","messages":[]}`}, Class: phoneauth.Ambiguous, Fault: phoneauth.FaultSender, Code: "HTTP 200"},
			{Name: "not JSON", Answer: sendertest.Answer{Body: `<mt-submission-response/>`}, Class: phoneauth.Ambiguous, Fault: phoneauth.FaultSender, Code: "HTTP 200"},
			{Name: "the second part failed", Answer: parts("0", "a", "9", ""), Class: phoneauth.Ambiguous, Fault: phoneauth.FaultSender, Code: "9"},
			{Name: "the first part failed", Answer: parts("6", "", "0", "b"), Class: phoneauth.Ambiguous, Fault: phoneauth.FaultDestination, Code: "6"},
			{Name: "all parts failed", Answer: parts("1", "", "1", ""), Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Code: "1"},
			{Name: "all parts failed, one for good", Answer: parts("1", "", "7", ""), Class: phoneauth.Permanent, Fault: phoneauth.FaultDestination, Code: "7"},
			{Name: "all parts failed, one perhaps", Answer: parts("5", "", "7", "", "1", ""), Class: phoneauth.Ambiguous, Fault: phoneauth.FaultSender, Code: "5"},
		},
	})
}

// parts is an answer with the status and the id of each part.
func parts(statusAndID ...string) sendertest.Answer {
	var messages []string
	for i := 0; i < len(statusAndID); i += 2 {
		messages = append(messages, fmt.Sprintf(
			`{"to":"201061797840","message-id":%q,"status":%q,"error-text":"201061797840 …","remaining-balance":"3.14159265","network":"60201"}`,
			statusAndID[i+1], statusAndID[i]))
	}
	return sendertest.Answer{
		Header: http.Header{"Content-Type": {"application/json"}},
		Body:   fmt.Sprintf(`{"message-count":"%d","messages":[%s]}`, len(messages), strings.Join(messages, ",")),
	}
}

func invalid(text string) sendertest.Answer {
	return sendertest.Answer{Body: fmt.Sprintf(`{"message-count":"1","messages":[{"status":"3","error-text":%q}]}`, text)}
}

var throttled = sendertest.Answer{Header: http.Header{"Retry-After": {"2"}}, Body: `{"messages":[{"status":"1"}]}`}
