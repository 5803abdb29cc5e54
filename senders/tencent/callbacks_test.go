package tencent_test

import (
	"context"
	"encoding/json"
	"maps"
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
	"github.com/phoneauth/phoneauth/senders/tencent"
)

const pathSecret = "0123456789abcdef0123456789abcdef"

// request is what Tencent Cloud posts, to a path that ends in secret.
func request(secret string, fields map[string]string) *http.Request {
	said := map[string]string{
		"user_receive_time": "2015-10-17 08:03:04", "nationcode": "86", "mobile": "15900000000", "description": "…", "ext": "0123456789abcdef",
	}
	maps.Copy(said, fields)
	body, err := json.Marshal([]any{said})
	if err != nil {
		panic(err)
	}
	return httptest.NewRequest(http.MethodPost, "/tencent/"+secret, strings.NewReader(string(body)))
}

func TestCallbacktest(t *testing.T) {
	t.Parallel()
	const id = "5000:1045710669157053657849499619"
	say := func(status, code string) map[string]string {
		return map[string]string{"sid": id, "report_status": status, "errmsg": code}
	}
	undelivered := func(code string) phoneauth.Delivery {
		return phoneauth.Delivery{ID: id, Sender: "tencent", Status: phoneauth.Undelivered, Code: code}
	}
	callbacktest.Run(t, callbacktest.Provider{
		New: func(report callback.Report) (http.Handler, error) {
			return tencent.Callbacks(tencent.CallbackConfig{PathSecret: pathSecret}, report)
		},
		Signed:   func(fields map[string]string) *http.Request { return request(pathSecret, fields) },
		Unsigned: func(fields map[string]string) *http.Request { return request("", fields) },
		Forged:   func(fields map[string]string) *http.Request { return request(strings.ToUpper(pathSecret), fields) },
		Secrets:  []string{pathSecret},
		Never:    []phoneauth.DeliveryStatus{phoneauth.OptedOut},
		NoFaults: true, // the codes are the operators'
		Says: []callbacktest.Say{
			{Name: "delivered", Fields: say("SUCCESS", "DELIVRD"), Want: phoneauth.Delivery{ID: id, Sender: "tencent", Status: phoneauth.Delivered}},
			{Name: "undelivered", Fields: say("FAIL", "UNDELIV"), Want: undelivered("UNDELIV")},
			{Name: "a code of an operator", Fields: say("FAIL", "MK:0001"), Want: undelivered("MK:0001")},
			{Name: "a code that is a number", Fields: say("FAIL", "15900000000"), Want: undelivered("")},
			{Name: "a status of nothing", Fields: say("?", "")},
			{Name: "no id", Fields: map[string]string{"report_status": "SUCCESS"}},
		},
	})
}

// Tencent Cloud wants this answer. It may report several messages at once.
func TestCallbackAnswer(t *testing.T) {
	t.Parallel()
	ids := ""
	h, err := tencent.Callbacks(tencent.CallbackConfig{PathSecret: pathSecret}, func(_ context.Context, d phoneauth.Delivery) { ids += d.ID })
	require.NoError(t, err)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("POST", "/"+pathSecret, strings.NewReader(`[{"sid":"a","report_status":"SUCCESS"},{"sid":"b","report_status":"FAIL"}]`)))
	assert.Equal(t, http.StatusOK, w.Code)
	assert.Equal(t, `{"result":0,"errmsg":"OK"}`, w.Body.String())
	assert.Equal(t, "ab", ids)
}

func TestCallbackFaults(t *testing.T) {
	t.Parallel()
	h, err := tencent.Callbacks(tencent.CallbackConfig{PathSecret: "canary"}, nil)
	assert.Nil(t, h)
	sendertest.Faults(t, err, "tencent: callbacks: ", "PathSecret must be", "report is required")
}
