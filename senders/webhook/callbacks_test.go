package webhook_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/webhook"
)

const pathSecret = "canary-0123456789abcdef0123456789abcdef"

func TestCallbacks(t *testing.T) {
	t.Parallel()
	report := func(d phoneauth.Delivery) *phoneauth.Delivery { d.Sender = "webhook"; return &d }
	delivered := report(phoneauth.Delivery{ID: "msg-1", Status: phoneauth.Delivered})
	for _, c := range []struct {
		method, path, body string
		status             int
		want               *phoneauth.Delivery
	}{
		{"POST", "/a/" + pathSecret, `{"id":"msg-1","status":"delivered"}`, 204, delivered},
		{"POST", "/" + pathSecret + "?x", `{"id":"msg-1","status":"delivered","code":"0","x":[]}`, 204, delivered},
		{"POST", "/" + pathSecret, `{"id":17,"status":"undelivered","code":30005}`, 204, report(phoneauth.Delivery{ID: "17", Status: phoneauth.Undelivered, Code: "30005"})},
		{"POST", "/" + pathSecret, `{"id":"1","status":"undelivered","fault":"destination"}`, 204, report(phoneauth.Delivery{ID: "1", Status: phoneauth.Undelivered, Fault: phoneauth.FaultDestination})},
		{"POST", "/" + pathSecret, `{"id":"1","status":"undelivered","fault":"sender"}`, 204, report(phoneauth.Delivery{ID: "1", Status: phoneauth.Undelivered, Fault: phoneauth.FaultSender})},
		{"POST", "/" + pathSecret, `{"id":"1","status":"undelivered","fault":["sender"]}`, 204, report(phoneauth.Delivery{ID: "1", Status: phoneauth.Undelivered})},
		{"POST", "/" + pathSecret, `{"id":"1","status":"delivered","fault":"sender"}`, 204, report(phoneauth.Delivery{ID: "1", Status: phoneauth.Delivered})},
		{"POST", "/" + pathSecret, `{"id":"1","status":"undelivered"}`, 204, report(phoneauth.Delivery{ID: "1", Status: phoneauth.Undelivered})},
		{"POST", "/" + pathSecret, `{"status":"opted_out","phone":"+201061797840"}`, 204, report(phoneauth.Delivery{Status: phoneauth.OptedOut, Phone: phoneauth.StoredPhone("+201061797840")})},

		{"POST", "/", `{"id":"msg-1","status":"delivered"}`, 404, nil},
		{"POST", "/" + pathSecret + "/", `{"id":"msg-1","status":"delivered"}`, 404, nil},
		{"POST", "/" + pathSecret[1:], `{"id":"msg-1","status":"delivered"}`, 404, nil},
		{"GET", "/x", "", 404, nil},
		{"GET", "/" + pathSecret, "", 405, nil},
		{"POST", "/" + pathSecret, strings.Repeat(" ", 64<<10+1), 413, nil},
		{"POST", "/" + pathSecret, ``, 400, nil},
		{"POST", "/" + pathSecret, `null`, 400, nil},
		{"POST", "/" + pathSecret, `[]`, 400, nil},
		{"POST", "/" + pathSecret, `{"id":"1","status":"delivered"}{}`, 400, nil},
		{"POST", "/" + pathSecret, `{"id":"1"}`, 400, nil},
		{"POST", "/" + pathSecret, `{"id":"1","status":"sent"}`, 400, nil},
		{"POST", "/" + pathSecret, `{"status":"delivered"}`, 400, nil},
		{"POST", "/" + pathSecret, `{"id":{},"status":"undelivered"}`, 400, nil},
		{"POST", "/" + pathSecret, `{"id":"` + strings.Repeat("x", 129) + `","status":"delivered"}`, 400, nil},
		{"POST", "/" + pathSecret, `{"id":"1","status":"opted_out"}`, 400, nil},
		{"POST", "/" + pathSecret, `{"status":"opted_out","phone":"12345"}`, 400, nil},
	} {
		name := fmt.Sprintf("%s %s %.60s", c.method, c.path, c.body)
		var got []phoneauth.Delivery
		h, err := webhook.Callbacks(webhook.CallbackConfig{PathSecret: pathSecret}, func(_ context.Context, d phoneauth.Delivery) { got = append(got, d) })
		require.NoError(t, err)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(c.method, c.path, strings.NewReader(c.body)))
		assert.Equal(t, c.status, w.Code, name)
		assert.NotContains(t, w.Body.String(), "canary", name)
		if c.want == nil {
			assert.Empty(t, got, name)
		} else {
			assert.Equal(t, []phoneauth.Delivery{*c.want}, got, name)
		}
	}
}

func TestCallbackFaults(t *testing.T) {
	t.Parallel()
	for _, secret := range []phoneauth.Secret{"", "canary", "canary/0123456789abcdef0123456789"} {
		c := webhook.CallbackConfig{PathSecret: secret}
		h, err := webhook.Callbacks(c, nil)
		assert.Nil(t, h)
		assert.ErrorContains(t, err, "webhook: callbacks: PathSecret must be")
		assert.ErrorContains(t, err, "webhook: callbacks: report is required")
		assert.NotContains(t, err.Error()+fmt.Sprintf("%v %+v %#v", c, c, c), "canary")
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
