package telnyx_test

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/bubble"
	"github.com/phoneauth/phoneauth/senders/callback"
	"github.com/phoneauth/phoneauth/senders/callbacktest"
	"github.com/phoneauth/phoneauth/senders/sendertest"
	"github.com/phoneauth/phoneauth/senders/telnyx"
)

// private is the key of test 1 of RFC 8032, 7.1, and public its other half.
var private = seed("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")

const public = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="

func seed(s string) ed25519.PrivateKey {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return ed25519.NewKeyFromSeed(b)
}

func handler(report callback.Report) (http.Handler, error) {
	return telnyx.Callbacks(telnyx.CallbackConfig{PublicKey: public}, report)
}

// post is a request with body, signed at the time; without a key, without a signature.
func post(key ed25519.PrivateKey, body string, at time.Time) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/telnyx", strings.NewReader(body))
	if key != nil {
		timestamp := strconv.FormatInt(at.Unix(), 10)
		r.Header.Set("Telnyx-Timestamp", timestamp)
		r.Header.Set("Telnyx-Signature-Ed25519", base64.StdEncoding.EncodeToString(ed25519.Sign(key, []byte(timestamp+"|"+body))))
	}
	return r
}

// request is what Telnyx posts with these fields, which are of the event, of its payload, or
// within it.
func request(t *testing.T, key ed25519.PrivateKey, fields map[string]string) *http.Request {
	t.Helper()
	payload := map[string]any{"record_type": "message"}
	data := map[string]any{"id": "e1", "record_type": "event", "payload": payload}
	for name, value := range fields {
		switch name {
		case "event_type":
			data[name] = value
		case "status":
			payload["to"] = []any{map[string]any{"phone_number": "+201061797840", "status": value}}
		case "code":
			payload["errors"] = []any{map[string]any{"code": value, "title": "…"}}
		case "from":
			payload["from"] = map[string]any{"phone_number": value}
		default:
			payload[name] = value
		}
	}
	body, err := json.Marshal(map[string]any{"data": data, "meta": map[string]any{"attempt": 1}})
	require.NoError(t, err)
	return post(key, string(body), time.Now())
}

// serve returns the status of the answer to r, and what was reported.
func serve(t *testing.T, r *http.Request) (status int, got []phoneauth.Delivery) {
	t.Helper()
	h, err := handler(func(_ context.Context, d phoneauth.Delivery) { got = append(got, d) })
	require.NoError(t, err)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code, got
}

func TestCallbacktest(t *testing.T) {
	t.Parallel()
	final := func(status, code string) map[string]string {
		fields := map[string]string{"event_type": "message.finalized", "id": "M1", "direction": "outbound", "status": status}
		if code != "" {
			fields["code"] = code
		}
		return fields
	}
	inbound := func(from, text string) map[string]string {
		return map[string]string{"event_type": "message.received", "id": "M1", "direction": "inbound", "from": from, "text": text}
	}
	said := func(status phoneauth.DeliveryStatus, code string, fault phoneauth.SendFault) phoneauth.Delivery {
		return phoneauth.Delivery{ID: "M1", Sender: "telnyx", Status: status, Code: code, Fault: fault}
	}
	sent := final("sent", "")
	sent["event_type"] = "message.sent"
	out := said(phoneauth.OptedOut, "", "")
	nobody := out
	out.Phone = phoneauth.StoredPhone("+201061797840")
	other := seed(strings.Repeat("01", 32))
	callbacktest.Run(t, callbacktest.Provider{
		New:       handler,
		Signed:    func(fields map[string]string) *http.Request { return request(t, private, fields) },
		Unsigned:  func(fields map[string]string) *http.Request { return request(t, nil, fields) },
		Forged:    func(fields map[string]string) *http.Request { return request(t, other, fields) },
		SignsBody: true,
		MaxAge:    5 * time.Minute,
		Secrets:   []string{hex.EncodeToString(private.Seed())},
		Says: []callbacktest.Say{
			{Name: "sent", Fields: sent},
			{Name: "delivered", Fields: final("delivered", ""), Want: said(phoneauth.Delivered, "", "")},
			{Name: "unconfirmed", Fields: final("delivery_unconfirmed", "")},
			{Name: "not routable", Fields: final("delivery_failed", "40001"), Want: said(phoneauth.Undelivered, "40001", phoneauth.FaultDestination)},
			{Name: "rate", Fields: final("sending_failed", "40011"), Want: said(phoneauth.Undelivered, "40011", phoneauth.FaultSender)},
			{Name: "a code nobody knows", Fields: final("sending_failed", "49999"), Want: said(phoneauth.Undelivered, "49999", "")},
			{Name: "no code", Fields: final("expired", ""), Want: said(phoneauth.Undelivered, "expired", "")},
			{Name: "a code that is none", Fields: final("delivery_failed", "201061797840"), Want: said(phoneauth.Undelivered, "delivery_failed", "")},
			{Name: "a code that is no number", Fields: final("delivery_failed", "spam"), Want: said(phoneauth.Undelivered, "delivery_failed", "")},
			{Name: "no id", Fields: map[string]string{"event_type": "message.finalized", "status": "delivered"}},
			{Name: "stop", Fields: inbound("+201061797840", " Stop\n"), Want: out},
			{Name: "of a short code", Fields: inbound("12345", "STOP"), Want: nobody},
			{Name: "another text", Fields: inbound("+201061797840", "do not stop")},
			{Name: "another event", Fields: map[string]string{"event_type": "call.answered", "id": "M1", "text": "STOP"}},
			{Name: "nothing"},
		},
	})
}

