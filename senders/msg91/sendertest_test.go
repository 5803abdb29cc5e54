package msg91_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/msg91"
	"github.com/phoneauth/phoneauth/senders/sendertest"
)

const key = "key-of-the-account"

func config(baseURL string, client *http.Client) msg91.Config {
	return msg91.Config{
		AuthKey: key, BaseURL: baseURL, Client: client,
		Templates: []msg91.Template{
			{Purpose: phoneauth.PurposeSignIn, Locale: "en", ID: "login", Variables: map[string]string{"otp": "{code}", "brand": "{service}"}},
			{Purpose: phoneauth.PurposeSignIn, Locale: "hi", ID: "loginhi", Variables: map[string]string{"otp": "{code}"}},
			{Purpose: "transfer", ID: "transfer", Variables: map[string]string{"otp": "{code}", "what": "{details}"}},
			{Purpose: phoneauth.NoticePasswordChanged, ID: "changed", Variables: map[string]string{"brand": "{service}"}},
		},
	}
}

// wants is what config has for m.
func wants(m phoneauth.Message) string {
	switch {
	case m.Purpose == phoneauth.PurposeSignIn && m.Code != "" && m.Details == "":
		return "login " + string(m.Code) + " "
	case m.Purpose == "transfer" && m.Code != "" && m.Details != "":
		return "transfer " + string(m.Code) + " " + m.Details
	case m.Purpose == phoneauth.NoticePasswordChanged:
		return "changed  "
	}
	return ""
}

func TestSendertest(t *testing.T) {
	t.Parallel()
	sendertest.Run(t, sendertest.Provider{
		New: func(baseURL string, client *http.Client) (phoneauth.SMSSender, error) {
			return msg91.New(config(baseURL, client))
		},
		Secrets: []string{key},
		Read: func(r *http.Request) (to, body string, err error) {
			var got struct {
				TemplateID string `json:"template_id"`
				Recipients []map[string]string
			}
			err = json.NewDecoder(r.Body).Decode(&got)
			switch {
			case err != nil:
				return "", "", err
			case r.Method != http.MethodPost || r.URL.Path != "/api/v5/flow":
				return "", "", errors.New("404")
			case r.Header.Get("authkey") != key:
				return "", "", errors.New("207")
			case len(got.Recipients) != 1 || strings.HasPrefix(got.Recipients[0]["mobiles"], "+"):
				return "", "", errors.New("202")
			}
			recipient := got.Recipients[0]
			return "+" + recipient["mobiles"], got.TemplateID + " " + recipient["otp"] + " " + recipient["what"], nil
		},
		Wants: wants,
		Accepts: func(id string) sendertest.Answer {
			return sendertest.Answer{Body: `{"message":"` + id + `","type":"success"}`}
		},
		Refusals: []sendertest.Refusal{
			{Name: "invalid number", Answer: refusal(200, `"202"`), Class: phoneauth.Temporary, Fault: phoneauth.FaultDestination, Code: "202"},
			{Name: "twice", Answer: refusal(200, `311`), Class: phoneauth.Temporary, Fault: phoneauth.FaultDestination, Code: "311"},
			{Name: "too long", Answer: refusal(400, `"310"`), Class: phoneauth.Temporary, Code: "310"},
			{Name: "authkey", Answer: refusal(401, `"207"`), Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Code: "207"},
			{Name: "balance", Answer: refusal(200, `"301"`), Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Code: "301"},
			{Name: "address", Answer: sendertest.Answer{Status: 401, Body: `{"status":"fail","hasError":true,"errors":["201061797840"],"code":"401","apiError":"418"}`}, Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Code: "418"},
			{Name: "fail", Answer: sendertest.Answer{Body: `{"status":"fail","hasError":true,"errors":"Unauthorized","code":401}`}, Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Code: "401"},
			{Name: "rate", Answer: sendertest.Answer{Status: 429, Header: http.Header{"Retry-After": {"2"}}}, Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Code: "HTTP 429", RetryAfter: 2 * time.Second},
			{Name: "a code nobody knows", Answer: refusal(200, `"999"`), Class: phoneauth.Temporary, Code: "999"},
			{Name: "no code", Answer: sendertest.Answer{Body: `{"message":"201061797840 …","type":"error"}`}, Class: phoneauth.Temporary, Code: "error"},
			{Name: "a code that quotes the number", Answer: refusal(400, `"201061797840"`), Class: phoneauth.Temporary, Code: "HTTP 400"},
			{Name: "a failure", Answer: refusal(500, `null`), Class: phoneauth.Ambiguous, Fault: phoneauth.FaultSender, Code: "HTTP 500"},
			{Name: "neither", Answer: sendertest.Answer{Body: `{"message":"a"}`}, Class: phoneauth.Ambiguous, Fault: phoneauth.FaultSender, Code: "HTTP 200"},
		},
		Never: []phoneauth.SendClass{phoneauth.Permanent},
	})
}

func refusal(status int, code string) sendertest.Answer {
	return sendertest.Answer{Status: status, Body: `{"message":"201061797840 …","type":"error","code":` + code + `}`}
}
