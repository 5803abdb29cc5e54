package telegram_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/sendertest"
	"github.com/phoneauth/phoneauth/senders/telegram"
)

const token = "AAIZzzzzToken-of-the-account"

func TestSendertest(t *testing.T) {
	t.Parallel()
	sendertest.Run(t, sendertest.Provider{
		New: func(baseURL string, client *http.Client) (phoneauth.SMSSender, error) {
			return telegram.New(telegram.Config{Token: token, BaseURL: baseURL, Client: client})
		},
		Secrets: []string{token},
		MaxCode: 8,
		Read: func(r *http.Request) (to, body string, err error) {
			var got struct {
				To   string `json:"phone_number"`
				Code string
				TTL  *int
			}
			err = json.NewDecoder(r.Body).Decode(&got)
			switch {
			case err != nil:
				return "", "", err
			case r.Method != http.MethodPost || r.URL.Path != "/sendVerificationMessage":
				return "", "", errors.New("404")
			case r.Header.Get("Authorization") != "Bearer "+token:
				return "", "", errors.New("ACCESS_TOKEN_INVALID")
			case got.TTL != nil && (*got.TTL < 60 || *got.TTL > 3600):
				return "", "", errors.New("TTL_INVALID")
			}
			return got.To, got.Code, nil
		},
		Wants: func(m phoneauth.Message) string {
			if len(m.Code) > 8 || m.Details != "" {
				return ""
			}
			return string(m.Code)
		},
		Accepts: func(id string) sendertest.Answer {
			return sendertest.Answer{Body: `{"ok":true,"result":{"request_id":"` + id + `","phone_number":"+201061797840","request_cost":0.01,"remaining_balance":3.14}}`}
		},
		Refusals: []sendertest.Refusal{
			{Name: "not on Telegram", Answer: no("PHONE_NUMBER_NOT_FOUND"), Class: phoneauth.Temporary, Fault: phoneauth.FaultDestination, Code: "PHONE_NUMBER_NOT_FOUND"},
			{Name: "invalid number", Answer: no("PHONE_NUMBER_INVALID"), Class: phoneauth.Temporary, Fault: phoneauth.FaultDestination, Code: "PHONE_NUMBER_INVALID"},
			{Name: "token", Answer: no("ACCESS_TOKEN_INVALID"), Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Code: "ACCESS_TOKEN_INVALID"},
			{Name: "token, by status too", Answer: sendertest.Answer{Status: 401, Body: no("ACCESS_TOKEN_INVALID").Body}, Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Code: "ACCESS_TOKEN_INVALID"},
			{Name: "balance", Answer: no("BALANCE_NOT_ENOUGH"), Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Code: "BALANCE_NOT_ENOUGH"},
			{Name: "too fast", Answer: no("FLOOD_WAIT_30"), Class: phoneauth.Temporary, Code: "FLOOD_WAIT_30", RetryAfter: 30 * time.Second},
			{Name: "too fast, for long", Answer: no("FLOOD_WAIT_999999"), Class: phoneauth.Temporary, Code: "FLOOD_WAIT_999999", RetryAfter: 24 * time.Hour},
			{Name: "an error nobody knows", Answer: no("TTL_INVALID"), Class: phoneauth.Temporary, Code: "TTL_INVALID"},
			{Name: "an error nobody knows, of a failure", Answer: sendertest.Answer{Status: 500, Body: no("INTERNAL").Body}, Class: phoneauth.Ambiguous, Fault: phoneauth.FaultSender, Code: "INTERNAL"},
			{Name: "an error that quotes the number", Answer: no("NO_201061797840"), Class: phoneauth.Temporary, Code: "not ok"},
			{Name: "no error", Answer: sendertest.Answer{Body: `{"ok":false}`}, Class: phoneauth.Temporary, Code: "not ok"},
			{Name: "neither", Answer: sendertest.Answer{Body: `{"result":{"request_id":"a"}}`}, Class: phoneauth.Ambiguous, Fault: phoneauth.FaultSender, Code: "HTTP 200"},
			{Name: "not JSON", Answer: sendertest.Answer{Status: 400, Body: "<html>"}, Class: phoneauth.Temporary, Code: "HTTP 400"},
		},
		Never: []phoneauth.SendClass{phoneauth.Permanent},
	})
}

func no(name string) sendertest.Answer {
	return sendertest.Answer{Body: `{"ok":false,"error":"` + name + `"}`}
}
