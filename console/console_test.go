package console_test

import (
	"context"
	"crypto/rand"
	"errors"
	"html"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/console"
	"github.com/phoneauth/phoneauth/memstore"
	"github.com/phoneauth/phoneauth/phonetest"
)

const (
	phone     = "+201061797840"
	masked    = "+20******7840"
	neighbour = "+201061797841"
)

// host is a host with a desk at /desk/, and an operator, ana, unless as says otherwise.
type host struct {
	*testing.T
	svc   *phoneauth.Service
	inbox *phonetest.Inbox
	store *faulty
	desk  http.Handler
	as    func(*http.Request) (string, error)
}

// faulty is a store that can be down, for reading or for journals alone.
type faulty struct {
	*memstore.Store
	down, mute atomic.Bool
}

var errDown = errors.New("down")

func (f *faulty) ReadState(ctx context.Context, p phoneauth.StateParams) (phoneauth.State, error) {
	if f.down.Load() {
		return phoneauth.State{}, errDown
	}
	return f.Store.ReadState(ctx, p)
}

func (f *faulty) CountEntries(ctx context.Context, q phoneauth.JournalCountQuery) ([]phoneauth.JournalCount, error) {
	if f.down.Load() {
		return nil, errDown
	}
	return f.Store.CountEntries(ctx, q)
}

func (f *faulty) AppendEntries(ctx context.Context, entries []phoneauth.JournalEntry) error {
	if f.mute.Load() {
		return errDown
	}
	return f.Store.AppendEntries(ctx, entries)
}

func newHost(t *testing.T, change ...func(*console.Options)) *host {
	t.Helper()
	return newLimitedHost(t, phoneauth.Limits{InsecureOff: true}, change...)
}

// newLimitedHost is newHost with these limits.
func newLimitedHost(t *testing.T, limits phoneauth.Limits, change ...func(*console.Options)) *host {
	t.Helper()
	return newConfiguredHost(t, []func(*phoneauth.Config){func(c *phoneauth.Config) { c.Limits = limits }}, change...)
}

// newConfiguredHost is newHost with the default limits and what configure changes.
func newConfiguredHost(t *testing.T, configure []func(*phoneauth.Config), change ...func(*console.Options)) *host {
	t.Helper()
	key := []byte(rand.Text() + rand.Text())
	h := &host{T: t, inbox: phonetest.New(), store: &faulty{Store: memstore.New()}}
	h.as = func(*http.Request) (string, error) { return "ana", nil }
	cfg := phoneauth.Config{
		Store: h.store, Sender: h.inbox, Logger: slog.New(slog.DiscardHandler),
		Keys:    phoneauth.Keys{Index: key, Secrets: []phoneauth.Key{{ID: "1", Secret: key}}},
		Journal: phoneauth.JournalRules{Store: h.store},
		Hooks:   phoneauth.Hooks{Place: func(context.Context, netip.Addr) string { return "Cairo" }},
	}
	for _, c := range configure {
		c(&cfg)
	}
	svc, err := phoneauth.New(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, svc.Close(context.WithoutCancel(t.Context()))) })
	h.svc = svc
	o := console.Options{
		Name: "Acme", Logger: slog.New(slog.DiscardHandler),
		Operator: func(r *http.Request) (string, error) { return h.as(r) },
	}
	for _, c := range change {
		c(&o)
	}
	mux := http.NewServeMux()
	mux.Handle("/desk/", console.Handler(svc, o))
	h.desk = mux
	return h
}

// ask is a request of a browser; headers are pairs of name and value.
func (h *host) ask(method, path, body string, headers ...string) *httptest.ResponseRecorder {
	h.Helper()
	r := httptest.NewRequestWithContext(h.Context(), method, "https://desk.example"+path, strings.NewReader(body))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", "null")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.desk.ServeHTTP(w, r)
	assert.Equal(h, "no-store", w.Header().Get("Cache-Control"), path)
	assert.Equal(h, "no-referrer", w.Header().Get("Referrer-Policy"), path)
	csp := w.Header().Get("Content-Security-Policy")
	assert.Contains(h, csp, "default-src 'none'", path)
	assert.Contains(h, csp, "frame-ancestors 'none'", path)
	assert.NotContains(h, csp, "unsafe", path)
	assert.LessOrEqual(h, w.Body.Len(), 30_000, path)
	return w
}

