package vonageverify_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/callback"
	"github.com/phoneauth/phoneauth/senders/callbacktest"
	"github.com/phoneauth/phoneauth/senders/sendertest"
	"github.com/phoneauth/phoneauth/senders/vonageverify"
)

const signatureSecret = "signature-secret-of-the-account"

// signed returns a callback of body with a JWT as Vonage makes them, and what change makes of its
// claims.
func signed(secret, body string, change func(jwt.MapClaims)) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/vonageverify", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	if secret == "" {
		return r
	}
	hash := sha256.Sum256([]byte(body))
	claims := jwt.MapClaims{
		"iss": "Vonage", "iat": time.Now().Unix(), "jti": "c5ba8f24-1a14-4c10-bfdf-3fbe8ce511b5", "api_key": "abcd1234",
		"application_id": application, "payload_hash": hex.EncodeToString(hash[:]),
	}
	change(claims)
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(secret))
	if err != nil {
		panic(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	return r
}

func nothing(jwt.MapClaims) {}

func request(secret string, fields map[string]string) *http.Request {
	said := map[string]any{"channel": "sms", "triggered_at": "2020-01-01T14:00:00.000Z", "finalized_at": "2020-01-01T14:00:00.000Z", "client_ref": "0123456789abcdef"}
	for name, value := range fields {
		said[name] = value
	}
	body, err := json.Marshal(said)
	if err != nil {
		panic(err)
	}
	return signed(secret, string(body), nothing)
}

func TestCallbacktest(t *testing.T) {
	t.Parallel()
	const id = "c11236f4-00bf-4b89-84ba-88b25df97315"
	say := func(kind, status string) map[string]string {
		return map[string]string{"request_id": id, "type": kind, "status": status}
	}
	undelivered := func(code string) phoneauth.Delivery {
		return phoneauth.Delivery{ID: id, Sender: "vonageverify", Status: phoneauth.Undelivered, Code: code, Fault: phoneauth.FaultDestination}
	}
	callbacktest.Run(t, callbacktest.Provider{
		New: func(report callback.Report) (http.Handler, error) {
			return vonageverify.Callbacks(vonageverify.CallbackConfig{SignatureSecret: signatureSecret}, report)
		},
		Signed:    func(fields map[string]string) *http.Request { return request(signatureSecret, fields) },
		Unsigned:  func(fields map[string]string) *http.Request { return request("", fields) },
		Forged:    func(fields map[string]string) *http.Request { return request("another", fields) },
		SignsBody: true,
		MaxAge:    5 * time.Minute,
		Secrets:   []string{signatureSecret},
		Never:     []phoneauth.DeliveryStatus{phoneauth.OptedOut},
		NoFaults:  true, // none is the sender's
		Says: []callbacktest.Say{
			{Name: "completed", Fields: say("event", "completed"), Want: phoneauth.Delivery{ID: id, Sender: "vonageverify", Status: phoneauth.Delivered}},
			{Name: "failed", Fields: say("event", "failed"), Want: undelivered("failed")},
			{Name: "blocked", Fields: say("event", "blocked"), Want: undelivered("blocked")},
			{Name: "expired", Fields: say("event", "expired")},
			{Name: "cancelled", Fields: say("event", "cancelled")},
			{Name: "a summary", Fields: say("summary", "expired")},
			{Name: "a summary that failed", Fields: say("summary", "failed")},
			{Name: "no id", Fields: map[string]string{"type": "event", "status": "failed"}},
			{Name: "nothing"},
		},
	})
}

// What only a JWT can be.
func TestSignatures(t *testing.T) {
	t.Parallel()
	const body = `{"request_id":"a","type":"event","status":"failed"}`
	for name, c := range map[string]struct {
		change func(jwt.MapClaims)
		status int
	}{
		"right":              {nothing, 204},
		"another issuer":     {func(c jwt.MapClaims) { c["iss"] = "Another" }, 403},
		"no iat":             {func(c jwt.MapClaims) { delete(c, "iat") }, 403},
		"to come":            {func(c jwt.MapClaims) { c["iat"] = time.Now().Add(time.Hour).Unix() }, 403},
		"expired":            {func(c jwt.MapClaims) { c["exp"] = time.Now().Add(-time.Hour).Unix() }, 403},
		"no hash":            {func(c jwt.MapClaims) { delete(c, "payload_hash") }, 403},
		"the hash of others": {func(c jwt.MapClaims) { c["payload_hash"] = strings.Repeat("00", 32) }, 403},
		"too long":           {func(c jwt.MapClaims) { c["x"] = strings.Repeat("x", 5000) }, 403},
	} {
		var got []phoneauth.Delivery
		h, err := vonageverify.Callbacks(vonageverify.CallbackConfig{SignatureSecret: signatureSecret}, func(_ context.Context, d phoneauth.Delivery) { got = append(got, d) })
		require.NoError(t, err)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, signed(signatureSecret, body, c.change))
		assert.Equal(t, c.status, w.Code, name)
		assert.Equal(t, c.status == http.StatusNoContent, len(got) == 1, name)
	}
	// The key of the application is no secret of webhooks, and "none" is no algorithm.
	h, err := vonageverify.Callbacks(vonageverify.CallbackConfig{SignatureSecret: signatureSecret}, func(context.Context, phoneauth.Delivery) { t.Error("it is refused") })
	require.NoError(t, err)
	hash := sha256.Sum256([]byte(body))
	claims := jwt.MapClaims{"iss": "Vonage", "iat": time.Now().Unix(), "payload_hash": hex.EncodeToString(hash[:])}
	key, _ := keyPair()
	for method, secret := range map[jwt.SigningMethod]any{jwt.SigningMethodNone: jwt.UnsafeAllowNoneSignatureType, jwt.SigningMethodRS256: key, jwt.SigningMethodHS512: []byte(signatureSecret)} {
		token, err := jwt.NewWithClaims(method, claims).SignedString(secret)
		require.NoError(t, err)
		r := signed("", body, nothing)
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		assert.Equal(t, http.StatusForbidden, w.Code, method.Alg())
	}
}

func TestCallbackFaults(t *testing.T) {
	t.Parallel()
	h, err := vonageverify.Callbacks(vonageverify.CallbackConfig{}, nil)
	assert.Nil(t, h)
	sendertest.Faults(t, err, "vonageverify: callbacks: ", "SignatureSecret is required", "report is required")
}
