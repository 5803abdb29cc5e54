package ui_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"html"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
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

// seen is what a visit shows.
type seen struct {
	Screen, Lang, Next, Check, Body string
	Texts                           map[string]string
	// Form are the hidden fields of the form.
	Form map[string]string
	// Alert is the code of the alert.
	Alert string
}

var (
	screenPattern = regexp.MustCompile(`<main id="screen" data-screen="([a-z]+)"`)
	langPattern   = regexp.MustCompile(`<html lang="([^"]+)"`)
	hiddenPattern = regexp.MustCompile(`<input type="hidden" name="([a-z_]+)" value="([^"]*)">`)
	// templatePattern is what the scripts show later.
	templatePattern = regexp.MustCompile(`(?s)<template.*</template>`)

	alertPattern = regexp.MustCompile(`data-part data-code="([a-z_]*)"`)
)

// look visits the page.
func (h *host) look(target string, headers ...string) seen {
	h.t.Helper()
	w := h.ask(h.page, "GET", target, "", headers...)
	if w.Code == http.StatusSeeOther {
		return seen{Screen: "leave", Next: w.Header().Get("Location")}
	}
	require.Equal(h.t, 200, w.Code)
	return read(h.t, w.Body.String())
}

// read is what a page shows.
func read(t testing.TB, body string) seen {
	t.Helper()
	first := func(pattern *regexp.Regexp) string {
		if m := pattern.FindStringSubmatch(body); m != nil {
			return m[1]
		}
		return ""
	}
	s := seen{Screen: first(screenPattern), Lang: first(langPattern), Alert: first(alertPattern), Body: body, Form: map[string]string{}}
	shown := templatePattern.ReplaceAllString(body, "")
	for _, m := range hiddenPattern.FindAllStringSubmatch(shown, -1) {
		s.Form[m[1]] = html.UnescapeString(m[2])
	}
	s.Next = s.Form["next"]
	if _, rest, ok := strings.Cut(body, `<script id="texts" type="application/json">`); ok {
		data, _, _ := strings.Cut(rest, "</script>")
		require.NoError(t, json.Unmarshal([]byte(data), &s), data)
	}
	return s
}

// form sends a plain form to a route of the page; fields are pairs of name and value.
func (h *host) form(route string, fields map[string]string, more ...string) (int, seen) {
	h.t.Helper()
	values := url.Values{}
	for name, value := range fields {
		values.Set(name, value)
	}
	for i := 0; i < len(more); i += 2 {
		values.Set(more[i], more[i+1])
	}
	w := h.ask(h.page, "POST", "/signin/"+route, values.Encode(), "Content-Type", "application/x-www-form-urlencoded")
	assert.Equal(h.t, "no-store", w.Header().Get("Cache-Control"))
	if w.Code == http.StatusSeeOther {
		return w.Code, seen{Screen: "leave", Next: w.Header().Get("Location")}
	}
	return w.Code, read(h.t, w.Body.String())
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
