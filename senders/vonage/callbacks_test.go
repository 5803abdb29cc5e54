package vonage_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
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
	"github.com/phoneauth/phoneauth/senders/vonage"
)

const signatureSecret = "my_secret_key_for_testing" // as in Vonage's own tests

// post posts body to a handler, and returns its answer and what it reported.
func post(t *testing.T, method, body, authorization string) (int, []phoneauth.Delivery) {
	t.Helper()
	var got []phoneauth.Delivery
	h, err := vonage.Callbacks(vonage.CallbackConfig{SignatureSecret: signatureSecret}, func(ctx context.Context, d phoneauth.Delivery) {
		assert.NoError(t, ctx.Err())
		got = append(got, d)
	})
	require.NoError(t, err)
	r := httptest.NewRequest(method, "http://10.0.0.1:8080/vonage", strings.NewReader(body))
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	assert.Empty(t, w.Body.String(), "there is nothing to say")
	return w.Code, got
}

type fields map[string]any

func (f fields) json(t *testing.T) string {
	t.Helper()
	b, err := json.Marshal(f)
	require.NoError(t, err)
	return string(b)
}

// with returns f with more.
func (f fields) with(more fields) fields {
	f = maps.Clone(f)
	maps.Copy(f, more)
	return f
}

// signed returns f with a fresh timestamp and its sig.
func (f fields) signed() fields { return f.signedBy(signatureSecret) }

func (f fields) signedBy(secret string) fields {
	f = fields{"timestamp": fmt.Sprint(time.Now().Unix())}.with(f)
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(f)) {
		value := strings.NewReplacer("&", "_", "=", "_").Replace(fmt.Sprint(f[name]))
		fmt.Fprintf(&b, "&%s=%s", name, value)
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(b.String()))
	return f.with(fields{"sig": strings.ToUpper(hex.EncodeToString(mac.Sum(nil)))})
}

// bearer signs claims about body as RFC 7515 says.
func bearer(t *testing.T, header, body string, more fields) string {
	t.Helper()
	return bearerBy(t, signatureSecret, header, body, more)
}

func bearerBy(t *testing.T, secret, header, body string, more fields) string {
	t.Helper()
	hash := sha256.Sum256([]byte(body))
	claims := fields{
		"iat": time.Now().Unix(), "jti": "c5ba8f24-1a14-4c10-bfdf-3fbe8ce511b5", "iss": "Vonage",
		"payload_hash": hex.EncodeToString(hash[:]), "api_key": key,
	}.with(more)
	for name, value := range claims {
		if value == nil {
			delete(claims, name)
		}
	}
	signed := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(claims.json(t)))
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(signed))
	return "Bearer " + signed + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

const hs256 = `{"alg":"HS256","typ":"JWT"}`

var receipt = fields{
	"msisdn": "201061797840", "to": "Acme", "network-code": "60201", "messageId": "0A0000001234567B",
	"price": "0.03330000", "status": "delivered", "scts": "2001011400", "err-code": "0",
	"api-key": key, "message-timestamp": "2020-01-01 12:00:00", "nonce": "a&b=c",
}

