package aliyun_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/aliyun"
	"github.com/phoneauth/phoneauth/senders/callback"
	"github.com/phoneauth/phoneauth/senders/callbacktest"
	"github.com/phoneauth/phoneauth/senders/sendertest"
)

const pathSecret = "0123456789abcdef0123456789abcdef"

// request is what Alibaba Cloud posts, to a path that ends in secret.
func request(secret string, fields map[string]string) *http.Request {
	said := map[string]any{
		"phone_number": "15900000000", "send_time": "2017-01-01 11:12:13", "report_time": "2017-02-02 22:23:24",
		"err_msg": "…", "sms_size": "1", "out_id": "0123456789abcdef",
	}
	for name, value := range fields {
		said[name] = value
	}
	delete(said, "success")
	if fields["success"] != "" {
		said["success"] = fields["success"] == "true"
	}
	body, err := json.Marshal([]any{said})
	if err != nil {
		panic(err)
	}
	return httptest.NewRequest(http.MethodPost, "/aliyun/"+secret, strings.NewReader(string(body)))
}

func TestCallbacktest(t *testing.T) {
	t.Parallel()
	const id = "9006197469364984^0"
	say := func(success, code string) map[string]string {
		return map[string]string{"biz_id": id, "success": success, "err_code": code}
	}
	undelivered := func(code string, fault phoneauth.SendFault) phoneauth.Delivery {
		return phoneauth.Delivery{ID: id, Sender: "aliyun", Status: phoneauth.Undelivered, Code: code, Fault: fault}
	}
	callbacktest.Run(t, callbacktest.Provider{
		New: func(report callback.Report) (http.Handler, error) {
			return aliyun.Callbacks(aliyun.CallbackConfig{PathSecret: pathSecret}, report)
		},
		Signed:   func(fields map[string]string) *http.Request { return request(pathSecret, fields) },
		Unsigned: func(fields map[string]string) *http.Request { return request("", fields) },
		Forged:   func(fields map[string]string) *http.Request { return request(strings.ToUpper(pathSecret), fields) },
		Secrets:  []string{pathSecret},
		Never:    []phoneauth.DeliveryStatus{phoneauth.OptedOut},
		NoFaults: true, // none is the sender's
		Says: []callbacktest.Say{
			{Name: "delivered", Fields: say("true", "DELIVERED"), Want: phoneauth.Delivery{ID: id, Sender: "aliyun", Status: phoneauth.Delivered}},
			{Name: "not on service", Fields: say("false", "MOBILE_NOT_ON_SERVICE"), Want: undelivered("MOBILE_NOT_ON_SERVICE", phoneauth.FaultDestination)},
			{Name: "no route", Fields: say("false", "NO_ROUTE"), Want: undelivered("NO_ROUTE", phoneauth.FaultDestination)},
			{Name: "keyword", Fields: say("false", "CONTENT_KEYWORD"), Want: undelivered("CONTENT_KEYWORD", "")},
			{Name: "a code that is a number", Fields: say("false", "15900000000"), Want: undelivered("", "")},
			{Name: "neither", Fields: say("", "DELIVERED")},
			{Name: "no id", Fields: map[string]string{"success": "true"}},
		},
	})
}

// Alibaba Cloud wants this answer. It may report several messages at once.
func TestCallbackAnswer(t *testing.T) {
	t.Parallel()
	ids := ""
	h, err := aliyun.Callbacks(aliyun.CallbackConfig{PathSecret: pathSecret}, func(_ context.Context, d phoneauth.Delivery) { ids += d.ID })
	require.NoError(t, err)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("POST", "/"+pathSecret, strings.NewReader(`[{"biz_id":"a","success":true},{"biz_id":"b","success":false}]`)))
	assert.Equal(t, http.StatusOK, w.Code)
	assert.Equal(t, `{"code":0,"msg":"ok"}`, w.Body.String())
	assert.Equal(t, "ab", ids)
}

func TestCallbackFaults(t *testing.T) {
	t.Parallel()
	h, err := aliyun.Callbacks(aliyun.CallbackConfig{PathSecret: "canary"}, nil)
	assert.Nil(t, h)
	sendertest.Faults(t, err, "aliyun: callbacks: ", "PathSecret must be", "report is required")
}
