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
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
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

// failure checks that err is a SendError that gives nothing away.
func failure(t *testing.T, err error) *phoneauth.SendError {
	t.Helper()
	var e *phoneauth.SendError
	require.ErrorAs(t, err, &e)
	for _, said := range []string{err.Error(), fmt.Sprintf("%+v", e), fmt.Sprintf("%#v", e.Err), fmt.Sprint(e.Unwrap())} {
		for _, secret := range []string{"canary", "012345", "61797840", "Acm"} {
			assert.NotContains(t, said, secret)
		}
	}
	return e
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

func TestAnswers(t *testing.T) {
	t.Parallel()
	date := time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)
	for _, c := range []struct {
		status     int
		retryAfter string
		class      phoneauth.SendClass // "" is accepted
		wait       time.Duration
	}{
		{200, "", "", 0},
		{201, "", "", 0},
		{204, "", "", 0},
		{301, "", phoneauth.Temporary, 0},
		{307, "", phoneauth.Temporary, 0},
		{400, "", phoneauth.Temporary, 0},
		{401, "", phoneauth.Temporary, 0},
		{404, "", phoneauth.Temporary, 0},
		{408, "", phoneauth.Temporary, 0},
		{422, "", phoneauth.Permanent, 0},
		{429, "", phoneauth.Temporary, 0},
		{429, "7", phoneauth.Temporary, 7 * time.Second},
		{429, date, phoneauth.Temporary, time.Hour},
		{429, "99999999999999", phoneauth.Temporary, 24 * time.Hour},
		{429, "Fri, 31 Dec 9999 23:59:59 GMT", phoneauth.Temporary, 24 * time.Hour},
		{429, "Thu, 01 Jan 1970 00:00:00 GMT", phoneauth.Temporary, 0},
		{429, "-5", phoneauth.Temporary, 0},
		{429, "soon", phoneauth.Temporary, 0},
		{500, "", phoneauth.Ambiguous, 0},
		{500, "7", phoneauth.Ambiguous, 7 * time.Second},
		{501, "", phoneauth.Temporary, 0},
		{502, "", phoneauth.Ambiguous, 0},
		{503, "", phoneauth.Ambiguous, 0},
		{503, "7", phoneauth.Temporary, 7 * time.Second},
		{504, "", phoneauth.Ambiguous, 0},
	} {
		t.Run(fmt.Sprint(c.status, " ", c.retryAfter), func(t *testing.T) {
			t.Parallel()
			var requests atomic.Int32
			s := serve(t, func(w http.ResponseWriter, r *http.Request) {
				requests.Add(1)
				w.Header().Set("Location", "/elsewhere")
				if c.retryAfter != "" {
					w.Header().Set("Retry-After", c.retryAfter)
				}
				w.WriteHeader(c.status)
				if c.status != http.StatusNoContent {
					io.Copy(w, r.Body) // an endpoint that sends back what it got
				}
			})
			_, err := s.Send(t.Context(), message)
			assert.EqualValues(t, 1, requests.Load(), "one request, no redirect followed")
			if c.class == "" {
				require.NoError(t, err)
				return
			}
			e := failure(t, err)
			assert.Equal(t, c.class, e.Class)
			assert.Equal(t, fmt.Sprint("HTTP ", c.status), e.Code)
			assert.InDelta(t, c.wait, e.RetryAfter, float64(2*time.Second))
		})
	}
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
		require.Error(t, err, url)
		assert.Nil(t, s)
		assert.ErrorContains(t, err, "webhook: config: "+want)
		assert.ErrorContains(t, err, "webhook: config: Secret must be at least 32 bytes, has 6", "every fault at once")
		assert.NotContains(t, err.Error(), "canary")
	}
}