// The example of Vonage's own libraries, which is of 2013-11-21 15:28:18.
func TestPublishedSignatures(t *testing.T) {
	t.Parallel()
	const body = `{"message-timestamp":"2013-11-21 15:27:30","messageId":"020000001B0FE827","msisdn":"14843472194","text":"Test again","timestamp":"1385047698","to":"13239877404","type":"text","sig":"%s"}`
	at := time.Unix(1385047698, 0)
	for name, c := range map[string]struct {
		sig    string
		age    time.Duration
		status int
	}{
		"SHA-256 HMAC":             {"DDB8397C2B90AAC7F3882D306475C9A5058C92322EEF43C92B298B6E0FC0D330", 0, 204},
		"SHA-256 HMAC, lower case": {"ddb8397c2b90aac7f3882d306475c9a5058c92322eef43c92b298b6e0fc0d330", 0, 204},
		"SHA-512 HMAC":             {"E0D3C650F8C9D1A5C174D10DDDBFB003E561F59B265616208B0487C5D819481CD3C311D59CF6165ECD1139622D5BA3A256C0D763AC4A9AD9144B5A426B94FE82", 0, 204},
		"nearly too old":           {"DDB8397C2B90AAC7F3882D306475C9A5058C92322EEF43C92B298B6E0FC0D330", 5*time.Minute - time.Second, 204},
		"too old":                  {"DDB8397C2B90AAC7F3882D306475C9A5058C92322EEF43C92B298B6E0FC0D330", 5 * time.Minute, 403},
		"a slow clock of ours":     {"DDB8397C2B90AAC7F3882D306475C9A5058C92322EEF43C92B298B6E0FC0D330", -29 * time.Second, 204},
		"of times to come":         {"DDB8397C2B90AAC7F3882D306475C9A5058C92322EEF43C92B298B6E0FC0D330", -time.Minute, 403},
		"MD5 hash":                 {"d2e7b1dc968737c5998ad624e02f90b7", 0, 403},
		"MD5 HMAC":                 {"DDEBD46008C2D4E93CCE578A332A52D5", 0, 403},
		"SHA1 HMAC":                {"27D0D05C2876C7CB1720DBCDBA4D492E1E55C09A", 0, 403},
		"wrong":                    {"DDB8397C2B90AAC7F3882D306475C9A5058C92322EEF43C92B298B6E0FC0D331", 0, 403},
		"none":                     {"", 0, 403},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				bubble.Elapse(time.Until(at.Add(c.age)))
				status, got := post(t, http.MethodPost, fmt.Sprintf(body, c.sig), "")
				assert.Equal(t, c.status, status)
				assert.Empty(t, got, "a text that is no STOP")
			})
		})
	}
}

// bySig is what Vonage posts with the field sig; without a secret, without it.
func bySig(t *testing.T, secret string, said map[string]string) *http.Request {
	all := fields{}
	for name, value := range said {
		all[name] = value
	}
	if secret != "" {
		all = all.signedBy(secret)
	}
	return httptest.NewRequest(http.MethodPost, "/vonage", strings.NewReader(all.json(t)))
}

// byJWT is what Vonage posts with a JWT; without a secret, without it.
func byJWT(t *testing.T, secret string, said map[string]string) *http.Request {
	all := fields{}
	for name, value := range said {
		all[name] = value
	}
	body := all.json(t)
	r := httptest.NewRequest(http.MethodPost, "/vonage", strings.NewReader(body))
	if secret != "" {
		r.Header.Set("Authorization", bearerBy(t, secret, hs256, body, nil))
	}
	return r
}

func TestCallbacktest(t *testing.T) {
	t.Parallel()
	for name, request := range map[string]func(*testing.T, string, map[string]string) *http.Request{"sig": bySig, "JWT": byJWT} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			callbacktest.Run(t, callbacktest.Provider{
				New: func(report callback.Report) (http.Handler, error) {
					return vonage.Callbacks(vonage.CallbackConfig{SignatureSecret: signatureSecret}, report)
				},
				Signed:    func(said map[string]string) *http.Request { return request(t, signatureSecret, said) },
				Unsigned:  func(said map[string]string) *http.Request { return request(t, "", said) },
				Forged:    func(said map[string]string) *http.Request { return request(t, "another", said) },
				SignsBody: true,
				MaxAge:    5 * time.Minute,
				Secrets:   []string{signatureSecret},
				Says:      says(),
			})
		})
	}
}

