package kannel_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
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

func TestAnswers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status int
		body   string
		class  phoneauth.SendClass // "" is accepted
	}{
		{202, "0: Accepted for delivery", ""},
		{202, "3: Queued for later delivery", ""},
		{202, "Sent.", ""},
		{200, "<html>", phoneauth.Ambiguous},
		{204, "", phoneauth.Ambiguous},
		{302, "", phoneauth.Temporary},
		{400, "Empty receiver number not allowed, rejected", phoneauth.Temporary},
		{400, "Number(s) has/have been denied by white- and/or black-lists.", phoneauth.Permanent},
		{403, "Authorization failed for sendsms", phoneauth.Temporary},
		{403, "Not routable. Do not try again.", phoneauth.Temporary},
		{404, "Unknown request.", phoneauth.Temporary},
		{429, "", phoneauth.Temporary},
		{500, "Sending failed.", phoneauth.Ambiguous},
		{502, "", phoneauth.Ambiguous},
		{503, "Temporal failure, try again later.", phoneauth.Temporary},
		{503, "<html>", phoneauth.Ambiguous},
	} {
		t.Run(fmt.Sprint(c.status, " ", c.body), func(t *testing.T) {
			t.Parallel()
			var requests atomic.Int32
			s := sender(t, config(serve(t, func(w http.ResponseWriter, r *http.Request) {
				requests.Add(1)
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(c.status)
				if c.status != http.StatusNoContent {
					io.WriteString(w, c.body+" canary 012345")
				}
			})))
			receipt, err := s.Send(t.Context(), message)
			assert.EqualValues(t, 1, requests.Load(), "one request, no redirect followed")
			if c.class == "" {
				require.NoError(t, err)
				return
			}
			e := failure(t, err)
			assert.Equal(t, c.class, e.Class)
			assert.Equal(t, fmt.Sprint("HTTP ", c.status), e.Code)
			assert.Zero(t, receipt)
		})
	}
}

func TestConcurrentSendsHaveIDsOfTheirOwn(t *testing.T) {
	t.Parallel()
	s := sender(t, config(serve(t, accept)))
	var ids sync.Map
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for range 20 {
				receipt, err := s.Send(t.Context(), message)
				assert.NoError(t, err)
				_, taken := ids.LoadOrStore(receipt.ID, true)
				assert.False(t, taken)
			}
		})
	}
	wg.Wait()
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

func TestPrintsNoSecret(t *testing.T) {
	t.Parallel()
	c := config("https://canary.example/")
	s := sender(t, c)
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("", "sender", s)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("", "sender", s)
	said := fmt.Sprintf("%v %+v %#v %s %q %x", s, s, s, s, s, s) + log.String()
	assert.NotContains(t, said, "canary")
	assert.NotContains(t, said, hex.EncodeToString([]byte("canary")))
	assert.NotContains(t, fmt.Sprintf("%+v %#v", c, c), secret, "nor does a Config")
	assert.NotContains(t, fmt.Sprintf("%+v %#v", c, c), "canary-password")
}
