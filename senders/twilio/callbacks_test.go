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
	"github.com/phoneauth/phoneauth/senders/callback"
	"github.com/phoneauth/phoneauth/senders/callbacktest"
	"github.com/phoneauth/phoneauth/senders/sendertest"
	"github.com/phoneauth/phoneauth/senders/twilio"
)

const address = "https://acme.example/twilio?x=1"

// sign signs as Twilio's documentation says, for parameters that occur once.
func sign(u string, params url.Values) string { return signBy(token, u, params) }

func signBy(token, u string, params url.Values) string {
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

// request is what Twilio posts; without a token, without a signature.
func request(token string, fields map[string]string) *http.Request {
	params := url.Values{}
	for name, value := range fields {
		params.Set(name, value)
	}
	r := httptest.NewRequest(http.MethodPost, "/twilio", strings.NewReader(params.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if token != "" {
		r.Header.Set("X-Twilio-Signature", signBy(token, address, params))
	}
	return r
}

func TestCallbacktest(t *testing.T) {
	t.Parallel()
	const number = "+201061797840"
	status := func(status, code string) map[string]string {
		return map[string]string{"MessageSid": "SM1", "SmsSid": "SM1", "SmsStatus": status, "MessageStatus": status, "To": number, "AccountSid": account, "ErrorCode": code}
	}
	stop := func(from, body, kind string) map[string]string {
		return map[string]string{"MessageSid": "SM1", "SmsStatus": "received", "From": from, "Body": body, "OptOutType": kind}
	}
	delivered := phoneauth.Delivery{ID: "SM1", Sender: "twilio", Status: phoneauth.Delivered}
	undelivered := func(code string, fault phoneauth.SendFault) phoneauth.Delivery {
		return phoneauth.Delivery{ID: "SM1", Sender: "twilio", Status: phoneauth.Undelivered, Code: code, Fault: fault}
	}
	call := func(status string) map[string]string {
		return map[string]string{"CallSid": "CA1", "CallStatus": status, "To": number, "From": "+14155552345", "CallDuration": "21"}
	}
	called := func(status phoneauth.DeliveryStatus, code string, fault phoneauth.SendFault) phoneauth.Delivery {
		return phoneauth.Delivery{ID: "CA1", Sender: "twilio-voice", Status: status, Code: code, Fault: fault}
	}
	out := phoneauth.Delivery{ID: "SM1", Sender: "twilio", Status: phoneauth.OptedOut, Phone: phoneauth.StoredPhone(number)}
	nobody := out
	nobody.Phone = phoneauth.Phone{}
	callbacktest.Run(t, callbacktest.Provider{
		New: func(report callback.Report) (http.Handler, error) {
			return twilio.Callbacks(twilio.CallbackConfig{URL: address, AuthToken: token}, report)
		},
		Signed:    func(fields map[string]string) *http.Request { return request(token, fields) },
		Unsigned:  func(fields map[string]string) *http.Request { return request("", fields) },
		Forged:    func(fields map[string]string) *http.Request { return request("another", fields) },
		SignsBody: true,
		Secrets:   []string{token},
		Says: []callbacktest.Say{
			{Name: "queued", Fields: status("queued", "")},
			{Name: "sent", Fields: status("sent", "")},
			{Name: "canceled", Fields: status("canceled", "")},
			{Name: "delivered", Fields: status("delivered", ""), Want: delivered},
			{Name: "read", Fields: status("read", ""), Want: delivered},
			{Name: "undelivered", Fields: status("undelivered", "30005"), Want: undelivered("30005", phoneauth.FaultDestination)},
			{Name: "failed", Fields: status("failed", "30008"), Want: undelivered("30008", "")},
			{Name: "failed, our fault", Fields: status("failed", "30002"), Want: undelivered("30002", phoneauth.FaultSender)},
			{Name: "failed, no code", Fields: status("failed", ""), Want: undelivered("", "")},
			{Name: "a call that rings", Fields: call("ringing")},
			{Name: "a call that was taken", Fields: call("completed"), Want: called(phoneauth.Delivered, "", "")},
			{Name: "a busy phone", Fields: call("busy"), Want: called(phoneauth.Undelivered, "busy", phoneauth.FaultDestination)},
			{Name: "no answer", Fields: call("no-answer"), Want: called(phoneauth.Undelivered, "no-answer", phoneauth.FaultDestination)},
			{Name: "a call that failed", Fields: call("failed"), Want: called(phoneauth.Undelivered, "failed", "")},
			{Name: "no sid of a call", Fields: map[string]string{"CallSid": "", "CallStatus": "completed"}},
			{Name: "no sid", Fields: map[string]string{"MessageStatus": "delivered"}},
			{Name: "stop", Fields: stop(number, " Stop\n", ""), Want: out},
			{Name: "of a short code", Fields: stop("12345", "STOP", ""), Want: nobody},
			{Name: "another text", Fields: stop(number, "please do not stop", "")},
			{Name: "OptOutType STOP", Fields: stop(number, "ARRET", "STOP"), Want: out},
			{Name: "OptOutType HELP", Fields: stop(number, "STOP", "HELP")},
			{Name: "OptOutType START", Fields: stop(number, "START", "START")},
			{Name: "nothing"},
			{Name: "a status of nothing", Fields: status("?", "")},
		},
	})
}

// What only signatures of forms can be.
func TestCallbackSignatures(t *testing.T) {
	t.Parallel()
	params := url.Values{"MessageSid": {"SM1"}, "MessageStatus": {"delivered"}}
	form, good := params.Encode(), sign(address, params)
	for name, c := range map[string]struct {
		body, signature string
		status          int
	}{
		"right":              {form, good, 204},
		"not base64":         {form, "!" + good, 403},
		"of another URL":     {form, sign(address+"2", params), 403},
		"cut":                {form, good[:8], 403},
		"one parameter more": {form + "&ErrorCode=1", good, 403},
		"a value twice":      {form + "&MessageStatus=failed", good, 403},
	} {
		status, got := post(t, twilio.CallbackConfig{URL: address, AuthToken: token}, http.MethodPost, c.body, c.signature)
		assert.Equal(t, c.status, status, name)
		assert.Equal(t, c.status == http.StatusNoContent, len(got) == 1, name)
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
	sendertest.Faults(t, err, "twilio: callbacks: ", "URL must be", "AuthToken is required", "report is required")
}
