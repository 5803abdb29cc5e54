package kannel_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/callback"
	"github.com/phoneauth/phoneauth/senders/callbacktest"
	"github.com/phoneauth/phoneauth/senders/kannel"
)

const id = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// call asks the handler, as Kannel does of a text from this number, and returns what it
// reported.
func call(s *kannel.Sender, method, target, from string) (*httptest.ResponseRecorder, []phoneauth.Delivery) {
	var got []phoneauth.Delivery
	h := s.Callbacks(func(_ context.Context, d phoneauth.Delivery) { got = append(got, d) })
	w := httptest.NewRecorder()
	r := httptest.NewRequest(method, target, strings.NewReader("Stop, please"))
	r.Header.Set("X-Kannel-From", from)
	h.ServeHTTP(w, r)
	return w, got
}

// request is what Kannel calls at a path with this secret: a report, or a text that came
// in, from the number in the field "from".
func request(secret string, fields map[string]string) *http.Request {
	method, q := http.MethodGet, url.Values{}
	for name, value := range fields {
		if name != "from" {
			q.Set(name, value)
		}
		if name == "inbound" {
			method = http.MethodPost
		}
	}
	r := httptest.NewRequest(method, "/a%20b/"+secret+"?"+q.Encode(), nil)
	r.Header.Set("X-Kannel-From", fields["from"])
	return r
}

func TestCallbacktest(t *testing.T) {
	t.Parallel()
	const number = "+201061797840"
	s := sender(t, config("http://h/"))
	dlr := func(kind string) map[string]string { return map[string]string{"id": id, "type": kind} }
	text := func(keyword, from string) map[string]string {
		return map[string]string{"inbound": "mo-1", "keyword": keyword, "from": from}
	}
	said := func(status phoneauth.DeliveryStatus, code string) phoneauth.Delivery {
		return phoneauth.Delivery{ID: id, Sender: "kannel", Status: status, Code: code}
	}
	out := phoneauth.Delivery{ID: "mo-1", Sender: "kannel", Status: phoneauth.OptedOut, Phone: phoneauth.StoredPhone(number)}
	nobody := out
	nobody.Phone = phoneauth.Phone{}
	callbacktest.Run(t, callbacktest.Provider{
		New:      func(report callback.Report) (http.Handler, error) { return s.Callbacks(report), nil },
		Signed:   func(fields map[string]string) *http.Request { return request(secret, fields) },
		Unsigned: func(fields map[string]string) *http.Request { return request("", fields) },
		Forged:   func(fields map[string]string) *http.Request { return request(strings.ToUpper(secret), fields) },
		Methods:  []string{"GET", "POST"},
		Secrets:  []string{secret, "canary-password"},
		NoFaults: true,
		Says: []callbacktest.Say{
			{Name: "delivered", Fields: dlr("1"), Want: said(phoneauth.Delivered, "")},
			{Name: "not delivered", Fields: dlr("2"), Want: said(phoneauth.Undelivered, "DLR 2")},
			{Name: "refused by the SMSC", Fields: dlr("16"), Want: said(phoneauth.Undelivered, "DLR 16")},
			{Name: "queued", Fields: dlr("4")},
			{Name: "given to the SMSC", Fields: dlr("8")},
			{Name: "intermediate", Fields: dlr("32")},
			{Name: "no kind", Fields: dlr("01")},
			{Name: "STOP", Fields: text("STOP", number), Want: out},
			{Name: "stop, without the plus", Fields: text("stop.", number[1:]), Want: out},
			{Name: "of a short code", Fields: text("Quit", "12345"), Want: nobody},
			{Name: "of a name", Fields: text("OptOut", "Acme"), Want: nobody},
			{Name: "of nobody", Fields: text("cancel", ""), Want: nobody},
			{Name: "another text", Fields: text("stopwatch", number)},
			{Name: "no text", Fields: text("", number)},
			{Name: "no id", Fields: map[string]string{"type": "1"}, Refused: 400},
			{Name: "no type", Fields: map[string]string{"id": id}, Refused: 400},
			{Name: "a long id", Fields: map[string]string{"id": strings.Repeat("x", 65), "type": "1"}, Refused: 400},
			{Name: "a text with a long id", Fields: map[string]string{"inbound": strings.Repeat("x", 65), "keyword": "STOP"}, Refused: 400},
			{Name: "nothing", Refused: 400},
		},
	})
}

// The body of an answer is empty, as Kannel would send it to the phone.
func TestAnswersAreEmpty(t *testing.T) {
	t.Parallel()
	s := sender(t, config("http://h/"))
	for _, c := range [][2]string{{"GET", "?id=" + id + "&type=1"}, {"GET", "?id=" + id + "&type=4"}, {"POST", "?inbound=mo-1&keyword=STOP"}, {"POST", "?inbound=mo-1&keyword=hello"}} {
		w, _ := call(s, c[0], "/"+secret+c[1], "+201061797840") // a proxy cut the rest of the path
		assert.Equal(t, http.StatusOK, w.Code, c)
		assert.Empty(t, w.Body.String(), c)
	}
}

func TestCallbacksRefuse(t *testing.T) {
	t.Parallel()
	s := sender(t, config("http://h/"))
	good := "/a/" + secret + "?id=" + id + "&type=1"
	for _, c := range []struct {
		method, target string
		status         int
	}{
		{"GET", "/", 404},
		{"GET", "/?id=" + id + "&type=1", 404},
		{"GET", "/a/" + secret[1:] + "?id=" + id + "&type=1", 404},
		{"GET", "/a/" + strings.ToUpper(secret) + "?id=" + id + "&type=1", 404},
		{"GET", "/a/" + secret + "x?id=" + id + "&type=1", 404},
		{"GET", "/" + secret + "/?id=" + id + "&type=1", 404},
		{"GET", "/" + secret + "/a?id=" + id + "&type=1", 404},
		{"POST", "/a?id=" + id, 404},
		{"POST", good, 400},
		{"POST", "/a/" + secret, 400},
		{"GET", "/a/" + secret + "?inbound=mo-1&keyword=STOP", 400},
	} {
		w, got := call(s, c.method, c.target, "+201061797840")
		assert.Equal(t, c.status, w.Code, "%s %s", c.method, c.target)
		assert.Empty(t, got)
		assert.NotContains(t, w.Body.String(), secret)
	}
}

func TestNoDeliveryURLNoCallbacks(t *testing.T) {
	t.Parallel()
	s := sender(t, kannel.Config{URL: "http://h/", Username: "u", Password: "p"})
	for _, target := range []string{"/", "/?id=" + id + "&type=1", "/a/?inbound=1&keyword=STOP"} {
		w, got := call(s, "GET", target, "")
		assert.Equal(t, http.StatusNotFound, w.Code)
		assert.Empty(t, got)
	}
}
