package messagebird_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
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
	"github.com/phoneauth/phoneauth/senders/messagebird"
	"github.com/phoneauth/phoneauth/senders/sendertest"
)

const (
	signingKey = "signing-key-of-the-account"
	address    = "https://acme.example/messagebird"
)

func handler(report callback.Report) (http.Handler, error) {
	return messagebird.Callbacks(messagebird.CallbackConfig{URL: address, SigningKey: signingKey}, report)
}

// token signs a request as MessageBird's documentation says. Claims in more replace others,
// and nil removes one.
func token(t *testing.T, key, address, body string, more map[string]any) string {
	t.Helper()
	hash := func(s string) string {
		sum := sha256.Sum256([]byte(s))
		return hex.EncodeToString(sum[:])
	}
	now := time.Now().Unix()
	claims := map[string]any{"iss": "MessageBird", "nbf": now, "exp": now + 60, "jti": "59a244dc", "url_hash": hash(address)}
	if body != "" {
		claims["payload_hash"] = hash(body)
	}
	maps.Copy(claims, more)
	maps.DeleteFunc(claims, func(_ string, value any) bool { return value == nil })
	payload, err := json.Marshal(claims)
	require.NoError(t, err)
	signed := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + base64.RawURLEncoding.EncodeToString(payload)
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(signed))
	return signed + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// request is what MessageBird sends; without a key, without a signature. The handler is
// behind a proxy that has another address.
func request(t *testing.T, method, key string, fields map[string]string) *http.Request {
	t.Helper()
	params := url.Values{}
	for name, value := range fields {
		params.Set(name, value)
	}
	query, body := "", params.Encode()
	if method == http.MethodGet {
		query, body = body, ""
	}
	target := address
	if query != "" {
		target += "?" + query
	}
	r := httptest.NewRequest(method, "http://10.0.0.1:8080/behind?"+query, strings.NewReader(body))
	if key != "" {
		r.Header.Set("MessageBird-Signature-JWT", token(t, key, target, body, nil))
	}
	return r
}

// reported returns what the handler reports of r.
func reported(t *testing.T, r *http.Request) (got []phoneauth.Delivery) {
	t.Helper()
	h, err := handler(func(_ context.Context, d phoneauth.Delivery) { got = append(got, d) })
	require.NoError(t, err)
	h.ServeHTTP(httptest.NewRecorder(), r)
	return got
}

func says() []callbacktest.Say {
	status := func(status, reason, code string) map[string]string {
		return map[string]string{"id": "M1", "reference": "attempt-0000001_", "recipient": "201061797840", "status": status, "statusReason": reason, "statusErrorCode": code, "statusDatetime": "2026-11-09T16:00:00+00:00"}
	}
	inbound := func(from, text string) map[string]string {
		return map[string]string{"id": "M1", "originator": from, "recipient": "447700900000", "body": text}
	}
	said := func(status phoneauth.DeliveryStatus, code string, fault phoneauth.SendFault) phoneauth.Delivery {
		return phoneauth.Delivery{ID: "M1", Sender: "messagebird", Status: status, Code: code, Fault: fault}
	}
	out := said(phoneauth.OptedOut, "", "")
	nobody := out
	out.Phone = phoneauth.StoredPhone("+201061797840")
	return []callbacktest.Say{
		{Name: "sent", Fields: status("sent", "pending DLR", "")},
		{Name: "buffered", Fields: status("buffered", "", "")},
		{Name: "delivered", Fields: status("delivered", "successfully delivered", ""), Want: said(phoneauth.Delivered, "", "")},
		{Name: "failed", Fields: status("delivery_failed", "unknown subscriber", "1"), Want: said(phoneauth.Undelivered, "1", phoneauth.FaultDestination)},
		{Name: "balance", Fields: status("delivery_failed", "insufficient balance", ""), Want: said(phoneauth.Undelivered, "delivery_failed", phoneauth.FaultSender)},
		{Name: "expired", Fields: status("expired", "DLR not received", ""), Want: said(phoneauth.Undelivered, "expired", "")},
		{Name: "a code that is none", Fields: status("delivery_failed", "", "201061797840"), Want: said(phoneauth.Undelivered, "delivery_failed", "")},
		{Name: "a status of nothing", Fields: status("?", "", "")},
		{Name: "no id", Fields: map[string]string{"status": "delivered"}},
		{Name: "stop", Fields: inbound("201061797840", " Stop\n"), Want: out},
		{Name: "of a short code", Fields: inbound("12345", "STOP"), Want: nobody},
		{Name: "another text", Fields: inbound("201061797840", "do not stop & more=1")},
	}
}

