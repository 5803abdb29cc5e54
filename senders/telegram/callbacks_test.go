package telegram_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/callback"
	"github.com/phoneauth/phoneauth/senders/callbacktest"
	"github.com/phoneauth/phoneauth/senders/sendertest"
	"github.com/phoneauth/phoneauth/senders/telegram"
)

// posted is what Telegram posts; without a token, without a signature.
func posted(token, timestamp, body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/telegram", strings.NewReader(body))
	if token != "" {
		key := sha256.Sum256([]byte(token))
		mac := hmac.New(sha256.New, key[:])
		mac.Write([]byte(timestamp + "\n" + body))
		r.Header.Set("X-Request-Timestamp", timestamp)
		r.Header.Set("X-Request-Signature", hex.EncodeToString(mac.Sum(nil)))
	}
	return r
}

func now() string { return strconv.FormatInt(time.Now().Unix(), 10) }

func request(token string, fields map[string]string) *http.Request {
	said := map[string]any{"phone_number": "+201061797840", "request_cost": 0.01, "payload": "0123456789abcdef"}
	for name, value := range fields {
		said[name] = value
	}
	delete(said, "status")
	if fields["status"] != "" {
		said["delivery_status"] = map[string]any{"status": fields["status"], "updated_at": 1741770467}
	}
	body, err := json.Marshal(said)
	if err != nil {
		panic(err)
	}
	return posted(token, now(), string(body))
}

func TestCallbacktest(t *testing.T) {
	t.Parallel()
	say := func(status string) map[string]string {
		return map[string]string{"request_id": "90000000000", "status": status}
	}
	delivered := phoneauth.Delivery{ID: "90000000000", Sender: "telegram", Status: phoneauth.Delivered}
	expired := phoneauth.Delivery{ID: "90000000000", Sender: "telegram", Status: phoneauth.Undelivered, Code: "expired", Fault: phoneauth.FaultDestination}
	callbacktest.Run(t, callbacktest.Provider{
		New: func(report callback.Report) (http.Handler, error) {
			return telegram.Callbacks(telegram.CallbackConfig{Token: token}, report)
		},
		Signed:    func(fields map[string]string) *http.Request { return request(token, fields) },
		Unsigned:  func(fields map[string]string) *http.Request { return request("", fields) },
		Forged:    func(fields map[string]string) *http.Request { return request("another", fields) },
		SignsBody: true,
		MaxAge:    time.Hour,
		Secrets:   []string{token},
		Never:     []phoneauth.DeliveryStatus{phoneauth.OptedOut},
		NoFaults:  true, // none is the sender's
		Says: []callbacktest.Say{
			{Name: "sent", Fields: say("sent")},
			{Name: "delivered", Fields: say("delivered"), Want: delivered},
			{Name: "read", Fields: say("read"), Want: delivered},
			{Name: "expired", Fields: say("expired"), Want: expired},
			{Name: "revoked", Fields: say("revoked")},
			{Name: "a status of nothing", Fields: say("?")},
			{Name: "no id", Fields: map[string]string{"status": "read"}},
			{Name: "nothing"},
		},
	})
}

// vector was made with openssl from the recipe of Telegram's documentation:
//
//	key=$(printf token | openssl dgst -sha256 -hex | cut -d' ' -f2)
//	printf '1741770467\n{"request_id":"1","delivery_status":{"status":"read"}}' |
//		openssl dgst -sha256 -mac HMAC -macopt hexkey:$key
//
// It is of an old report, which is refused although it is signed; a fresh one is not.
const vector = "88661312fa1ba52c666d643349ab2f9ea85b8d285e90ebbaf09c01c106ebf43e"

// What only such a signature can be.
func TestSignatures(t *testing.T) {
	t.Parallel()
	const body = `{"request_id":"1","delivery_status":{"status":"read"}}`
	r := posted("token", "1741770467", body)
	assert.Equal(t, vector, r.Header.Get("X-Request-Signature"))
	cut := posted("token", now(), body)
	cut.Header.Set("X-Request-Signature", cut.Header.Get("X-Request-Signature")[:32])
	later := posted("token", now(), body)
	later.Header.Set("X-Request-Timestamp", strconv.FormatInt(time.Now().Unix()+1, 10))
	for name, c := range map[string]struct {
		r      *http.Request
		status int
	}{
		"fresh":           {posted("token", now(), body), 200},
		"old":             {r, 403},
		"to come":         {posted("token", strconv.FormatInt(time.Now().Add(time.Hour).Unix(), 10), body), 403},
		"no time":         {posted("token", "", body), 403},
		"another time":    {later, 403},
		"cut":             {cut, 403},
		"signed nonsense": {posted("token", now(), "[]"), 400},
		"signed null":     {posted("token", now(), "null"), 400},
	} {
		reported := 0
		h, err := telegram.Callbacks(telegram.CallbackConfig{Token: "token"}, func(context.Context, phoneauth.Delivery) { reported++ })
		require.NoError(t, err)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, c.r)
		assert.Equal(t, c.status, w.Code, name)
		assert.Equal(t, c.status == http.StatusOK, reported == 1, name)
	}
}

func TestCallbackFaults(t *testing.T) {
	t.Parallel()
	h, err := telegram.Callbacks(telegram.CallbackConfig{}, nil)
	assert.Nil(t, h)
	sendertest.Faults(t, err, "telegram: callbacks: ", "Token is required", "report is required")
}
