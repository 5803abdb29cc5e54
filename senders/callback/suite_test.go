package callback_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/callback"
	"github.com/phoneauth/phoneauth/senders/callbacktest"
)

// TestExample: the handler that hosts copy passes the suite.
func TestExample(t *testing.T) {
	t.Parallel()
	const secret = "canary-0123456789abcdef"
	request := func(secret string) func(map[string]string) *http.Request {
		return func(fields map[string]string) *http.Request {
			body, err := json.Marshal(fields)
			if err != nil {
				panic(err)
			}
			return httptest.NewRequest(http.MethodPost, "/acme/"+secret, bytes.NewReader(body))
		}
	}
	failed := func(reason string) map[string]string {
		return map[string]string{"id": "a1", "state": "failed", "reason": reason}
	}
	said := func(status phoneauth.DeliveryStatus, code string, fault phoneauth.SendFault) phoneauth.Delivery {
		return phoneauth.Delivery{ID: "a1", Sender: "acme", Status: status, Code: code, Fault: fault}
	}
	out := said(phoneauth.OptedOut, "", "")
	out.Phone = phoneauth.StoredPhone("+201061797840")
	callbacktest.Run(t, callbacktest.Provider{
		New:      func(report callback.Report) (http.Handler, error) { return acmeCallbacks(secret, report), nil },
		Signed:   request(secret),
		Unsigned: request(""),
		Forged:   request("another-0123456789abcdef"),
		Secrets:  []string{secret},
		Says: []callbacktest.Say{
			{Name: "delivered", Fields: map[string]string{"id": "a1", "state": "delivered"}, Want: said(phoneauth.Delivered, "", "")},
			{Name: "absent", Fields: failed("absent"), Want: said(phoneauth.Undelivered, "absent", phoneauth.FaultDestination)},
			{Name: "balance", Fields: failed("balance"), Want: said(phoneauth.Undelivered, "balance", phoneauth.FaultSender)},
			{Name: "another reason", Fields: failed("7"), Want: said(phoneauth.Undelivered, "7", "")},
			{Name: "stop", Fields: map[string]string{"id": "a1", "from": "201061797840", "text": "Stop"}, Want: out},
			{Name: "sent", Fields: map[string]string{"id": "a1", "state": "sent"}},
			{Name: "no id", Fields: map[string]string{"state": "delivered"}, Refused: http.StatusBadRequest},
		},
	})
}