// get is a page that is there, as text.
func (h *host) get(path string) string {
	h.Helper()
	w := h.ask(http.MethodGet, path, "")
	require.Equal(h, http.StatusOK, w.Code, path)
	return text(w)
}

// text is what is read of a page.
func text(w *httptest.ResponseRecorder) string {
	bare := regexp.MustCompile(`<[^>]*>`).ReplaceAllString(w.Body.String(), " ")
	return html.UnescapeString(strings.Join(strings.Fields(bare), " "))
}

// find searches, and returns the address of what was found.
func (h *host) find(typed string) string {
	h.Helper()
	w := h.ask(http.MethodPost, "/desk/search", url.Values{"q": {typed}}.Encode())
	require.Equal(h, http.StatusSeeOther, w.Code, text(w))
	to := w.Header().Get("Location")
	require.Regexp(h, `^about\?id=[A-Za-z0-9_-]+$`, to)
	return "/desk/" + to
}

// act does an action at an address of find; values are pairs of name and value.
func (h *host) act(at, action, reason, user string, values ...string) *httptest.ResponseRecorder {
	h.Helper()
	_, id, _ := strings.Cut(at, "id=")
	form := url.Values{"id": {id}, "action": {action}, "reason": {reason}, "user": {user}}
	for i := 0; i < len(values); i += 2 {
		form.Set(values[i], values[i+1])
	}
	return h.ask(http.MethodPost, "/desk/do", form.Encode())
}

func (h *host) signIn() *phoneauth.Session {
	h.Helper()
	_, err := h.svc.Register(h.Context(), phoneauth.RegisterRequest{Phone: phone})
	require.NoError(h, err)
	client := phoneauth.ClientInfo{Name: "Chrome on Android", Addr: netip.MustParseAddr("192.0.2.1")}
	session, err := h.svc.Login(h.Context(), phoneauth.LoginRequest{Phone: phone, Code: h.inbox.Code(h, phone), Client: client})
	require.NoError(h, err)
	return session
}

// journal is what stands in it about phone of the operator ana.
func (h *host) journal(userID string) (all []phoneauth.Entry) {
	h.Helper()
	require.NoError(h, h.svc.FlushJournal(h.Context()))
	for _, q := range []phoneauth.TimelineQuery{{Phone: phone}, {UserID: userID}} {
		entries, err := h.svc.Timeline(h.Context(), q)
		require.NoError(h, err)
		for _, e := range entries {
			if e.Actor == "ana" {
				all = append(all, e)
			}
		}
	}
	return all
}

func TestNoWayInWithoutAnOperator(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	session := h.signIn()
	at := h.find(phone)
	for _, c := range []struct {
		name   string
		err    error
		status int
	}{
		{"", errors.New("nobody"), http.StatusUnauthorized},
		{"ana", console.ErrForbidden, http.StatusForbidden},
		{" ", nil, http.StatusForbidden},
		{"", phoneauth.ErrUnavailable, http.StatusServiceUnavailable},
	} {
		h.as = func(*http.Request) (string, error) { return c.name, c.err }
		for _, path := range []string{"/desk/", at, "/desk/overview", "/desk/style.css", "/desk/none"} {
			w := h.ask(http.MethodGet, path, "")
			assert.Equal(t, c.status, w.Code, path)
			assert.NotContains(t, w.Body.String(), "7840")
		}
		assert.Equal(t, c.status, h.ask(http.MethodPost, "/desk/search", "q=%2B201061797840").Code)
		assert.Equal(t, c.status, h.act(at, "block", "because", session.User.ID).Code)
	}
	user, err := h.store.UserByID(t.Context(), session.User.ID)
	require.NoError(t, err)
	assert.False(t, user.Blocked)
}

func TestWrongOptions(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	operator := func(*http.Request) (string, error) { return "ana", nil }
	assert.Panics(t, func() { console.Handler(h.svc, console.Options{}) }, "no operator")
	assert.Panics(t, func() { console.Handler(h.svc, console.Options{Operator: operator, Key: []byte("short")}) })
	bare, err := phoneauth.New(phoneauth.Config{
		Store: memstore.New(), Sender: h.inbox,
		Keys: phoneauth.Keys{Index: []byte(strings.Repeat("k", 32)), Secrets: []phoneauth.Key{{ID: "1", Secret: []byte(strings.Repeat("k", 32))}}},
	})
	require.NoError(t, err)
	assert.Panics(t, func() { console.Handler(bare, console.Options{Operator: operator}) }, "no journal")
}

