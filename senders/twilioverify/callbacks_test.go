package twilioverify_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/callback"
	"github.com/phoneauth/phoneauth/senders/callbacktest"
	"github.com/phoneauth/phoneauth/senders/sendertest"
	"github.com/phoneauth/phoneauth/senders/twilioverify"
)

const address = "https://acme.example/twilioverify?x=1"

// sign signs as Twilio's documentation says, for a body that is no form.
func sign(token, u, and, body string) string {
	mac := hmac.New(sha1.New, []byte(token))
	fmt.Fprintf(mac, "%s%sbodySHA256=%x", u, and, sha256.Sum256([]byte(body)))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// event is one of Twilio's, in the form of its documentation.
func event(kind, verification, code string, at time.Time, more map[string]string) string {
	fields := map[string]any{
		"created_at": at.UTC().Format("2006-01-02T15:04:05.000Z"), "account_sid": account, "service_sid": service,
		"verification_sid": verification, "attempt_sid": "VL0000000000000000000000000000001", "error_code": code,
		"channel": "SMS", "has_fallback": false, "mnc": "460", "to": "+201061797840", "number_segments": 2,
		"tags": map[string]string{"attempt": "0123456789abcdef"},
	}
	for name, value := range more {
		fields[name] = value
	}
	b, _ := json.Marshal(map[string]any{
		"specversion": "1.0", "type": "com.twilio.accountsecurity.verify." + kind, "source": "AB01", "id": "NO01",
		"dataschema": "https://events-schemas.twilio.com/AccountSecurity.MessageStatusEvent/2", "data": fields,
	})
	return string(b)
}

// request is what Twilio posts; without a token, without a signature.
func request(token string, fields map[string]string) *http.Request {
	more := map[string]string{}
	if unknown, ok := fields["callbacktest_unknown"]; ok {
		more["callbacktest_unknown"] = unknown
	}
	body := "[" + event(fields["kind"], fields["sid"], fields["code"], time.Now(), more) + "]"
	return posted(token, body)
}

func posted(token, body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/twilioverify", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("X-Twilio-Signature", sign(token, address, "&", body))
	}
	return r
}

func TestCallbacktest(t *testing.T) {
	t.Parallel()
	say := func(kind, code string) map[string]string {
		return map[string]string{"kind": kind, "sid": sid, "code": code}
	}
	delivered := phoneauth.Delivery{ID: sid, Sender: "twilioverify", Status: phoneauth.Delivered}
	undelivered := func(code string, fault phoneauth.SendFault) phoneauth.Delivery {
		return phoneauth.Delivery{ID: sid, Sender: "twilioverify", Status: phoneauth.Undelivered, Code: code, Fault: fault}
	}
	callbacktest.Run(t, callbacktest.Provider{
		New: func(report callback.Report) (http.Handler, error) {
			return twilioverify.Callbacks(twilioverify.CallbackConfig{URL: address, AuthToken: token}, report)
		},
		Signed:    func(fields map[string]string) *http.Request { return request(token, fields) },
		Unsigned:  func(fields map[string]string) *http.Request { return request("", fields) },
		Forged:    func(fields map[string]string) *http.Request { return request("another", fields) },
		SignsBody: true,
		MaxAge:    24 * time.Hour,
		Secrets:   []string{token},
		Never:     []phoneauth.DeliveryStatus{phoneauth.OptedOut},
		Says: []callbacktest.Say{
			{Name: "sent", Fields: say("message.sent", "")},
			{Name: "delivered", Fields: say("message.delivered", ""), Want: delivered},
			{Name: "read", Fields: say("message.read", ""), Want: delivered},
			{Name: "undelivered", Fields: say("message.undelivered", "30005"), Want: undelivered("30005", phoneauth.FaultDestination)},
			{Name: "failed", Fields: say("message.failed", "30002"), Want: undelivered("30002", phoneauth.FaultSender)},
			{Name: "failed, unknown", Fields: say("message.failed", "30008"), Want: undelivered("30008", "")},
			{Name: "failed, no code", Fields: say("message.failed", ""), Want: undelivered("", "")},
			{Name: "no SID", Fields: map[string]string{"kind": "message.delivered"}},
			{Name: "approved", Fields: say("verification.approved", "")},
			{Name: "another stream", Fields: say("attempt-dlr.delivered", "")},
			{Name: "nothing"},
		},
	})
}

// A callback has many events. Old ones are not reported, and alone they are refused.
func TestBatches(t *testing.T) {
	t.Parallel()
	now := time.Now()
	at := func(id string, at time.Time) string { return event("message.delivered", id, "", at, nil) }
	for name, c := range map[string]struct {
		body   string
		status int
		ids    string
	}{
		"two":               {"[" + at("a", now) + "," + at("b", now) + "]", 204, "ab"},
		"one is old":        {"[" + at("a", now.Add(-25*time.Hour)) + "," + at("b", now) + "]", 204, "b"},
		"all are old":       {"[" + at("a", now.Add(-25*time.Hour)) + "]", 403, ""},
		"to come":           {"[" + at("a", now.Add(time.Hour)) + "]", 403, ""},
		"no time":           {`[{"type":"com.twilio.accountsecurity.verify.message.delivered","data":{"verification_sid":"a"}}]`, 403, ""},
		"of another kind":   {`[{"type":"x","data":[1]},` + at("a", now) + "]", 204, "a"},
		"a long id":         {"[" + at(strings.Repeat("x", 129), now) + "]", 204, ""},
		"none":              {"[]", 204, ""},
		"null":              {"null", 400, ""},
		"an event alone":    {at("a", now), 400, ""},
		"not only an array": {"[] []", 400, ""},
	} {
		ids := ""
		h, err := twilioverify.Callbacks(twilioverify.CallbackConfig{URL: address, AuthToken: token}, func(_ context.Context, d phoneauth.Delivery) { ids += d.ID })
		require.NoError(t, err)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, posted(token, c.body))
		assert.Equal(t, c.status, w.Code, name)
		assert.Equal(t, c.ids, ids, name)
	}
}

// The address is that of the sink, with the hash in its query, and with or without its port.
func TestAddresses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		configured, signed, and string
		status                  int
	}{
		{"https://acme.example/t", "https://acme.example/t", "?", 204},
		{"https://acme.example/t", "https://acme.example:443/t", "?", 204},
		{"https://acme.example/t?a=b", "https://acme.example/t?a=b", "&", 204},
		{"https://acme.example/t", "https://acme.example/t", "", 403},
		{"https://acme.example/t", "https://acme.example/u", "?", 403},
	} {
		h, err := twilioverify.Callbacks(twilioverify.CallbackConfig{URL: c.configured, AuthToken: token}, func(context.Context, phoneauth.Delivery) {})
		require.NoError(t, err)
		r := posted("", "[]")
		r.Header.Set("X-Twilio-Signature", sign(token, c.signed, c.and, "[]"))
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		assert.Equal(t, c.status, w.Code, "%s, signed as %s", c.configured, c.signed)
	}
}

func TestCallbackFaults(t *testing.T) {
	t.Parallel()
	h, err := twilioverify.Callbacks(twilioverify.CallbackConfig{URL: "https://user:canary@acme.example"}, nil)
	assert.Nil(t, h)
	sendertest.Faults(t, err, "twilioverify: callbacks: ", "URL must be", "AuthToken is required", "report is required")
}
