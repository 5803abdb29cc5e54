package plivo_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/plivo"
	"github.com/phoneauth/phoneauth/senders/sendertest"
)

const (
	account = "MA0123456789ABCDEF01"
	token   = "token-of-the-account"
)

func config(baseURL string, client *http.Client) plivo.Config {
	return plivo.Config{AuthID: account, AuthToken: token, From: "+14155552345", BaseURL: baseURL, Client: client}
}

func TestSendertest(t *testing.T) {
	t.Parallel()
	const none, sender, destination = phoneauth.SendFault(""), phoneauth.FaultSender, phoneauth.FaultDestination
	sendertest.Run(t, sendertest.Provider{
		New: func(baseURL string, client *http.Client) (phoneauth.SMSSender, error) {
			return plivo.New(config(baseURL, client))
		},
		Secrets: []string{token, base64.StdEncoding.EncodeToString([]byte(account + ":" + token))},
		Read: func(r *http.Request) (to, body string, err error) {
			var got struct {
				Src, Dst, Text, Type string
				Log                  bool
			}
			d := json.NewDecoder(r.Body)
			d.DisallowUnknownFields()
			user, password, _ := r.BasicAuth()
			switch {
			case r.Method != http.MethodPost || r.URL.Path != "/v1/Account/"+account+"/Message/":
				return "", "", errors.New("404")
			case user != account || password != token:
				return "", "", errors.New("401")
			case r.Header.Get("Content-Type") != "application/json":
				return "", "", errors.New("415")
			}
			if err := d.Decode(&got); err != nil {
				return "", "", err
			}
			if got.Src != "+14155552345" || got.Type != "sms" || got.Log {
				return "", "", errors.New("400")
			}
			return got.Dst, got.Text, nil
		},
		Accepts: func(id string) sendertest.Answer {
			return sendertest.Answer{Status: http.StatusAccepted, Body: `{"api_id":"948b53a2","message":"message(s) queued","message_uuid":["` + id + `"]}`}
		},
		Refusals: []sendertest.Refusal{
			{Name: "dst", Answer: refusal(400, `"201061797840 is not a valid dst"`), Class: phoneauth.Temporary, Fault: destination, Code: "HTTP 400"},
			{Name: "dst as a field", Answer: refusal(400, `{"dst":["invalid number"]}`), Class: phoneauth.Temporary, Fault: destination, Code: "HTTP 400"},
			{Name: "src", Answer: refusal(400, `"src parameter is not valid"`), Class: phoneauth.Temporary, Fault: none, Code: "HTTP 400"},
			{Name: "credentials", Answer: refusal(401, `"authentication failed for dst"`), Class: phoneauth.Temporary, Fault: sender, Code: "HTTP 401"},
			{Name: "credit", Answer: refusal(402, `"insufficient credit"`), Class: phoneauth.Temporary, Fault: sender, Code: "HTTP 402"},
			{Name: "too fast", Answer: refusal(429, `"throttled"`, "Retry-After", "2"), Class: phoneauth.Temporary, Fault: sender, Code: "HTTP 429", RetryAfter: 2 * time.Second},
			{Name: "failed", Answer: refusal(500, `"dst"`), Class: phoneauth.Ambiguous, Fault: sender, Code: "HTTP 500"},
			{Name: "not JSON", Answer: sendertest.Answer{Status: 400, Body: "<html>dst"}, Class: phoneauth.Temporary, Fault: none, Code: "HTTP 400"},
		},
		Never: []phoneauth.SendClass{phoneauth.Permanent},
	})
}

// refusal is one as Plivo words them: it has a text, or texts of fields.
func refusal(status int, text string, header ...string) sendertest.Answer {
	a := sendertest.Answer{Status: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: `{"api_id":"948b53a2","error":` + text + `}`}
	for i := 0; i+1 < len(header); i += 2 {
		a.Header.Set(header[i], header[i+1])
	}
	return a
}