func TestCallbacktest(t *testing.T) {
	t.Parallel()
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			callbacktest.Run(t, callbacktest.Provider{
				New:       handler,
				Signed:    func(fields map[string]string) *http.Request { return request(t, method, signingKey, fields) },
				Unsigned:  func(fields map[string]string) *http.Request { return request(t, method, "", fields) },
				Forged:    func(fields map[string]string) *http.Request { return request(t, method, "another", fields) },
				SignsBody: method == http.MethodPost,
				MaxAge:    65 * time.Second,
				Methods:   []string{http.MethodGet, http.MethodPost},
				Secrets:   []string{signingKey},
				Says:      says(),
			})
		})
	}
}

func TestPublishedSignatures(t *testing.T) {
	t.Parallel()
	at := time.Date(2021, 7, 5, 10, 0, 0, 0, time.UTC)
	for _, v := range vectors {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				bubble.Elapse(time.Until(at))
				base, _, _ := strings.Cut(v.url, "?")
				h, err := messagebird.Callbacks(messagebird.CallbackConfig{URL: base, SigningKey: vectorsKey}, func(context.Context, phoneauth.Delivery) {})
				require.NoError(t, err)
				r := httptest.NewRequest(v.method, v.url, strings.NewReader(v.payload))
				r.Header.Set("MessageBird-Signature-JWT", v.token)
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)
				want := http.StatusForbidden
				if v.valid {
					want = http.StatusOK
				}
				assert.Equal(t, want, w.Code)
			})
		})
	}
}

// What only tokens can be.
func TestTokens(t *testing.T) {
	t.Parallel()
	const query = "id=M1&status=delivered"
	now := time.Now().Unix()
	sign := func(more map[string]any) string { return token(t, signingKey, address+"?"+query, "", more) }
	for name, c := range map[string]struct {
		token string
		takes bool
	}{
		"right":                 {sign(nil), true},
		"a slow clock of ours":  {sign(map[string]any{"nbf": now + 3}), true},
		"to come":               {sign(map[string]any{"nbf": now + 30}), false},
		"no exp":                {sign(map[string]any{"exp": nil}), false},
		"no nbf":                {sign(map[string]any{"nbf": nil}), false},
		"no jti":                {sign(map[string]any{"jti": nil}), false},
		"another issuer":        {sign(map[string]any{"iss": "Vonage"}), false},
		"no url_hash":           {sign(map[string]any{"url_hash": nil}), false},
		"a payload_hash":        {sign(map[string]any{"payload_hash": strings.Repeat("0", 64)}), false},
		"of another address":    {token(t, signingKey, "https://acme.example/other?"+query, "", nil), false},
		"without the query":     {token(t, signingKey, address, "", nil), false},
		"of another query":      {token(t, signingKey, address+"?"+query+"&x=1", "", nil), false},
		"a byte changed":        {sign(nil)[:40] + "A" + sign(nil)[41:], false},
		"longer than any token": {sign(map[string]any{"more": strings.Repeat("x", 5000)}), false},
		"nonsense":              {"a.b.c", false},
	} {
		r := httptest.NewRequest(http.MethodGet, address+"?"+query, nil)
		r.Header.Set("MessageBird-Signature-JWT", c.token)
		assert.Equal(t, c.takes, len(reported(t, r)) == 1, name)
	}
}

func TestCallbackFaults(t *testing.T) {
	t.Parallel()
	for _, u := range []string{"https://user:canary@acme.example", "https://acme.example/?canary", ""} {
		h, err := messagebird.Callbacks(messagebird.CallbackConfig{URL: u}, nil)
		assert.Nil(t, h)
		sendertest.Faults(t, err, "messagebird: callbacks: ", "URL must be", "SigningKey is required", "report is required")
	}
}
