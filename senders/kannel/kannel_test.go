package kannel_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/kannel"
)

const (
	secret      = "canary-0123456789abcdef0123456789abcdef"
	deliveryURL = "https://auth.example.com/a%20b/" + secret
)

var message = phoneauth.Message{
	To:      phoneauth.StoredPhone("+201061797840"),
	Body:    "012345 is your Acmé code.\n@acme.example #012345",
	Code:    "012345",
	Purpose: phoneauth.PurposeSignIn,
}

func config(url string) kannel.Config {
	return kannel.Config{URL: url, Username: "canary-user", Password: "canary-password", From: "Acme", SMSC: "fake", DeliveryURL: deliveryURL}
}

func sender(t *testing.T, c kannel.Config) *kannel.Sender {
	t.Helper()
	s, err := kannel.New(c)
	require.NoError(t, err)
	return s
}

func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv.URL + "/cgi-bin/sendsms"
}

func accept(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(http.StatusAccepted)
	io.WriteString(w, "0: Accepted for delivery")
}

func TestRequest(t *testing.T) {
	t.Parallel()
	var got *http.Request
	var body []byte
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
		accept(w, r)
	})
	receipt, err := sender(t, config(url)).Send(t.Context(), message)
	require.NoError(t, err)
	assert.Equal(t, "kannel", receipt.Sender)
	assert.Regexp(t, `^[A-Z2-7]{26}$`, receipt.ID)

	assert.Equal(t, "POST /cgi-bin/sendsms", got.Method+" "+got.RequestURI, "nothing secret in the URL")
	assert.Equal(t, string(message.Body), string(body))
	sent := map[string]string{}
	for name := range got.Header {
		if strings.HasPrefix(name, "X-Kannel-") || name == "Content-Type" {
			sent[name] = got.Header.Get(name)
		}
	}
	assert.Equal(t, map[string]string{
		"Content-Type":      "text/plain; charset=UTF-8",
		"X-Kannel-Username": "canary-user",
		"X-Kannel-Password": "canary-password",
		"X-Kannel-From":     "Acme",
		"X-Kannel-To":       "+201061797840",
		"X-Kannel-Smsc":     "fake",
		"X-Kannel-Coding":   "0",
		"X-Kannel-Dlr-Mask": "19",
		// Kannel's escapes begin with '%', so those of the URL are doubled.
		"X-Kannel-Dlr-Url": "https://auth.example.com/a%%20b/" + secret + "?id=" + receipt.ID + "&type=%d",
	}, sent)
}

func TestWhatIsNotSetIsNotSent(t *testing.T) {
	t.Parallel()
	var got http.Header
	url := serve(t, func(w http.ResponseWriter, r *http.Request) { got = r.Header; accept(w, r) })
	receipt, err := sender(t, kannel.Config{URL: url, Username: "u", Password: "p"}).Send(t.Context(), message)
	require.NoError(t, err)
	assert.Equal(t, phoneauth.Receipt{Sender: "kannel"}, receipt, "no report, no id")
	for _, name := range []string{"X-Kannel-From", "X-Kannel-SMSC", "X-Kannel-DLR-URL", "X-Kannel-DLR-Mask"} {
		assert.NotContains(t, got, http.CanonicalHeaderKey(name))
	}
}

func TestCoding(t *testing.T) {
	t.Parallel()
	var got atomic.Value
	s := sender(t, config(serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got.Store(r.Header.Get("X-Kannel-Coding") + " " + string(body))
		accept(w, r)
	})))
	for text, coding := range map[string]string{
		"plain": "0",
		"@£$¥èéùìòÇ\nØøÅåΔ_ΦΓΛΩΠΨ": "0",
		"^{}\\[~]|€": "0",
		"façade":     "2", // the alphabet has Ç and no ç
		"`":          "2",
		"\t":         "2",
		"‘curly’":    "2",
		"رمز 012345": "2",
		"012345 😀":   "2",
	} {
		m := message
		m.Body = phoneauth.Secret(text)
		_, err := s.Send(t.Context(), m)
		require.NoError(t, err)
		assert.Equal(t, coding+" "+text, got.Load())
	}
}

func TestAccepted(t *testing.T) {
	t.Parallel()
	for _, said := range []string{"0: Accepted for delivery", "3: Queued for later delivery", "Sent."} {
		s := sender(t, config(serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusAccepted)
			io.WriteString(w, said)
		})))
		_, err := s.Send(t.Context(), message)
		assert.NoError(t, err, said)
	}
}

func TestConfigFaults(t *testing.T) {
	t.Parallel()
	for fault, c := range map[string]kannel.Config{
		"URL is required":                   {},
		"Username is required":              {},
		"Password is required":              {},
		"URL must be an absolute":           {URL: "http://user:canary@h/"},
		"URL must be an absolute http":      {URL: "http://h/?password=canary"},
		"URL must be an absolute http or":   {URL: "ftp://canary"},
		"URL must be an absolute http or h": {URL: "http://canary\x7f"},
		"Username must be printable":        {Username: "canary\n"},
		"Password must be printable":        {Password: "canary\r\nX-Kannel-To: 1"},
		"From must be printable":            {From: "canaré"},
		"SMSC must be printable":            {SMSC: " canary"},
		"DeliveryURL must be":               {DeliveryURL: "canary"},
		"DeliveryURL must be an":            {DeliveryURL: "https://h/" + secret + "?a=b"},
		"DeliveryURL must end in":           {DeliveryURL: "https://h/canary"},
		"DeliveryURL must end in a":         {DeliveryURL: "https://h/" + secret + "/"},
		"DeliveryURL must end in a secret":  {DeliveryURL: "https://h/canary%2f" + secret},
		"DeliveryURL must end":              {DeliveryURL: "https://h"},
	} {
		s, err := kannel.New(c)
		assert.Nil(t, s)
		require.Error(t, err)
		assert.ErrorContains(t, err, "kannel: config: "+fault)
		assert.NotContains(t, err.Error(), "canary")
		if fault != "URL is required" && c.URL == "" {
			assert.ErrorContains(t, err, "URL is required", "every fault at once")
		}
	}
}

func TestConfigPrintsNoSecret(t *testing.T) {
	t.Parallel()
	c := config("https://h/")
	said := fmt.Sprintf("%v %+v %#v", c, c, c)
	assert.NotContains(t, said, secret)
	assert.NotContains(t, said, "canary-password")
}
