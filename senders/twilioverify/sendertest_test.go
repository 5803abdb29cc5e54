package twilioverify_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/sendertest"
	"github.com/phoneauth/phoneauth/senders/twilioverify"
)

const (
	account  = "AC0123456789abcdef0123456789abcdef"
	key      = "SK0123456789abcdef0123456789abcdef"
	service  = "VA0123456789abcdef0123456789abcdef"
	template = "HJ0123456789abcdef0123456789abcdef"
	token    = "token-of-the-account"
)

func config(baseURL string, client *http.Client) twilioverify.Config {
	return twilioverify.Config{
		AccountSID: account, AuthToken: token, ServiceSID: service, Channels: []string{"sms", "voice"},
		TemplateSIDs: map[phoneauth.Purpose]string{"transfer": template}, BaseURL: baseURL, Client: client,
	}
}

// wants is what config has for m.
func wants(m phoneauth.Message) string {
	channel, ok := map[string]string{"": "sms", "sms": "sms", "voice": "call"}[m.Channel]
	if !ok || m.Code == "" || m.Details != "" {
		return ""
	}
	chosen := ""
	if m.Purpose == "transfer" {
		chosen = template
	}
	return channel + " " + string(m.Code) + " " + chosen
}

func TestSendertest(t *testing.T) {
	t.Parallel()
	sendertest.Run(t, sendertest.Provider{
		New: func(baseURL string, client *http.Client) (phoneauth.SMSSender, error) {
			return twilioverify.New(config(baseURL, client))
		},
		Secrets: []string{token, base64.StdEncoding.EncodeToString([]byte(account + ":" + token))},
		Read: func(r *http.Request) (to, body string, err error) {
			user, password, _ := r.BasicAuth()
			switch {
			case r.Method != http.MethodPost || r.URL.Path != "/v2/Services/"+service+"/Verifications":
				return "", "", errors.New("404")
			case user != account || password != token:
				return "", "", errors.New("401")
			}
			channel, hash := r.PostFormValue("Channel"), r.PostFormValue("AppHash")
			if hash != "" && (channel != "sms" || hash != "FA+9qCX9VSu") || !slices.Contains([]string{"", "203.0.113.7"}, r.PostFormValue("DeviceIp")) {
				return "", "", errors.New("60200")
			}
			return r.PostFormValue("To"), channel + " " + r.PostFormValue("CustomCode") + " " + r.PostFormValue("TemplateSid"), nil
		},
		Wants: wants,
		Accepts: func(id string) sendertest.Answer {
			return sendertest.Answer{Status: http.StatusCreated, Body: `{"sid":"` + id + `","status":"pending","to":"+201061797840"}`}
		},
		Refusals: []sendertest.Refusal{
			{Name: "invalid number", Answer: refusal(400, 21211), Class: phoneauth.Temporary, Fault: phoneauth.FaultDestination, Code: "21211"},
			{Name: "opted out", Answer: refusal(400, 21610), Class: phoneauth.Permanent, Fault: phoneauth.FaultDestination, Code: "21610"},
			{Name: "region off", Answer: refusal(403, 60605), Class: phoneauth.Temporary, Fault: phoneauth.FaultDestination, Code: "60605"},
			{Name: "Fraud Guard", Answer: refusal(403, 60410), Class: phoneauth.Temporary, Fault: phoneauth.FaultDestination, Code: "60410"},
			{Name: "five sends to the number", Answer: refusal(429, 60203), Class: phoneauth.Temporary, Fault: phoneauth.FaultDestination, Code: "60203"},
			{Name: "parameter", Answer: refusal(400, 60200), Class: phoneauth.Temporary, Code: "60200"},
			{Name: "bad credentials", Answer: refusal(401, 20003), Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Code: "20003"},
			{Name: "no such service", Answer: refusal(404, 20404), Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Code: "20404"},
			{Name: "codes of its own", Answer: refusal(403, 60204), Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Code: "60204"},
			{Name: "a code nobody knows", Answer: refusal(400, 69999), Class: phoneauth.Temporary, Code: "69999"},
			{Name: "a code nobody knows, of a failure", Answer: refusal(500, 20500), Class: phoneauth.Ambiguous, Fault: phoneauth.FaultSender, Code: "20500"},
			{Name: "rate", Answer: refusal(429, 20429, "Retry-After", "2"), Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Code: "20429", RetryAfter: 2 * time.Second},
			{Name: "not JSON", Answer: sendertest.Answer{Status: 400, Body: "<html>"}, Class: phoneauth.Temporary, Code: "HTTP 400"},
			{Name: "a code that is none", Answer: sendertest.Answer{Status: 400, Body: `{"code":"+201061797840"}`}, Class: phoneauth.Temporary, Code: "HTTP 400"},
		},
	})
}

// refusal is one as Twilio words them: it quotes the number.
func refusal(status, code int, header ...string) sendertest.Answer {
	a := sendertest.Answer{Status: status, Header: http.Header{"Content-Type": {"application/json"}}}
	for i := 0; i+1 < len(header); i += 2 {
		a.Header.Set(header[i], header[i+1])
	}
	a.Body = fmt.Sprintf(`{"code":%d,"message":"Invalid parameter To: +201061797840","more_info":"https://www.twilio.com/docs/errors/%d","status":%d}`, code, code, status)
	return a
}
