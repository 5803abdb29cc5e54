package whatsapp_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/callback"
	"github.com/phoneauth/phoneauth/senders/callbacktest"
	"github.com/phoneauth/phoneauth/senders/sendertest"
	"github.com/phoneauth/phoneauth/senders/whatsapp"
)

const (
	appSecret   = "secret-of-the-app"
	verifyToken = "verify-0123456789abcdef"
	number      = "+201061797840"
)

func handler(t *testing.T, secret phoneauth.Secret, report callback.Report) http.Handler {
	t.Helper()
	h, err := whatsapp.Callbacks(whatsapp.CallbackConfig{AppSecret: secret, VerifyToken: verifyToken}, report)
	require.NoError(t, err)
	return h
}

func sign(secret, body string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// post posts body, with this signature, and returns the answer and what was reported.
func post(t *testing.T, secret phoneauth.Secret, body, signature string) (int, []phoneauth.Delivery) {
	t.Helper()
	var got []phoneauth.Delivery
	h := handler(t, secret, func(_ context.Context, d phoneauth.Delivery) { got = append(got, d) })
	r := httptest.NewRequest(http.MethodPost, "/whatsapp", strings.NewReader(body))
	r.Header.Set("X-Hub-Signature-256", signature)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	assert.Empty(t, w.Body.String(), "there is nothing to say")
	return w.Code, got
}

// The example of GitHub's documentation, whose header of this name is made in the same way. A body
// that is signed and no webhook of WhatsApp is 400, not 403.
func TestPublishedSignature(t *testing.T) {
	t.Parallel()
	const secret, body, signature = "It's a Secret to Everybody", "Hello, World!", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
	status, _ := post(t, secret, body, signature)
	assert.Equal(t, http.StatusBadRequest, status)
	for name, wrong := range map[string]string{
		"none": "", "of another body": sign(secret, body+"!"), "cut": signature[:20], "no scheme": strings.TrimPrefix(signature, "sha256="),
		"another scheme": strings.Replace(signature, "sha256", "sha1", 1), "no digits": signature + "zz", "scheme alone": "sha256=",
	} {
		status, _ = post(t, secret, body, wrong)
		assert.Equal(t, http.StatusForbidden, status, name)
	}
}

// statusOf is a webhook of a status, in the form of Meta's documentation.
func statusOf(id, status, timestamp, errors string) string {
	return fmt.Sprintf(`{"id":%q,"status":%q,"timestamp":%q,"recipient_id":"201061797840","biz_opaque_callback_data":"a","errors":[%s]}`, id, status, timestamp, errors)
}

// textOf is an incoming text.
func textOf(id, from, timestamp, body string) string {
	return fmt.Sprintf(`{"from":%q,"id":%q,"timestamp":%q,"type":"text","text":{"body":%q}}`, from, id, timestamp, body)
}

// webhook is what Meta posts, with these statuses and texts.
func webhook(field, statuses, texts, more string) string {
	return fmt.Sprintf(`{"object":"whatsapp_business_account","entry":[{"id":"102290129340398","changes":[{"field":%q,"value":{
		"messaging_product":"whatsapp","metadata":{"display_phone_number":"15550783881","phone_number_id":"106540352242922"},
		"statuses":[%s],"messages":[%s]%s}}]}]}`, field, statuses, texts, more)
}

// request is what Meta posts; without a secret, without a signature.
func callbackRequest(secret string, fields map[string]string) *http.Request {
	more := ""
	if unknown, ok := fields["callbacktest_unknown"]; ok {
		b, _ := json.Marshal(unknown)
		more = `,"callbacktest_unknown":` + string(b)
	}
	now := strconv.FormatInt(time.Now().Unix(), 10)
	body := webhook("messages", "", "", more)
	switch {
	case fields["status"] != "":
		problem := ""
		if fields["code"] != "" {
			problem = `{"code":` + fields["code"] + `,"title":"201061797840 …"}`
		}
		body = webhook("messages", statusOf(fields["id"], fields["status"], now, problem), "", more)
	case fields["text"] != "":
		body = webhook("messages", "", textOf(fields["id"], fields["from"], now, fields["text"]), more)
	}
	r := httptest.NewRequest(http.MethodPost, "/whatsapp", strings.NewReader(body))
	if secret != "" {
		r.Header.Set("X-Hub-Signature-256", sign(secret, body))
	}
	return r
}

func TestCallbacktest(t *testing.T) {
	t.Parallel()
	status := func(status, code string) map[string]string {
		return map[string]string{"id": "wamid.1", "status": status, "code": code}
	}
	text := func(from, body string) map[string]string {
		return map[string]string{"id": "wamid.2", "from": from, "text": body}
	}
	delivered := phoneauth.Delivery{ID: "wamid.1", Sender: "whatsapp", Status: phoneauth.Delivered}
	undelivered := func(code string, fault phoneauth.SendFault) phoneauth.Delivery {
		return phoneauth.Delivery{ID: "wamid.1", Sender: "whatsapp", Status: phoneauth.Undelivered, Code: code, Fault: fault}
	}
	callbacktest.Run(t, callbacktest.Provider{
		New: func(report callback.Report) (http.Handler, error) {
			return whatsapp.Callbacks(whatsapp.CallbackConfig{AppSecret: appSecret, VerifyToken: verifyToken}, report)
		},
		Signed:    func(fields map[string]string) *http.Request { return callbackRequest(appSecret, fields) },
		Unsigned:  func(fields map[string]string) *http.Request { return callbackRequest("", fields) },
		Forged:    func(fields map[string]string) *http.Request { return callbackRequest("another", fields) },
		SignsBody: true,
		MaxAge:    7 * 24 * time.Hour,
		Methods:   []string{http.MethodGet, http.MethodPost},
		Secrets:   []string{appSecret, verifyToken},
		Says: []callbacktest.Say{
			{Name: "sent", Fields: status("sent", "")},
			{Name: "delivered", Fields: status("delivered", ""), Want: delivered},
			{Name: "read", Fields: status("read", ""), Want: delivered},
			{Name: "not on WhatsApp", Fields: status("failed", "131026"), Want: undelivered("131026", phoneauth.FaultDestination)},
			{Name: "payment", Fields: status("failed", "131042"), Want: undelivered("131042", phoneauth.FaultSender)},
			{Name: "unknown", Fields: status("failed", "131000"), Want: undelivered("131000", "")},
			{Name: "failed, no code", Fields: status("failed", ""), Want: undelivered("", "")},
			{Name: "a status of nothing", Fields: status("?", "")},
			{Name: "stop", Fields: text(number[1:], "Stop."), Want: phoneauth.Delivery{ID: "wamid.2", Sender: "whatsapp", Status: phoneauth.OptedOut, Phone: phoneauth.StoredPhone(number)}},
			{Name: "another text", Fields: text(number[1:], "please do not stop")},
			{Name: "nothing"},
		},
	})
}

// A webhook has many reports. Old ones are not reported, and alone they are refused.
func TestBatches(t *testing.T) {
	t.Parallel()
	at := func(ago time.Duration) string { return strconv.FormatInt(time.Now().Add(-ago).Unix(), 10) }
	fresh, old := at(time.Hour), at(8*24*time.Hour)
	for name, c := range map[string]struct {
		body   string
		status int
		ids    string
	}{
		"two":            {webhook("messages", statusOf("a", "delivered", fresh, "")+","+statusOf("b", "failed", fresh, ""), textOf("c", number, fresh, "STOP"), ""), 204, "abc"},
		"one is old":     {webhook("messages", statusOf("a", "delivered", old, "")+","+statusOf("b", "delivered", fresh, ""), "", ""), 204, "b"},
		"all are old":    {webhook("messages", statusOf("a", "delivered", old, ""), "", ""), 403, ""},
		"to come":        {webhook("messages", statusOf("a", "delivered", at(-time.Hour), ""), "", ""), 403, ""},
		"no time":        {webhook("messages", statusOf("a", "delivered", "yesterday", ""), "", ""), 403, ""},
		"no id":          {webhook("messages", statusOf("", "delivered", fresh, ""), "", ""), 204, ""},
		"a long id":      {webhook("messages", statusOf(strings.Repeat("x", 257), "delivered", fresh, ""), "", ""), 204, ""},
		"another field":  {webhook("account_update", statusOf("a", "delivered", fresh, ""), "", ""), 204, ""},
		"another object": {`{"object":"page","entry":[]}`, 400, ""},
		"a large batch":  {webhook("messages", statusOf("a", "delivered", fresh, "")+strings.Repeat(","+statusOf("", "sent", fresh, ""), 1000), "", ""), 204, "a"},
	} {
		status, got := post(t, appSecret, c.body, sign(appSecret, c.body))
		assert.Equal(t, c.status, status, name)
		var ids strings.Builder
		for _, d := range got {
			ids.WriteString(d.ID)
		}
		assert.Equal(t, c.ids, ids.String(), name)
	}
}

// Meta asks by GET whether the address is ours. Nobody else gets an answer, and nobody gets a page
// of theirs.
func TestChallenge(t *testing.T) {
	t.Parallel()
	h := handler(t, appSecret, func(context.Context, phoneauth.Delivery) { t.Error("nothing is reported") })
	for name, c := range map[string]struct {
		mode, token, challenge string
		status                 int
	}{
		"right":          {"subscribe", verifyToken, "1158201444", 200},
		"another token":  {"subscribe", verifyToken + "x", "1158201444", 403},
		"no token":       {"subscribe", "", "1158201444", 403},
		"another mode":   {"unsubscribe", verifyToken, "1158201444", 403},
		"a page":         {"subscribe", verifyToken, "<script>", 403},
		"no challenge":   {"subscribe", verifyToken, "", 403},
		"a long one":     {"subscribe", verifyToken, strings.Repeat("0", 200), 403},
		"the app secret": {"subscribe", appSecret, "1158201444", 403},
	} {
		q := url.Values{"hub.mode": {c.mode}, "hub.verify_token": {c.token}, "hub.challenge": {c.challenge}}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/whatsapp?"+q.Encode(), nil))
		assert.Equal(t, c.status, w.Code, name)
		if c.status == http.StatusOK {
			assert.Equal(t, c.challenge, w.Body.String(), name)
			assert.Equal(t, "text/plain; charset=utf-8", w.Header().Get("Content-Type"))
		} else {
			assert.Empty(t, w.Body.String(), name)
		}
	}
}

func TestCallbackFaults(t *testing.T) {
	t.Parallel()
	h, err := whatsapp.Callbacks(whatsapp.CallbackConfig{VerifyToken: "canary"}, nil)
	assert.Nil(t, h)
	sendertest.Faults(t, err, "whatsapp: callbacks: ", "AppSecret is required", "VerifyToken must be", "report is required")
}
