package integration

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/memstore"
	"github.com/phoneauth/phoneauth/phonetest"
	"github.com/phoneauth/phoneauth/ui"
)

// uiHost is a host with the page at /signin/ and something behind it at /home.
type uiHost struct {
	url   string
	svc   *phoneauth.Service
	page  *ui.Page
	mux   *http.ServeMux
	inbox *phonetest.Inbox
	store *faultyStore
}

// faultyStore fails all that begins a challenge or looks up a user, while down.
type faultyStore struct {
	phoneauth.Store
	down atomic.Bool
}

var errDown = errors.New("the store is down")

func (s *faultyStore) BeginChallenge(ctx context.Context, b phoneauth.BeginParams) (phoneauth.BeginResult, error) {
	if s.down.Load() {
		return phoneauth.BeginResult{}, errDown
	}
	return s.Store.BeginChallenge(ctx, b)
}

func (s *faultyStore) UserByID(ctx context.Context, id string) (phoneauth.User, error) {
	if s.down.Load() {
		return phoneauth.User{}, errDown
	}
	return s.Store.UserByID(ctx, id)
}

func newUIHost(t *testing.T, change func(*phoneauth.Config, *ui.Options)) *uiHost {
	t.Helper()
	key := []byte(rand.Text() + rand.Text())
	h := &uiHost{inbox: phonetest.New(), store: &faultyStore{Store: memstore.New()}}
	cfg := phoneauth.Config{
		Name:   "Sunbird",
		Store:  h.store,
		Sender: h.inbox,
		Keys:   phoneauth.Keys{Index: key, Secrets: []phoneauth.Key{{ID: "1", Secret: key}}},
		Logger: slog.New(slog.DiscardHandler),
	}
	o := ui.Options{Name: "Sunbird", Next: "/home", Logger: cfg.Logger}
	if change != nil {
		change(&cfg, &o)
	}
	svc, err := phoneauth.New(cfg)
	require.NoError(t, err)
	page := ui.Handler(svc, o)
	h.svc, h.page, h.mux = svc, page, http.NewServeMux()
	h.mux.Handle("/signin/", page)
	h.mux.HandleFunc("/favicon.ico", http.NotFound)
	if o.OnSession == nil {
		h.mux.Handle("/home", page.Require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			claims, _ := phoneauth.ClaimsFrom(r.Context())
			welcome(w, claims.UserID)
		})))
	}
	server := httptest.NewServer(h.mux)
	t.Cleanup(func() {
		server.Close()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 10*time.Second)
		defer cancel()
		require.NoError(t, svc.Close(ctx))
	})
	h.url = server.URL
	return h
}

// welcome is the page of a host for a user.
func welcome(w http.ResponseWriter, user string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, `<!doctype html><html lang="en"><title>Home</title><link rel="icon" href="data:,"><p>Welcome home, user `+user+`.</p>`)
}

// The numbers of the tests, as people type them, as they are sent to, as they are shown.
const (
	cairoTyped, cairo, cairoShown = "010 6179 7840", "+201061797840", "+20 10 61797840"
	parisTyped, paris             = "06 00 00 01 78", "+33600000178"
)

// uiTexts are the words of the page in one language.
func uiTexts(t *testing.T, lang string) map[string]string {
	t.Helper()
	data, err := os.ReadFile("../ui/text/" + lang + ".json")
	require.NoError(t, err)
	var words map[string]string
	require.NoError(t, json.Unmarshal(data, &words))
	return words
}
