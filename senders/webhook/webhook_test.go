package webhook_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/sendertest"
	"github.com/phoneauth/phoneauth/senders/webhook"
)

const secret = "canary-secret-of-at-least-32-bytes"

var message = phoneauth.Message{
	To:      phoneauth.StoredPhone("+201061797840"),
	Body:    "012345 est votre code Acmé.",
	Code:    "012345",
	Purpose: phoneauth.PurposeSignIn,
}

// serve starts a server and returns a Sender that posts to it.
func serve(t *testing.T, h http.HandlerFunc) *webhook.Sender {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return sender(t, webhook.Config{URL: srv.URL + "/sms?token=canary-query", Secret: secret})
}

func sender(t *testing.T, c webhook.Config) *webhook.Sender {
	t.Helper()
	s, err := webhook.New(c)
	require.NoError(t, err)
	return s
}

func TestRequest(t *testing.T) {
	t.Parallel()
	var got *http.Request
	var body []byte
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
		w.WriteHeader(http.StatusAccepted)
		fmt.Fprint(w, `{"id":"msg-1"}`)
	})
	before := time.Now()
	receipt, err := s.Send(t.Context(), message)
	require.NoError(t, err)
	assert.Equal(t, phoneauth.Receipt{ID: "msg-1", Sender: "webhook"}, receipt)

	assert.Equal(t, http.MethodPost, got.Method)
	assert.Equal(t, "/sms?token=canary-query", got.RequestURI)
	assert.Equal(t, "application/json", got.Header.Get("Content-Type"))
	assert.Regexp(t, `^{"time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z","to":"\+201061797840","body":"012345 est votre code Acmé\.","code":"012345","purpose":"sign_in"}\n$`, string(body))

	// What the package documentation tells an endpoint to do.
	var at int64
	var mac string
	_, err = fmt.Sscanf(got.Header.Get("Phoneauth-Signature"), "t=%d,v1=%s", &at, &mac)
	require.NoError(t, err)
	assert.WithinRange(t, time.Unix(at, 0), before.Truncate(time.Second), time.Now())
	want := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(want, "%d.%s", at, body)
	assert.Equal(t, hex.EncodeToString(want.Sum(nil)), mac)
}

func TestNoSecretNoSignature(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		assert.NotContains(t, r.Header, "Phoneauth-Signature")
		user, password, _ := r.BasicAuth()
		assert.Equal(t, "user:canary", user+":"+password, "credentials of the URL are sent")
	}))
	t.Cleanup(srv.Close)
	s := sender(t, webhook.Config{URL: strings.Replace(srv.URL, "http://", "http://user:canary@", 1)})
	_, err := s.Send(t.Context(), message)
	require.NoError(t, err)
}

func TestReceiptID(t *testing.T) {
	t.Parallel()
	for body, id := range map[string]string{
		``:                    "",
		`{"id":"msg-1"}`:      "msg-1",
		`{"id":12345678901}`:  "12345678901",
		`{"id":null}`:         "",
		`{"id":{"a":1}}`:      "",
		`["id"]`:              "",
		`OK`:                  "",
		`{"id":"a"} trailing`: "",
		`{"id":"` + strings.Repeat("x", 128) + `"}`:              strings.Repeat("x", 128),
		`{"id":"` + strings.Repeat("x", 129) + `"}`:              "",
		`{"id":"a","x":"` + strings.Repeat("x", 1<<20) + `"}`:    "",
		`{"id":"a","x":"` + strings.Repeat("x", 15<<10) + `"}`:   "a",
		strings.Repeat(`{"id":`, 2000) + strings.Repeat("}", 20): "",
	} {
		s := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) })
		receipt, err := s.Send(t.Context(), message)
		require.NoError(t, err, "2xx is accepted, whatever the body")
		assert.Equal(t, id, receipt.ID, "%.60s", body)
	}
}

func TestConfigFaults(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"":                              "URL is required",
		"/sms":                          "URL must be an absolute",
		"example.com/sms":               "URL must be an absolute",
		"ftp://canary@example.com":      "URL must be an absolute",
		"https://:443/canary":           "URL must be an absolute",
		"http://user:canary\n@h/canary": "URL must be an absolute",
	} {
		s, err := webhook.New(webhook.Config{URL: url, Secret: "canary"})
		assert.Nil(t, s)
		sendertest.Faults(t, err, "webhook: config: ", want, "Secret must be at least 32 bytes, has 6")
	}
}
