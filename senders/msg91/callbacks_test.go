package msg91_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/callback"
	"github.com/phoneauth/phoneauth/senders/callbacktest"
	"github.com/phoneauth/phoneauth/senders/msg91"
	"github.com/phoneauth/phoneauth/senders/sendertest"
)

const pathSecret = "0123456789abcdef0123456789abcdef"

// request is what MSG91 posts, in the form of version 3, to a path that ends in secret.
func request(secret string, fields map[string]string) *http.Request {
	said := map[string]string{"date": "2024-05-22 09:58:16", "number": "919876543210", "senderId": "ACMEIN", "failedReason": "", "credit": "1"}
	maps.Copy(said, fields)
	body, err := json.Marshal(said)
	if err != nil {
		panic(err)
	}
	return httptest.NewRequest(http.MethodPost, "/msg91/"+secret, strings.NewReader(string(body)))
}

func TestCallbacktest(t *testing.T) {
	t.Parallel()
	const id = "3463647a5931343535383236"
	say := func(status string) map[string]string {
		return map[string]string{"requestId": id, "status": status}
	}
	undelivered := func(code string, fault phoneauth.SendFault) phoneauth.Delivery {
		return phoneauth.Delivery{ID: id, Sender: "msg91", Status: phoneauth.Undelivered, Code: code, Fault: fault}
	}
	callbacktest.Run(t, callbacktest.Provider{
		New: func(report callback.Report) (http.Handler, error) {
			return msg91.Callbacks(msg91.CallbackConfig{PathSecret: pathSecret}, report)
		},
		Signed:   func(fields map[string]string) *http.Request { return request(pathSecret, fields) },
		Unsigned: func(fields map[string]string) *http.Request { return request("", fields) },
		Forged:   func(fields map[string]string) *http.Request { return request(strings.ToUpper(pathSecret), fields) },
		Secrets:  []string{pathSecret},
		Never:    []phoneauth.DeliveryStatus{phoneauth.OptedOut},
		NoFaults: true, // none is the sender's
		Says: []callbacktest.Say{
			{Name: "delivered", Fields: say("1"), Want: phoneauth.Delivery{ID: id, Sender: "msg91", Status: phoneauth.Delivered}},
			{Name: "failed", Fields: say("2"), Want: undelivered("2", "")},
			{Name: "do not disturb", Fields: say("9"), Want: undelivered("9", phoneauth.FaultDestination)},
			{Name: "rejected", Fields: say("16"), Want: undelivered("16", "")},
			{Name: "blocked", Fields: say("17"), Want: undelivered("17", phoneauth.FaultDestination)},
			{Name: "rejected, too", Fields: say("25"), Want: undelivered("25", "")},
			{Name: "sent", Fields: say("8")},
			{Name: "no status", Fields: map[string]string{"requestId": id}},
			{Name: "no id", Fields: map[string]string{"status": "1"}, Refused: 400},
			{Name: "a long id", Fields: map[string]string{"requestId": strings.Repeat("x", 129), "status": "1"}, Refused: 400},
		},
	})
}

func TestCallbackFaults(t *testing.T) {
	t.Parallel()
	h, err := msg91.Callbacks(msg91.CallbackConfig{PathSecret: "canary"}, nil)
	assert.Nil(t, h)
	sendertest.Faults(t, err, "msg91: callbacks: ", "PathSecret must be", "report is required")
}
