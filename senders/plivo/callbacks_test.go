package plivo_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/callback"
	"github.com/phoneauth/phoneauth/senders/callbacktest"
	"github.com/phoneauth/phoneauth/senders/plivo"
	"github.com/phoneauth/phoneauth/senders/sendertest"
)

const (
	address = "https://acme.example/plivo"
	nonce   = "31627761595286130198"
)

// sign signs as Plivo's documentation says, for an address without a query.
func sign(token string, params url.Values) string {
	names := make([]string, 0, len(params))
	for name := range params {
		names = append(names, name)
	}
	slices.Sort(names)
	text := address + "?"
	for _, name := range names {
		text += name + params.Get(name)
	}
	if len(params) == 0 {
		text = address
	}
	mac := hmac.New(sha256.New, []byte(token))
	mac.Write([]byte(text + "." + nonce))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// request is what Plivo posts; without a token, without a signature.
func request(token string, fields map[string]string) *http.Request {
	params := url.Values{}
	for name, value := range fields {
		params.Set(name, value)
	}
	r := httptest.NewRequest(http.MethodPost, "http://10.0.0.1/behind/a/proxy?x=1", strings.NewReader(params.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if token != "" {
		r.Header.Set("X-Plivo-Signature-V3", sign(token, params))
		r.Header.Set("X-Plivo-Signature-V3-Nonce", nonce)
	}
	return r
}

func handler(report callback.Report) (http.Handler, error) {
	return plivo.Callbacks(plivo.CallbackConfig{URL: address, AuthToken: token}, report)
}

// serve returns the status of the answer to r, and what was reported.
func serve(t *testing.T, c plivo.CallbackConfig, r *http.Request) (status int, got []phoneauth.Delivery) {
	t.Helper()
	h, err := plivo.Callbacks(c, func(_ context.Context, d phoneauth.Delivery) { got = append(got, d) })
	require.NoError(t, err)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code, got
}

// The vectors of the tests of Plivo's own libraries (plivo/plivo-go, utils_test.go).
func TestPublishedSignatures(t *testing.T) {
	t.Parallel()
	params := url.Values{
		"Direction": {"outbound"}, "From": {"19792014278"}, "ALegUUID": {"3e82ae9d-2c78-4d85-b1a4-6eae7dbafb36"},
		"CallStatus": {"in-progress"}, "BillRate": {"0.002"}, "ParentAuthID": {"MANWVLYTK4ZWU1YTY4QA"},
		"To":              {"sip:PlivoSignature382029104058171078704104@phone-qa.voice.plivodev.com"},
		"ALegRequestUUID": {"3e82ae9d-2c78-4d85-b1a4-6eae7dbafb36"}, "CallUUID": {"3e82ae9d-2c78-4d85-b1a4-6eae7dbafb36"},
		"RequestUUID":  {"3e82ae9d-2c78-4d85-b1a4-6eae7dbafb36"},
		"SIP-H-To":     {"<sip:PlivoSignature382029104058171078704104@52.9.11.55;transport=udp>;tag=1"},
		"SessionStart": {"2020-04-08 11:34:33.238707"}, "Event": {"StartApp"},
	}
	const with, without = "k7Pusd4OxCIjR5IfA9iedDNu/h/gbdYqdzG/MiYtd1c=", "iAjE5QqI37mbkYe4w3jTMudqEzbDufdqi7sYwTu64e0="
	const base = "https://plivobin.non-prod.plivops.com/api/v1/validate_signature03.xml"
	for name, c := range map[string]struct {
		url, signature, nonce string
		status                int
	}{
		"with a query":            {base + "/?a=b&c=d", with, nonce, 204},
		"in another order":        {base + "/?c=d&a=b", with, nonce, 204},
		"without a query":         {base, without, nonce, 204},
		"the second of two":       {base, with + "," + without, nonce, 204},
		"of another address":      {base, with, nonce, 403},
		"of another query":        {base + "/?a=b&c=e", with, nonce, 403},
		"of another nonce":        {base, without, nonce + "1", 403},
		"no nonce":                {base, without, "", 403},
		"no signature":            {base, "", nonce, 403},
		"no base64":               {base, "!" + without, nonce, 403},
		"a part":                  {base, without[:8], nonce, 403},
		"commas and nothing else": {base, ",,", nonce, 403},
	} {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(params.Encode()))
		r.Header.Set("X-Plivo-Signature-V3", c.signature)
		r.Header.Set("X-Plivo-Signature-V3-Nonce", c.nonce)
		status, got := serve(t, plivo.CallbackConfig{URL: c.url, AuthToken: "Y2Q2ZDgxZmY5YWRiOTI5YmQ1Njg0MTAxZWIyOTc4"}, r)
		assert.Equal(t, c.status, status, name)
		assert.Empty(t, got, "nothing of a message")
	}
}

// The vector of version 2, of the same tests, by which a delivery is reported.
func TestPublishedSignaturesOfVersion2(t *testing.T) {
	t.Parallel()
	const right, wrong = "ehV3IKhLysWBxC1sy8INm0qGoQYdYsHwuoKjsX7FsXc=", "ahV3IKhLysWBxC1sy8INm0qGoQYdYsHwuoKjsX7FsXc="
	for name, c := range map[string]struct {
		url    string
		header map[string]string
		status int
	}{
		"right":                           {"https://answer.url", map[string]string{"V2": right, "V2-Nonce": "12345"}, 204},
		"with a query":                    {"https://answer.url?a=b", map[string]string{"V2": right, "V2-Nonce": "12345"}, 204},
		"the second of two":               {"https://answer.url", map[string]string{"V2": wrong + ", " + right, "V2-Nonce": "12345"}, 204},
		"of another address":              {"https://answer.url/a", map[string]string{"V2": right, "V2-Nonce": "12345"}, 403},
		"of another nonce":                {"https://answer.url", map[string]string{"V2": right, "V2-Nonce": "123456"}, 403},
		"no nonce":                        {"https://answer.url", map[string]string{"V2": right}, 403},
		"the nonce of version 3":          {"https://answer.url", map[string]string{"V2": right, "V3-Nonce": "12345"}, 403},
		"beside a wrong one of version 3": {"https://answer.url", map[string]string{"V2": right, "V2-Nonce": "12345", "V3": wrong, "V3-Nonce": "12345"}, 403},
	} {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("MessageUUID=M1&Status=delivered"))
		for version, value := range c.header {
			r.Header.Set("X-Plivo-Signature-"+version, value)
		}
		status, got := serve(t, plivo.CallbackConfig{URL: c.url, AuthToken: "my_auth_token"}, r)
		assert.Equal(t, c.status, status, name)
		assert.Equal(t, c.status == http.StatusNoContent, len(got) == 1, name)
	}
}

func TestCallbacktest(t *testing.T) {
	t.Parallel()
	status := func(status, code string) map[string]string {
		return map[string]string{"MessageUUID": "M1", "ParentMessageUUID": "M1", "PartInfo": "1 of 1", "To": "201061797840", "From": "14155552345", "Status": status, "ErrorCode": code}
	}
	inbound := func(from, text string) map[string]string {
		return map[string]string{"MessageUUID": "M1", "From": from, "To": "14155552345", "Text": text, "Type": "sms"}
	}
	said := func(status phoneauth.DeliveryStatus, code string, fault phoneauth.SendFault) phoneauth.Delivery {
		return phoneauth.Delivery{ID: "M1", Sender: "plivo", Status: status, Code: code, Fault: fault}
	}
	part := status("delivered", "000")
	part["MessageUUID"] = "P2"
	alone := status("delivered", "")
	delete(alone, "ParentMessageUUID")
	out := said(phoneauth.OptedOut, "", "")
	nobody := out
	out.Phone = phoneauth.StoredPhone("+201061797840")
	delivered := said(phoneauth.Delivered, "", "")
	callbacktest.Run(t, callbacktest.Provider{
		New:       handler,
		Signed:    func(fields map[string]string) *http.Request { return request(token, fields) },
		Unsigned:  func(fields map[string]string) *http.Request { return request("", fields) },
		Forged:    func(fields map[string]string) *http.Request { return request("another", fields) },
		SignsBody: true,
		Secrets:   []string{token},
		Says: []callbacktest.Say{
			{Name: "queued", Fields: status("queued", "")},
			{Name: "sent", Fields: status("sent", "")},
			{Name: "delivered", Fields: status("delivered", "000"), Want: delivered},
			{Name: "a part", Fields: part, Want: delivered},
			{Name: "no parent", Fields: alone, Want: delivered},
			{Name: "undelivered", Fields: status("undelivered", "080"), Want: said(phoneauth.Undelivered, "80", phoneauth.FaultDestination)},
			{Name: "failed", Fields: status("failed", "900"), Want: said(phoneauth.Undelivered, "900", phoneauth.FaultSender)},
			{Name: "rejected", Fields: status("rejected", "1000"), Want: said(phoneauth.Undelivered, "1000", "")},
			{Name: "a code that is none", Fields: status("failed", "201061797840"), Want: said(phoneauth.Undelivered, "", "")},
			{Name: "no id", Fields: map[string]string{"Status": "delivered"}},
			{Name: "stop", Fields: inbound("201061797840", " Stop\n"), Want: out},
			{Name: "of a short code", Fields: inbound("12345", "STOP"), Want: nobody},
			{Name: "another text", Fields: inbound("201061797840", "do not stop")},
			{Name: "nothing"},
		},
	})
}

// TestDocumentedCodes: the package documentation has the fault of each ErrorCode.
func TestDocumentedCodes(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	source, err := os.ReadFile("codes.go")
	require.NoError(t, err)
	rows := regexp.MustCompile(`(?m)^//\t(\d+) +(destination|sender) `).FindAllStringSubmatch(string(doc), -1)
	assert.Len(t, rows, len(regexp.MustCompile(`(?m)^\t\d+: `).FindAll(source, -1)), "every known code is documented")
	for _, row := range rows {
		_, got := serve(t, plivo.CallbackConfig{URL: address, AuthToken: token}, request(token, map[string]string{"MessageUUID": "M1", "Status": "failed", "ErrorCode": row[1]}))
		require.Len(t, got, 1)
		assert.Equal(t, row[2], string(got[0].Fault), row[1])
	}
}

func TestCallbackFaults(t *testing.T) {
	t.Parallel()
	for _, u := range []string{"https://user:canary@acme.example", "", "https://acme.example/#canary"} {
		h, err := plivo.Callbacks(plivo.CallbackConfig{URL: u}, nil)
		assert.Nil(t, h)
		sendertest.Faults(t, err, "plivo: callbacks: ", "URL must be", "AuthToken is required", "report is required")
	}
}