// TestSignatureOfOpenSSL: the signature was made by OpenSSL 3, of 2021-01-01 00:00:00 UTC:
//
//	printf '1609459200|%s' "$BODY" | openssl pkeyutl -sign -rawin -keyform DER -inkey key.der -in /dev/stdin
func TestSignatureOfOpenSSL(t *testing.T) {
	t.Parallel()
	const (
		body      = `{"data":{"event_type":"message.finalized","id":"e1","payload":{"direction":"outbound","id":"M1","to":[{"phone_number":"+201061797840","status":"delivered"}],"errors":[]},"record_type":"event"},"meta":{"attempt":1}}`
		signature = "G663iOocjZTcMPmtfow2WVIK/PSVDN5sEMMcmBkfcpq5eYlYnaZYoQIkV0WkkLGyW7RWp0mBjleXmLesH1U/DQ=="
	)
	for name, c := range map[string]struct {
		timestamp, signature, body string
		age                        time.Duration
		takes                      bool
	}{
		"right":                {"1609459200", signature, body, 0, true},
		"nearly too old":       {"1609459200", signature, body, 5*time.Minute - time.Second, true},
		"too old":              {"1609459200", signature, body, 5 * time.Minute, false},
		"a slow clock of ours": {"1609459200", signature, body, -29 * time.Second, true},
		"of times to come":     {"1609459200", signature, body, -time.Minute, false},
		"another timestamp":    {"1609459201", signature, body, 0, false},
		"no timestamp":         {"", signature, body, 0, false},
		"written otherwise":    {"+1609459200", signature, body, 0, false},
		"another body":         {"1609459200", signature, body + " ", 0, false},
		"no signature":         {"1609459200", "", body, 0, false},
		"no base64":            {"1609459200", "!" + signature, body, 0, false},
		"a part":               {"1609459200", signature[:44], body, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				bubble.Elapse(time.Until(time.Unix(1609459200, 0).Add(c.age)))
				r := post(nil, c.body, time.Time{})
				r.Header.Set("Telnyx-Timestamp", c.timestamp)
				r.Header.Set("Telnyx-Signature-Ed25519", c.signature)
				status, got := serve(t, r)
				assert.Equal(t, c.takes, status == http.StatusNoContent)
				assert.Equal(t, c.takes, len(got) == 1)
			})
		})
	}
}

// What is signed and is no event.
func TestSignedNonsense(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", "null", "[]", `"text"`, "{", "a=b"} {
		status, got := serve(t, post(private, body, time.Now()))
		assert.Equal(t, http.StatusBadRequest, status, body)
		assert.Empty(t, got, body)
	}
	status, got := serve(t, post(private, `{"data":{"event_type":"message.received","payload":{"id":"M1","to":"12345","text":"x"}}}`, time.Now()))
	assert.Equal(t, http.StatusNoContent, status, "to of another form")
	assert.Empty(t, got)
}

func TestCallbackFaults(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"", "canary", "AAAA"} {
		h, err := telnyx.Callbacks(telnyx.CallbackConfig{PublicKey: key}, nil)
		assert.Nil(t, h)
		sendertest.Faults(t, err, "telnyx: callbacks: ", "PublicKey must be", "report is required")
	}
}
