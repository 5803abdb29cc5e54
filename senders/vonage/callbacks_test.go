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
func (f fields) signed() fields {
	f = fields{"timestamp": fmt.Sprint(time.Now().Unix())}.with(f)
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(f)) {
		value := strings.NewReplacer("&", "_", "=", "_").Replace(fmt.Sprint(f[name]))
		fmt.Fprintf(&b, "&%s=%s", name, value)
	}
	mac := hmac.New(sha256.New, []byte(signatureSecret))
	mac.Write([]byte(b.String()))
	return f.with(fields{"sig": strings.ToUpper(hex.EncodeToString(mac.Sum(nil)))})
}

// bearer signs claims about body as RFC 7515 says.
func bearer(t *testing.T, header string, body string, more fields) string {
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
	mac := hmac.New(sha256.New, []byte(signatureSecret))
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
				time.Sleep(time.Until(at.Add(c.age))) // the bubble's clock
				status, got := post(t, http.MethodPost, fmt.Sprintf(body, c.sig), "")
				assert.Equal(t, c.status, status)
				assert.Empty(t, got, "a text that is no STOP")
			})
		})
	}
}

func TestDeliveries(t *testing.T) {
	t.Parallel()
	inbound := func(text string) fields {
		return fields{"msisdn": "447700900001", "to": "447700900000", "messageId": "0A0000000123ABCD1", "text": text, "type": "text", "keyword": "STOP", "message-timestamp": "2020-01-01 12:00:00", "api-key": key}
	}
	out := &phoneauth.Delivery{ID: "0A0000000123ABCD1", Sender: "vonage", Status: phoneauth.OptedOut, Phone: phoneauth.StoredPhone("+447700900001")}
	nobody := *out
	nobody.Phone = phoneauth.Phone{}
	undelivered := func(code string, fault phoneauth.SendFault) *phoneauth.Delivery {
		return &phoneauth.Delivery{ID: "0A0000001234567B", Sender: "vonage", Status: phoneauth.Undelivered, Code: code, Fault: fault}
	}
	for name, c := range map[string]struct {
		fields fields
		want   *phoneauth.Delivery
	}{
		"delivered":           {receipt, &phoneauth.Delivery{ID: "0A0000001234567B", Sender: "vonage", Status: phoneauth.Delivered}},
		"accepted":            {receipt.with(fields{"status": "accepted"}), nil},
		"buffered":            {receipt.with(fields{"status": "buffered"}), nil},
		"unknown":             {receipt.with(fields{"status": "unknown", "err-code": "1"}), nil},
		"expired":             {receipt.with(fields{"status": "expired", "err-code": "2"}), undelivered("2", phoneauth.FaultDestination)},
		"failed":              {receipt.with(fields{"status": "failed", "err-code": "9"}), undelivered("9", phoneauth.FaultDestination)},
		"rejected":            {receipt.with(fields{"status": "rejected", "err-code": "6"}), undelivered("6", phoneauth.FaultDestination)},
		"undelivered":         {receipt.with(fields{"status": "undelivered", "err-code": 3}), undelivered("3", phoneauth.FaultDestination)},
		"no quota":            {receipt.with(fields{"status": "failed", "err-code": "16"}), undelivered("16", phoneauth.FaultSender)},
		"no cause":            {receipt.with(fields{"status": "failed", "err-code": "99"}), undelivered("99", "")},
		"no id":               {receipt.with(fields{"messageId": ""}), nil},
		"stop":                {inbound(" stop\r\n"), out},
		"unsubscribe":         {inbound("Unsubscribe"), out},
		"of a short code":     {inbound("STOP").with(fields{"msisdn": 12345}), &nobody},
		"stop in a sentence":  {inbound("STOP it, I like it"), nil},
		"another text":        {inbound("a=b&c"), nil},
		"plain values":        {receipt.with(fields{"n": 12, "b": true}), &phoneauth.Delivery{ID: "0A0000001234567B", Sender: "vonage", Status: phoneauth.Delivered}},
		"nothing of a text":   {fields{"a": "b"}, nil},
		"a status of nothing": {receipt.with(fields{"status": "?"}), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bySig := c.fields.signed().json(t)
			byJWT := c.fields.json(t)
			for body, authorization := range map[string]string{bySig: "", byJWT: bearer(t, hs256, byJWT, nil)} {
				status, got := post(t, http.MethodPost, body, authorization)
				assert.Equal(t, http.StatusNoContent, status)
				if c.want == nil {
					assert.Empty(t, got)
					continue
				}
				assert.Equal(t, []phoneauth.Delivery{*c.want}, got)
			}
		})
	}
}

func TestCallbackRefusals(t *testing.T) {
	t.Parallel()
	good := receipt.signed()
	merged := good.with(fields{"price=1&scts": "2"}).signed()
	for name, c := range map[string]struct {
		method, body string
		status       int
	}{
		"right":             {http.MethodPost, good.json(t), 204},
		"get":               {http.MethodGet, good.json(t), 405},
		"no sig":            {http.MethodPost, receipt.json(t), 403},
		"another id":        {http.MethodPost, good.with(fields{"messageId": "1"}).json(t), 403},
		"a field more":      {http.MethodPost, good.with(fields{"x": "y"}).json(t), 403},
		"no timestamp":      {http.MethodPost, receipt.with(fields{"timestamp": ""}).signed().json(t), 403},
		"an old timestamp":  {http.MethodPost, receipt.with(fields{"timestamp": "1582650446"}).signed().json(t), 403},
		"sig is no hex":     {http.MethodPost, good.with(fields{"sig": "xyz"}).json(t), 403},
		"a name of two":     {http.MethodPost, merged.json(t), 403},
		"nothing":           {http.MethodPost, "", 400},
		"null":              {http.MethodPost, "null", 400},
		"a list":            {http.MethodPost, "[]", 400},
		"a form":            {http.MethodPost, "messageId=1&status=delivered", 400},
		"two objects":       {http.MethodPost, good.json(t) + good.json(t), 400},
		"an object within":  {http.MethodPost, good.with(fields{"x": fields{}}).json(t), 400},
		"too long":          {http.MethodPost, receipt.with(fields{"text": strings.Repeat("x", 64<<10)}).signed().json(t), 413},
		"of another secret": {http.MethodPost, good.with(fields{"sig": strings.Repeat("00", 32)}).json(t), 403},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, got := post(t, c.method, c.body, "")
			assert.Equal(t, c.status, status)
			if c.status != http.StatusNoContent {
				assert.Empty(t, got, "nothing is reported")
			}
		})
	}
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
	for _, want := range []string{"SignatureSecret is required", "report is required"} {
		assert.ErrorContains(t, err, "vonage: callbacks: "+want)
	}
}
