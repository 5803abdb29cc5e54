package twilio_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/twilio"
)

const address = "https://acme.example/twilio?x=1"

// sign signs as Twilio's documentation says, for parameters that occur once.
func sign(u string, params url.Values) string {
	names := make([]string, 0, len(params))
	for name := range params {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		u += name + params.Get(name)
	}
	mac := hmac.New(sha1.New, []byte(token))
	mac.Write([]byte(u))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// post posts body to a handler for URL, and returns its answer and what it reported.
func post(t *testing.T, c twilio.CallbackConfig, method, body, signature string) (int, []phoneauth.Delivery) {
	t.Helper()
	var got []phoneauth.Delivery
	h, err := twilio.Callbacks(c, func(ctx context.Context, d phoneauth.Delivery) {
		assert.NoError(t, ctx.Err())
		got = append(got, d)
	})
	require.NoError(t, err)
	r := httptest.NewRequest(method, "http://10.0.0.1:8080/behind/a/proxy?MessageStatus=delivered", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if signature != "" {
		r.Header.Set("X-Twilio-Signature", signature)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	assert.Empty(t, w.Body.String(), "there is nothing to say")
	return w.Code, got
}

// The examples of Twilio's documentation and of its own libraries' tests.
func TestPublishedSignatures(t *testing.T) {
	t.Parallel()
	call := func(from string) url.Values {
		return url.Values{
			"CallSid": {"CA1234567890ABCDE"}, "Caller": {from}, "Digits": {"1234"},
			"From": {from}, "To": {"+18005551212"},
		}
	}
	for signature, params := range map[string]url.Values{
		"0/KCTR6DLpKmkAf8muzZqo1nDgQ=": call("+12349013030"),
		"RSOYDt4T1cUTdK1PDd93/VVr8B8=": call("+14158675309"),
		"IK+Dwps556ElfBT0I3Rgjkr1wJU=": {"Sid": {"CA123"}, "SidAccount": {"AC123"}, "Digits": {"5678", "1234", "1234"}},
	} {
		c := twilio.CallbackConfig{URL: "https://mycompany.com/myapp.php?foo=1&bar=2", AuthToken: "12345"}
		status, got := post(t, c, http.MethodPost, params.Encode(), signature)
		assert.Equal(t, http.StatusNoContent, status)
		assert.Empty(t, got, "nothing of a message")
		params.Set("Digits", "1235")
		status, _ = post(t, c, http.MethodPost, params.Encode(), signature)
		assert.Equal(t, http.StatusForbidden, status)
	}
}

func TestDeliveries(t *testing.T) {
	t.Parallel()
	stop := func(body string) url.Values {
		return url.Values{"MessageSid": {"SM1"}, "SmsStatus": {"received"}, "From": {"+201061797840"}, "Body": {body}}
	}
	typed := func(kind, body string) url.Values {
		v := stop(body)
		v.Set("OptOutType", kind)
		return v
	}
	status := func(status, code string) url.Values {
		v := url.Values{"MessageSid": {"SM1"}, "SmsSid": {"SM1"}, "SmsStatus": {status}, "MessageStatus": {status}, "To": {"+201061797840"}, "AccountSid": {account}}
		if code != "" {
			v.Set("ErrorCode", code)
		}
		return v
	}
	delivered := &phoneauth.Delivery{ID: "SM1", Sender: "twilio", Status: phoneauth.Delivered}
	out := &phoneauth.Delivery{ID: "SM1", Sender: "twilio", Status: phoneauth.OptedOut, Phone: phoneauth.StoredPhone("+201061797840")}
	nobody := *out
	nobody.Phone = phoneauth.Phone{}
	ofShortCode := stop("STOP")
	ofShortCode.Set("From", "12345")
	for name, c := range map[string]struct {
		params url.Values
		want   *phoneauth.Delivery
	}{
		"queued":              {status("queued", ""), nil},
		"sent":                {status("sent", ""), nil},
		"canceled":            {status("canceled", ""), nil},
		"delivered":           {status("delivered", ""), delivered},
		"read":                {status("read", ""), delivered},
		"undelivered":         {status("undelivered", "30005"), &phoneauth.Delivery{ID: "SM1", Sender: "twilio", Status: phoneauth.Undelivered, Code: "30005", Fault: phoneauth.FaultDestination}},
		"failed":              {status("failed", "30008"), &phoneauth.Delivery{ID: "SM1", Sender: "twilio", Status: phoneauth.Undelivered, Code: "30008"}},
		"failed, our fault":   {status("failed", "30002"), &phoneauth.Delivery{ID: "SM1", Sender: "twilio", Status: phoneauth.Undelivered, Code: "30002", Fault: phoneauth.FaultSender}},
		"failed, no code":     {status("failed", ""), &phoneauth.Delivery{ID: "SM1", Sender: "twilio", Status: phoneauth.Undelivered}},
		"no sid":              {url.Values{"MessageStatus": {"delivered"}}, nil},
		"stop":                {stop(" Stop\n"), out},
		"unsubscribe":         {stop("unsubscribe"), out},
		"optout":              {stop("OptOut"), out},
		"of a short code":     {ofShortCode, &nobody},
		"stop in a sentence":  {stop("please do not stop"), nil},
		"another text":        {stop("thanks"), nil},
		"OptOutType STOP":     {typed("STOP", "ARRET"), out},
		"OptOutType HELP":     {typed("HELP", "STOP"), nil},
		"OptOutType START":    {typed("START", "START"), nil},
		"nothing":             {url.Values{}, nil},
		"a status of nothing": {url.Values{"MessageSid": {"SM1"}, "MessageStatus": {"?"}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, got := post(t, twilio.CallbackConfig{URL: address, AuthToken: token}, http.MethodPost, c.params.Encode(), sign(address, c.params))
			assert.Equal(t, http.StatusNoContent, code)
			if c.want == nil {
				assert.Empty(t, got)
				return
			}
			assert.Equal(t, []phoneauth.Delivery{*c.want}, got)
		})
	}
}

func TestCallbackRefusals(t *testing.T) {
	t.Parallel()
	params := url.Values{"MessageSid": {"SM1"}, "MessageStatus": {"delivered"}}
	form := params.Encode()
	good := sign(address, params)
	long := url.Values{"MessageSid": {"SM1"}, "MessageStatus": {"delivered"}, "Body": {strings.Repeat("x", 64<<10)}}
	for name, c := range map[string]struct {
		method, body, signature string
		status                  int
	}{
		"right":                   {http.MethodPost, form, good, 204},
		"no signature":            {http.MethodPost, form, "", 403},
		"not base64":              {http.MethodPost, form, "!" + good, 403},
		"another signature":       {http.MethodPost, form, sign(address+"2", params), 403},
		"cut":                     {http.MethodPost, form, good[:8], 403},
		"one parameter more":      {http.MethodPost, form + "&ErrorCode=1", good, 403},
		"a value twice":           {http.MethodPost, form + "&MessageStatus=failed", good, 403},
		"another value":           {http.MethodPost, strings.Replace(form, "SM1", "SM2", 1), good, 403},
		"nothing":                 {http.MethodPost, "", good, 403},
		"get":                     {http.MethodGet, "", good, 405},
		"put":                     {http.MethodPut, form, good, 405},
		"no form":                 {http.MethodPost, "%zz", good, 400},
		"too long, though signed": {http.MethodPost, long.Encode(), sign(address, long), 413},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, got := post(t, twilio.CallbackConfig{URL: address, AuthToken: token}, c.method, c.body, c.signature)
			assert.Equal(t, c.status, status)
			if c.status != http.StatusNoContent {
				assert.Empty(t, got, "nothing is reported")
			}
		})
	}
}

func TestPorts(t *testing.T) {
	t.Parallel()
	params := url.Values{"MessageSid": {"SM1"}, "MessageStatus": {"delivered"}}
	for _, c := range []struct {
		configured, signed string
		status             int
	}{
		{"https://acme.example/t", "https://acme.example:443/t", 204},
		{"https://acme.example:443/t", "https://acme.example/t", 204},
		{"https://acme.example:8443/t", "https://acme.example/t", 204},
		{"http://acme.example/t", "http://acme.example:80/t", 204},
		{"https://[2001:db8::1]:8443/t", "https://[2001:db8::1]/t", 204},
		{"https://acme.example/t", "http://acme.example/t", 403},
		{"https://acme.example/t", "https://acme.example:444/t", 403},
		{"https://acme.example/t", "https://acme.example/t/", 403},
	} {
		status, _ := post(t, twilio.CallbackConfig{URL: c.configured, AuthToken: token}, http.MethodPost, params.Encode(), sign(c.signed, params))
		assert.Equal(t, c.status, status, "%s, signed as %s", c.configured, c.signed)
	}
}

func TestCallbackFaults(t *testing.T) {
	t.Parallel()
	h, err := twilio.Callbacks(twilio.CallbackConfig{URL: "https://user:canary@acme.example"}, nil)
	assert.Nil(t, h)
	for _, want := range []string{"URL must be", "AuthToken is required", "report is required"} {
		assert.ErrorContains(t, err, "twilio: callbacks: "+want)
	}
	assert.NotContains(t, err.Error(), "canary")
}
