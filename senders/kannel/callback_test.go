package kannel_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/phoneauth/phoneauth"
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

func TestCallbacks(t *testing.T) {
	t.Parallel()
	s := sender(t, config("http://h/"))
	delivered := phoneauth.Delivery{ID: id, Sender: "kannel", Status: phoneauth.Delivered}
	undelivered := phoneauth.Delivery{ID: id, Sender: "kannel", Status: phoneauth.Undelivered}
	coded := func(d phoneauth.Delivery, code string) *phoneauth.Delivery { d.Code = code; return &d }
	for target, want := range map[string]*phoneauth.Delivery{
		"/a%20b/" + secret + "?id=" + id + "&type=1": &delivered,
		"/" + secret + "?type=1&id=" + id:            &delivered, // a proxy cut the prefix
		"/a/" + secret + "?id=" + id + "&type=2":     coded(undelivered, "DLR 2"),
		"/a/" + secret + "?id=" + id + "&type=16":    coded(undelivered, "DLR 16"),
		"/a/" + secret + "?id=" + id + "&type=4":     nil,
		"/a/" + secret + "?id=" + id + "&type=8":     nil,
		"/a/" + secret + "?id=" + id + "&type=32":    nil,
		"/a/" + secret + "?id=" + id + "&type=01":    nil,
	} {
		w, got := call(s, "GET", target, "")
		assert.Equal(t, http.StatusOK, w.Code, target)
		assert.Empty(t, w.Body.String(), "Kannel would text it to the phone")
		if want == nil {
			assert.Empty(t, got, target)
		} else {
			assert.Equal(t, []phoneauth.Delivery{*want}, got, target)
		}
	}
}

func TestInbound(t *testing.T) {
	t.Parallel()
	const number = "+201061797840"
	s := sender(t, config("http://h/"))
	for _, c := range []struct {
		keyword, from string
		out           bool
		phone         string
	}{
		{"STOP", number, true, number},
		{"stop.", "201061797840", true, number},
		{"Quit", "12345", true, ""},
		{"OptOut", "Acme", true, ""},
		{"cancel", "", true, ""},
		{"hello", number, false, ""},
		{"stopwatch", number, false, ""},
		{"", number, false, ""},
	} {
		w, got := call(s, "POST", "/a/"+secret+"?inbound=mo-1&keyword="+c.keyword, c.from)
		assert.Equal(t, http.StatusOK, w.Code, c.keyword)
		assert.Empty(t, w.Body.String(), "Kannel would text it to the phone")
		var want []phoneauth.Delivery
		if c.out {
			want = []phoneauth.Delivery{{ID: "mo-1", Sender: "kannel", Status: phoneauth.OptedOut, Phone: phoneauth.StoredPhone(c.phone)}}
		}
		assert.Equal(t, want, got, c.keyword)
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
		{"PUT", good, 405},
		{"HEAD", good, 405},
		{"POST", good, 400},
		{"POST", "/a/" + secret, 400},
		{"GET", "/a/" + secret + "?inbound=mo-1&keyword=STOP", 400},
		{"GET", "/a/" + secret, 400},
		{"GET", "/a/" + secret + "?id=" + id, 400},
		{"GET", "/a/" + secret + "?type=1", 400},
		{"GET", "/a/" + secret + "?id=" + strings.Repeat("x", 65) + "&type=1", 400},
		{"POST", "/a/" + secret + "?inbound=" + strings.Repeat("x", 65) + "&keyword=STOP", 400},
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
