package main

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What the providers post, signed or to a secret path, ends in the log under the name of
// the sender that it is about.
func TestCallbacks(t *testing.T) {
	t.Parallel()
	const secret = "hunter2-0123456789abcdef0123456789abcdef"
	signTwilio := func(url string) string {
		mac := hmac.New(sha1.New, []byte(secret))
		mac.Write([]byte(url + "MessageSidSM1MessageStatusundelivered"))
		return base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	s := &server{t: t}
	s.start([]string{"-addr", "127.0.0.1:0", "-store", "memory", "-key", filepath.Join(t.TempDir(), "key"), "-sms", "twilio:Acme,twilio:Acme,vonage:Acme,webhook:http://h/,kannel:http://h/"},
		map[string]string{
			"TWILIO_ACCOUNT_SID": "AC" + strings.Repeat("0", 32), "TWILIO_AUTH_TOKEN": secret,
			"VONAGE_API_KEY": "abcd1234", "VONAGE_API_SECRET": "s", "VONAGE_SIGNATURE_SECRET": secret,
			"WEBHOOK_CALLBACK_SECRET": secret,
			"KANNEL_USERNAME":         "u", "KANNEL_PASSWORD": "p", "KANNEL_CALLBACK_SECRET": secret,
			"CALLBACK_URL": "https://auth.example.com/",
		})

	const stop = "&messageId=V1&msisdn=201061797840&text=STOP&timestamp=%d"
	now := time.Now().Unix()
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, stop, now)
	vonage := fmt.Sprintf(`{"messageId":"V1","msisdn":"201061797840","text":"STOP","timestamp":"%d","sig":"%x"}`, now, mac.Sum(nil))

	for _, c := range []struct {
		path, body, signature string
		status                int
	}{
		{"/twilio-2", "MessageSid=SM1&MessageStatus=undelivered", signTwilio("https://auth.example.com/twilio-2"), http.StatusNoContent},
		{"/twilio", "MessageSid=SM1&MessageStatus=undelivered", signTwilio("https://auth.example.com/twilio-2"), http.StatusForbidden},
		{"/vonage", vonage, "", http.StatusNoContent},
		{"/vonage", strings.Replace(vonage, "V1", "V2", 1), "", http.StatusForbidden},
		{"/webhook/" + secret, `{"id":"W1","status":"delivered"}`, "", http.StatusNoContent},
		{"/webhook/" + secret[1:], `{"id":"W1","status":"delivered"}`, "", http.StatusNotFound},
		{"/kannel/" + secret + "?inbound=K1&keyword=stop", "stop", "", http.StatusOK},
		{"/kannel/" + secret[1:] + "?inbound=K1&keyword=stop", "stop", "", http.StatusNotFound},
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+c.path, strings.NewReader(c.body))
		require.NoError(t, err)
		req.Header.Set("X-Twilio-Signature", c.signature)
		req.Header.Set("X-Kannel-From", "+201061797840")
		resp, err := s.client.Do(req)
		require.NoError(t, err)
		resp.Body.Close()
		assert.Equal(t, c.status, resp.StatusCode, c.path)
	}
	assert.Equal(t, []map[string]any{{"sender": "twilio-2", "message_id": "SM1"}}, s.events("undelivered"))
	assert.Equal(t, []map[string]any{{"sender": "webhook", "message_id": "W1"}}, s.events("delivered"))
	stopped := s.events("opted_out")
	require.Len(t, stopped, 2)
	assert.NotEmpty(t, stopped[0]["print"])
	for i, want := range []map[string]any{{"sender": "vonage", "message_id": "V1"}, {"sender": "kannel", "message_id": "K1"}} {
		want["phone"], want["region"], want["print"] = "+20******7840", "EG", stopped[0]["print"]
		assert.Equal(t, want, stopped[i])
	}
	assert.NotContains(t, s.log(), "hunter2")
}

// Without their variables, nothing is there to report to.
func TestNoCallbacks(t *testing.T) {
	t.Parallel()
	s := &server{t: t}
	s.start([]string{"-addr", "127.0.0.1:0", "-store", "memory", "-key", filepath.Join(t.TempDir(), "key"), "-sms", "twilio:Acme,vonage:Acme,webhook:http://h/"},
		map[string]string{
			"TWILIO_ACCOUNT_SID": "AC" + strings.Repeat("0", 32), "TWILIO_AUTH_TOKEN": "t",
			"VONAGE_API_KEY": "abcd1234", "VONAGE_API_SECRET": "s",
		})
	for _, path := range []string{"/twilio", "/vonage", "/webhook", "/webhook/x"} {
		resp, err := s.client.Post(s.url+path, "application/json", strings.NewReader("{}"))
		require.NoError(t, err)
		resp.Body.Close()
		assert.Equal(t, http.StatusNotFound, resp.StatusCode, path)
	}
}
