package ui_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/memstore"
	"github.com/phoneauth/phoneauth/phonetest"
	"github.com/phoneauth/phoneauth/ui"
)

const (
	cairo = "+201061797840"
	paris = "+33600000178"
)

// host is a host with the page, and one browser of it, with its cookies.
type host struct {
	t       testing.TB
	svc     *phoneauth.Service
	page    *ui.Page
	inbox   *phonetest.Inbox
	log     bytes.Buffer
	cookies map[string]*http.Cookie
}

func newHost(t testing.TB, o ui.Options, change ...func(*phoneauth.Config)) *host {
	t.Helper()
	h := &host{t: t, inbox: phonetest.New(), cookies: map[string]*http.Cookie{}}
	key := []byte(rand.Text() + rand.Text())
	o.Logger = slog.New(slog.NewTextHandler(&h.log, nil))
	cfg := phoneauth.Config{
		Store:  memstore.New(),
		Sender: h.inbox,
		Keys:   phoneauth.Keys{Index: key, Secrets: []phoneauth.Key{{ID: "1", Secret: key}}},
		Logger: slog.New(slog.DiscardHandler),
	}
	for _, c := range change {
		c(&cfg)
	}
	var err error
	h.svc, err = phoneauth.New(cfg)
	require.NoError(t, err)
	h.page = ui.Handler(h.svc, o)
	return h
}

// ask sends a request as the browser of h; headers are pairs of name and value.
func (h *host) ask(handler http.Handler, method, path, body string, headers ...string) *httptest.ResponseRecorder {
	h.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	for _, c := range h.cookies {
		if strings.HasPrefix(r.URL.Path, c.Path) {
			r.AddCookie(c)
		}
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		h.cookies[c.Name] = c
		if c.MaxAge < 0 {
			delete(h.cookies, c.Name)
		}
	}
	return w
}

// post asks a route of the page at /signin/; fields are pairs of name and value.
func (h *host) post(route string, fields ...string) (int, map[string]any) {
	h.t.Helper()
	body := map[string]string{}
	for i := 0; i < len(fields); i += 2 {
		body[fields[i]] = fields[i+1]
	}
	data, err := json.Marshal(body)
	require.NoError(h.t, err)
	w := h.ask(h.page, "POST", "/signin/"+route, string(data))
	var answer map[string]any
	require.NoError(h.t, json.Unmarshal(w.Body.Bytes(), &answer), w.Body.String())
	assert.Equal(h.t, "no-store", w.Header().Get("Cache-Control"))
	return w.Code, answer
}

// signIn signs in with a code.
func (h *host) signIn(phone string) {
	h.t.Helper()
	status, started := h.post("start", "phone", phone, "purpose", "sign_in")
	require.Equal(h.t, 200, status, started)
	status, answer := h.post("verify", "phone", phone, "purpose", "sign_in",
		"session_token", started["session_token"].(string), "code", h.inbox.Code(h.t, phone))
	require.Equal(h.t, 200, status, answer)
}

// config is what the page tells its scripts.
func (h *host) config(target string, headers ...string) map[string]any {
	h.t.Helper()
	w := h.ask(h.page, "GET", target, "", headers...)
	require.Equal(h.t, 200, w.Code)
	var config map[string]any // of both
	for _, id := range []string{"config", "visit"} {
		_, rest, _ := strings.Cut(w.Body.String(), `<script id="`+id+`" type="application/json">`)
		data, _, _ := strings.Cut(rest, "</script>")
		require.NoError(h.t, json.Unmarshal([]byte(data), &config), data)
	}
	return config
}

// words are the shipped texts of a language.
func words(t *testing.T, lang string) map[string]string {
	t.Helper()
	data, err := os.ReadFile("text/" + lang + ".json")
	require.NoError(t, err)
	var all map[string]string
	require.NoError(t, json.Unmarshal(data, &all))
	return all
}
