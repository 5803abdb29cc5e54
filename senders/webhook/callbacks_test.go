package webhook_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/callback"
	"github.com/phoneauth/phoneauth/senders/callbacktest"
	"github.com/phoneauth/phoneauth/senders/sendertest"
	"github.com/phoneauth/phoneauth/senders/webhook"
)

const pathSecret = "canary-0123456789abcdef0123456789abcdef"

// request is what an endpoint posts to a path with this secret.
func request(secret string, fields map[string]string) *http.Request {
	body, err := json.Marshal(fields)
	if err != nil {
		panic(err)
	}
	return httptest.NewRequest(http.MethodPost, "/sms/"+secret, bytes.NewReader(body))
}

func TestCallbacktest(t *testing.T) {
	t.Parallel()
	said := func(d phoneauth.Delivery) phoneauth.Delivery { d.Sender = "webhook"; return d }
	failed := func(code, fault string) map[string]string {
		return map[string]string{"id": "msg-1", "status": "undelivered", "code": code, "fault": fault}
	}
	undelivered := func(code string, fault phoneauth.SendFault) phoneauth.Delivery {
		return said(phoneauth.Delivery{ID: "msg-1", Status: phoneauth.Undelivered, Code: code, Fault: fault})
	}
	callbacktest.Run(t, callbacktest.Provider{
		New: func(report callback.Report) (http.Handler, error) {
			return webhook.Callbacks(webhook.CallbackConfig{PathSecret: pathSecret}, report)
		},
		Signed:   func(fields map[string]string) *http.Request { return request(pathSecret, fields) },
		Unsigned: func(fields map[string]string) *http.Request { return request("", fields) },
		Forged:   func(fields map[string]string) *http.Request { return request(strings.ToUpper(pathSecret), fields) },
		Secrets:  []string{pathSecret},
		Says: []callbacktest.Say{
			{Name: "delivered", Fields: map[string]string{"id": "msg-1", "status": "delivered"}, Want: said(phoneauth.Delivery{ID: "msg-1", Status: phoneauth.Delivered})},
			{Name: "delivered, with what is of failures", Fields: map[string]string{"id": "msg-1", "status": "delivered", "code": "0", "fault": "sender"}, Want: said(phoneauth.Delivery{ID: "msg-1", Status: phoneauth.Delivered})},
			{Name: "undelivered", Fields: failed("", ""), Want: undelivered("", "")},
			{Name: "undelivered, destination", Fields: failed("30005", "destination"), Want: undelivered("30005", phoneauth.FaultDestination)},
			{Name: "undelivered, sender", Fields: failed("30002", "sender"), Want: undelivered("30002", phoneauth.FaultSender)},
			{Name: "undelivered, a fault that is none", Fields: failed("1", "mine"), Want: undelivered("1", "")},
			{Name: "opted out", Fields: map[string]string{"status": "opted_out", "phone": "+201061797840"}, Want: said(phoneauth.Delivery{Status: phoneauth.OptedOut, Phone: phoneauth.StoredPhone("+201061797840")})},
			{Name: "opted out, nobody", Fields: map[string]string{"status": "opted_out"}, Refused: 400},
			{Name: "opted out, no number", Fields: map[string]string{"status": "opted_out", "phone": "12345"}, Refused: 400},
			{Name: "no status", Fields: map[string]string{"id": "msg-1"}, Refused: 400},
			{Name: "a status of nothing", Fields: map[string]string{"id": "msg-1", "status": "sent"}, Refused: 400},
			{Name: "no id", Fields: map[string]string{"status": "delivered"}, Refused: 400},
			{Name: "a long id", Fields: map[string]string{"id": strings.Repeat("x", 129), "status": "delivered"}, Refused: 400},
		},
	})
}

// What only JSON can be.
func TestCallbackJSON(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]*phoneauth.Delivery{
		`{"id":17,"status":"undelivered","code":30005}`:                 {ID: "17", Sender: "webhook", Status: phoneauth.Undelivered, Code: "30005"},
		`{"id":"1","status":"undelivered","fault":["sender"],"x":[{}]}`: {ID: "1", Sender: "webhook", Status: phoneauth.Undelivered},
		`{"id":{},"status":"undelivered"}`:                              nil,
		`{"id":"1","status":"delivered"}{}`:                             nil,
	} {
		var got []phoneauth.Delivery
		h, err := webhook.Callbacks(webhook.CallbackConfig{PathSecret: pathSecret}, func(_ context.Context, d phoneauth.Delivery) { got = append(got, d) })
		require.NoError(t, err)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("POST", "/"+pathSecret, strings.NewReader(body)))
		if want == nil {
			assert.Equal(t, http.StatusBadRequest, w.Code, body)
			assert.Empty(t, got, body)
			continue
		}
		assert.Equal(t, http.StatusNoContent, w.Code, body)
		assert.Equal(t, []phoneauth.Delivery{*want}, got, body)
	}
}

func TestCallbackFaults(t *testing.T) {
	t.Parallel()
	for _, secret := range []phoneauth.Secret{"", "canary", "canary/0123456789abcdef0123456789"} {
		c := webhook.CallbackConfig{PathSecret: secret}
		h, err := webhook.Callbacks(c, nil)
		assert.Nil(t, h)
		sendertest.Faults(t, err, "webhook: callbacks: ", "PathSecret must be", "report is required")
		assert.NotContains(t, fmt.Sprintf("%v %+v %#v", c, c, c), "canary")
	}
}

func ExampleCallbacks() {
	report := func(_ context.Context, d phoneauth.Delivery) { // Service.ReportDelivery
		fmt.Println(d.ID, d.Status)
	}
	callbacks, err := webhook.Callbacks(webhook.CallbackConfig{PathSecret: "0123456789abcdef0123456789abcdef"}, report)
	if err != nil {
		panic(err)
	}
	mux := http.NewServeMux()
	mux.Handle("POST /sms/{secret}", callbacks)

	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest("POST", "/sms/0123456789abcdef0123456789abcdef", strings.NewReader(`{"id":"msg-1","status":"delivered"}`)))
	fmt.Println(w.Code)
	// Output:
	// msg-1 delivered
	// 204
}