func says() []callbacktest.Say {
	report := func(status, code string) map[string]string {
		all := map[string]string{"status": status, "err-code": code}
		for name, value := range receipt {
			if name != "status" && name != "err-code" {
				all[name] = fmt.Sprint(value)
			}
		}
		return all
	}
	inbound := func(from, text string) map[string]string {
		return map[string]string{"msisdn": from, "to": "447700900000", "messageId": "0A0000001234567B", "text": text, "type": "text", "keyword": "STOP", "message-timestamp": "2020-01-01 12:00:00", "api-key": key}
	}
	call := func(status string) map[string]string {
		return map[string]string{"uuid": "C1", "conversation_uuid": "CON-1", "status": status, "direction": "outbound", "from": "447700900000", "to": "201061797840"}
	}
	called := func(status phoneauth.DeliveryStatus, code string, fault phoneauth.SendFault) phoneauth.Delivery {
		return phoneauth.Delivery{ID: "C1", Sender: "vonage-voice", Status: status, Code: code, Fault: fault}
	}
	said := func(status phoneauth.DeliveryStatus, code string, fault phoneauth.SendFault) phoneauth.Delivery {
		return phoneauth.Delivery{ID: "0A0000001234567B", Sender: "vonage", Status: status, Code: code, Fault: fault}
	}
	out := said(phoneauth.OptedOut, "", "")
	nobody := out
	out.Phone = phoneauth.StoredPhone("+447700900001")
	const undelivered = phoneauth.Undelivered
	return []callbacktest.Say{
		{Name: "delivered", Fields: report("delivered", "0"), Want: said(phoneauth.Delivered, "", "")},
		{Name: "accepted", Fields: report("accepted", "0")},
		{Name: "buffered", Fields: report("buffered", "0")},
		{Name: "unknown", Fields: report("unknown", "1")},
		{Name: "expired", Fields: report("expired", "2"), Want: said(undelivered, "2", phoneauth.FaultDestination)},
		{Name: "failed", Fields: report("failed", "9"), Want: said(undelivered, "9", phoneauth.FaultDestination)},
		{Name: "rejected", Fields: report("rejected", "6"), Want: said(undelivered, "6", phoneauth.FaultDestination)},
		{Name: "undelivered", Fields: report("undelivered", "3"), Want: said(undelivered, "3", phoneauth.FaultDestination)},
		{Name: "no quota", Fields: report("failed", "16"), Want: said(undelivered, "16", phoneauth.FaultSender)},
		{Name: "no cause", Fields: report("failed", "99"), Want: said(undelivered, "99", "")},
		{Name: "a status of nothing", Fields: report("?", "0")},
		{Name: "no id", Fields: map[string]string{"status": "delivered"}},
		{Name: "stop", Fields: inbound("447700900001", " stop\r\n"), Want: out},
		{Name: "of a short code", Fields: inbound("12345", "STOP"), Want: nobody},
		{Name: "another text", Fields: inbound("447700900001", "STOP it, I like a=b&c")},
		{Name: "a call that rings", Fields: call("ringing")},
		{Name: "a call that was taken", Fields: call("completed"), Want: called(phoneauth.Delivered, "", "")},
		{Name: "a machine", Fields: call("machine"), Want: called(undelivered, "machine", phoneauth.FaultDestination)},
		{Name: "a busy phone", Fields: call("busy"), Want: called(undelivered, "busy", phoneauth.FaultDestination)},
		{Name: "no answer", Fields: call("unanswered"), Want: called(undelivered, "unanswered", phoneauth.FaultDestination)},
		{Name: "a call that failed", Fields: call("failed"), Want: called(undelivered, "failed", "")},
		{Name: "nothing of a text", Fields: map[string]string{"a": "b"}},
	}
}

// What only the field sig and JSON can be.
func TestCallbackFields(t *testing.T) {
	t.Parallel()
	good := receipt.signed()
	merged := good.with(fields{"price=1&scts": "2"}).signed()
	for name, c := range map[string]struct {
		body   string
		status int
	}{
		"right":            {good.json(t), 204},
		"plain values":     {receipt.with(fields{"n": 12, "b": true, "err-code": 0}).signed().json(t), 204},
		"no timestamp":     {receipt.with(fields{"timestamp": ""}).signed().json(t), 403},
		"an old timestamp": {receipt.with(fields{"timestamp": "1582650446"}).signed().json(t), 403},
		"sig is no hex":    {good.with(fields{"sig": "xyz"}).json(t), 403},
		"a name of two":    {merged.json(t), 403},
		"two objects":      {good.json(t) + good.json(t), 400},
		"an object within": {good.with(fields{"x": fields{}}).json(t), 403},
	} {
		status, got := post(t, http.MethodPost, c.body, "")
		assert.Equal(t, c.status, status, name)
		assert.Equal(t, c.status == http.StatusNoContent, len(got) == 1, name)
	}
}