func TestActionsAreOfTheSameOrigin(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	session := h.signIn()
	at := h.find(phone)
	form := url.Values{"id": {strings.TrimPrefix(at, "/desk/about?id=")}, "action": {"block"}, "reason": {"r"}, "user": {session.User.ID}}.Encode()
	for _, headers := range [][]string{
		{"Sec-Fetch-Site", "cross-site"},
		{"Sec-Fetch-Site", "same-site"},
		{"Sec-Fetch-Site", "", "Origin", "https://evil.example"},
		{"Sec-Fetch-Site", "", "Origin", "null"},
	} {
		w := h.ask(http.MethodPost, "/desk/do", form, headers...)
		assert.Equal(t, http.StatusForbidden, w.Code, headers)
	}
	w := h.ask(http.MethodGet, "/desk/do?"+form, "")
	assert.Equal(t, http.StatusMethodNotAllowed, w.Code)
	assert.Equal(t, http.MethodPost, w.Header().Get("Allow"))
	assert.Equal(t, http.StatusMethodNotAllowed, h.ask(http.MethodPut, "/desk/do", form, "Sec-Fetch-Site", "same-origin").Code)
	assert.Equal(t, http.StatusMethodNotAllowed, h.ask(http.MethodPost, at, form).Code)
	assert.Equal(t, http.StatusNotFound, h.ask(http.MethodPost, "/desk/do?"+form, "").Code, "an address is no form")
	user, err := h.store.UserByID(t.Context(), session.User.ID)
	require.NoError(t, err)
	assert.False(t, user.Blocked)
	assert.Empty(t, h.journal(session.User.ID))
}

func TestStoreIsDown(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	session := h.signIn()
	at := h.find(phone)
	h.store.down.Store(true)
	for _, w := range []*httptest.ResponseRecorder{
		h.ask(http.MethodGet, at, ""), h.ask(http.MethodGet, "/desk/overview", ""),
		h.ask(http.MethodPost, "/desk/search", "q=%2B201061797840"), h.act(at, "block", "r", session.User.ID),
	} {
		assert.Equal(t, http.StatusServiceUnavailable, w.Code)
		assert.Contains(t, text(w), "The store does not answer.")
		assert.NotContains(t, w.Body.String(), errDown.Error()+"<")
	}
	h.store.down.Store(false)
	h.get(at)
	h.store.mute.Store(true)
	for _, action := range []string{"block", "unlock", "end-all", "export", "reveal"} {
		w := h.act(at, action, "r", session.User.ID)
		assert.Equal(t, http.StatusServiceUnavailable, w.Code, action)
		assert.NotContains(t, w.Body.String(), phone)
	}
	assert.Equal(t, http.StatusServiceUnavailable, h.act(at, "delete", "r", session.User.ID, "sure", "yes").Code)
	h.store.mute.Store(false)
	user, err := h.store.UserByID(t.Context(), session.User.ID)
	require.NoError(t, err)
	assert.False(t, user.Blocked, "nothing is done that is not written down")
	sessions, err := h.svc.Sessions(t.Context(), session.User.ID)
	require.NoError(t, err)
	assert.Len(t, sessions, 1)
}

func TestStyle(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	w := h.ask(http.MethodGet, "/desk/style.css", "")
	assert.Equal(t, http.StatusOK, w.Code)
	assert.Equal(t, "text/css; charset=utf-8", w.Header().Get("Content-Type"))
	for _, has := range []string{"prefers-color-scheme: dark", "@media print", ":focus-visible"} {
		assert.Contains(t, w.Body.String(), has)
	}
	page := h.ask(http.MethodGet, h.find(phone), "").Body.String()
	assert.NotRegexp(t, `(?i)<script|<style|\sstyle=|\son[a-z]+=`, page, "no inline code, no inline style")
	assert.Contains(t, page, `<a class="skip" href="#main">`)
}
