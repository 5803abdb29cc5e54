package twilio_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/sendertest"
	"github.com/phoneauth/phoneauth/senders/twilio"
)

const (
	account = "AC0123456789abcdef0123456789abcdef"
	key     = "SK0123456789abcdef0123456789abcdef"
	service = "MG0123456789abcdef0123456789abcdef"
	token   = "token-of-the-account"
)

func config(baseURL string, client *http.Client) twilio.Config {
	return twilio.Config{AccountSID: account, AuthToken: token, From: "+14155552345", BaseURL: baseURL, Client: client}
}

func TestSendertest(t *testing.T) {
	t.Parallel()
	sendertest.Run(t, sendertest.Provider{
		New: func(baseURL string, client *http.Client) (phoneauth.SMSSender, error) {
			return twilio.New(config(baseURL, client))
		},
		Secrets: []string{token, base64.StdEncoding.EncodeToString([]byte(account + ":" + token))},
		Read: func(r *http.Request) (to, body string, err error) {
			user, password, _ := r.BasicAuth()
			switch {
			case r.Method != http.MethodPost || r.URL.Path != "/2010-04-01/Accounts/"+account+"/Messages.json":
				return "", "", errors.New("404")
			case user != account || password != token:
				return "", "", errors.New("401")
			case r.PostFormValue("From") != "+14155552345":
				return "", "", errors.New("21603")
			}
			return r.PostFormValue("To"), r.PostFormValue("Body"), nil
		},
		Accepts: func(id string) sendertest.Answer {
			return sendertest.Answer{Status: http.StatusCreated, Body: `{"sid":"` + id + `","status":"queued","error_code":null,"to":"+201061797840"}`}
		},
		Refusals: []sendertest.Refusal{
			{Name: "invalid number", Answer: fault(400, 21211), Class: phoneauth.Temporary, Fault: phoneauth.FaultDestination, Code: "21211"},
			{Name: "opted out", Answer: fault(400, 21610), Class: phoneauth.Permanent, Fault: phoneauth.FaultDestination, Code: "21610"},
			{Name: "no mobile number", Answer: fault(400, 21614), Class: phoneauth.Permanent, Fault: phoneauth.FaultDestination, Code: "21614"},
			{Name: "region off", Answer: fault(400, 21408), Class: phoneauth.Temporary, Fault: phoneauth.FaultDestination, Code: "21408"},
			{Name: "bad credentials", Answer: fault(401, 20003), Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Code: "20003"},
			{Name: "a code nobody knows", Answer: fault(400, 29999), Class: phoneauth.Temporary, Code: "29999"},
			{Name: "a code nobody knows, of a failure", Answer: fault(500, 20500), Class: phoneauth.Ambiguous, Fault: phoneauth.FaultSender, Code: "20500"},
			{Name: "busy", Answer: fault(503, 20503, "Retry-After", "3"), Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Code: "20503", RetryAfter: 3 * time.Second},
			{Name: "rate", Answer: fault(429, 20429, "Retry-After", "2"), Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Code: "20429", RetryAfter: 2 * time.Second},
			{Name: "not JSON", Answer: sendertest.Answer{Status: 400, Body: "<html>"}, Class: phoneauth.Temporary, Code: "HTTP 400"},
			{Name: "a code that is none", Answer: sendertest.Answer{Status: 400, Body: `{"code":"+201061797840"}`}, Class: phoneauth.Temporary, Code: "HTTP 400"},
			{Name: "filtered at once", Answer: failed("failed", "30007"), Class: phoneauth.Temporary, Fault: phoneauth.FaultDestination, Code: "30007"},
			{Name: "unknown handset at once", Answer: failed("failed", "30005"), Class: phoneauth.Permanent, Fault: phoneauth.FaultDestination, Code: "30005"},
			{Name: "undelivered at once, unknown", Answer: failed("undelivered", "30008"), Class: phoneauth.Ambiguous, Code: "30008"},
			{Name: "failed at once, no code", Answer: failed("failed", "null"), Class: phoneauth.Ambiguous, Code: "failed"},
		},
	})
}

// fault is a refusal as Twilio words them: it quotes the number.
func fault(status, code int, header ...string) sendertest.Answer {
	a := sendertest.Answer{Status: status, Header: http.Header{"Content-Type": {"application/json"}}}
	for i := 0; i+1 < len(header); i += 2 {
		a.Header.Set(header[i], header[i+1])
	}
	a.Body = fmt.Sprintf(`{"code":%d,"message":"The 'To' number +201061797840 …","more_info":"https://www.twilio.com/docs/errors/%d","status":%d}`, code, code, status)
	return a
}

// failed is a message that was taken and given up at once.
func failed(status, code string) sendertest.Answer {
	return sendertest.Answer{Status: http.StatusCreated, Body: `{"sid":"SM1","status":"` + status + `","error_code":` + code + `,"error_message":"+201061797840"}`}
}