// TestCallEventsWithObjects: events of calls have an object of headers, which no field sig could cover.
func TestCallEventsWithObjects(t *testing.T) {
	t.Parallel()
	event := fields{
		"headers": fields{}, "end_time": "2026-11-28T12:00:08.000Z", "uuid": "C1", "network": nil, "duration": "3", "start_time": nil,
		"rate": "0.01", "price": "0.0005", "from": "447700900000", "to": "201061797840", "conversation_uuid": "CON-1",
		"status": "completed", "direction": "outbound", "timestamp": "2026-11-28T12:00:08.706Z", "detail": []string{"x"},
	}
	body := event.json(t)
	status, got := post(t, http.MethodPost, body, bearer(t, hs256, body, nil))
	assert.Equal(t, http.StatusNoContent, status)
	assert.Equal(t, []phoneauth.Delivery{{ID: "C1", Sender: "vonage-voice", Status: phoneauth.Delivered}}, got)

	body = event.with(fields{"status": fields{"a": "completed"}, "uuid": "C2"}).json(t)
	status, got = post(t, http.MethodPost, body, bearer(t, hs256, body, nil))
	assert.Equal(t, http.StatusNoContent, status)
	assert.Empty(t, got, "a status that is an object is none that we know")
}

func TestJWTs(t *testing.T) {
	t.Parallel()
	body := receipt.json(t)
	good := bearer(t, hs256, body, nil)
	now := time.Now().Unix()
	for name, c := range map[string]struct {
		authorization string
		status        int
	}{
		"right":               {good, 204},
		"lower case scheme":   {"bearer" + strings.TrimPrefix(good, "Bearer"), 204},
		"of a minute ago":     {bearer(t, hs256, body, fields{"iat": now - 60}), 204},
		"too old":             {bearer(t, hs256, body, fields{"iat": now - 301}), 403},
		"to come":             {bearer(t, hs256, body, fields{"iat": now + 60}), 403},
		"no iat":              {bearer(t, hs256, body, fields{"iat": nil}), 403},
		"expired":             {bearer(t, hs256, body, fields{"exp": now - 60}), 403},
		"another issuer":      {bearer(t, hs256, body, fields{"iss": "Acme"}), 403},
		"no issuer":           {bearer(t, hs256, body, fields{"iss": nil}), 403},
		"of another body":     {bearer(t, hs256, body+" ", nil), 403},
		"no hash":             {bearer(t, hs256, body, fields{"payload_hash": nil}), 403},
		"an empty hash":       {bearer(t, hs256, body, fields{"payload_hash": ""}), 403},
		"none":                {bearer(t, `{"alg":"none"}`, body, nil), 403},
		"none, unsigned":      {good[:strings.LastIndex(bearer(t, `{"alg":"none"}`, body, nil), ".")+1], 403},
		"HS384":               {bearer(t, `{"alg":"HS384"}`, body, nil), 403},
		"signature cut":       {good[:len(good)-4], 403},
		"two dots more":       {good + "..", 403},
		"too long":            {bearer(t, hs256, body, fields{"x": strings.Repeat("x", 4<<10)}), 403},
		"another scheme":      {"Basic" + strings.TrimPrefix(good, "Bearer"), 403},
		"no token":            {"Bearer ", 403},
		"no header, no field": {"", 403},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, got := post(t, http.MethodPost, body, c.authorization)
			assert.Equal(t, c.status, status)
			if c.status != http.StatusNoContent {
				assert.Empty(t, got, "nothing is reported")
			}
		})
	}
	t.Run("a wrong token beside a right sig", func(t *testing.T) {
		t.Parallel()
		status, _ := post(t, http.MethodPost, receipt.signed().json(t), good)
		assert.Equal(t, http.StatusForbidden, status)
	})
}

func TestCallbackFaults(t *testing.T) {
	t.Parallel()
	h, err := vonage.Callbacks(vonage.CallbackConfig{}, nil)
	assert.Nil(t, h)
	sendertest.Faults(t, err, "vonage: callbacks: ", "SignatureSecret is required", "report is required")
}
