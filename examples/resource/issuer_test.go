package main

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/memstore"
	"github.com/phoneauth/phoneauth/phonetest"
)

const (
	issuerName = "https://auth.example.com"
	audience   = "example"
	phone      = "+201061797840"
	keysPath   = "/.well-known/jwks.json"
)

// issuer is a phoneauth server whose keys rotate.
type issuer struct {
	t       testing.TB
	inbox   *phonetest.Inbox
	store   *memstore.Store
	svc     *phoneauth.Service
	handler atomic.Pointer[http.Handler]
	fetches atomic.Int64 // of the key set
	down    atomic.Bool
}

func newIssuer(t testing.TB, keys ...phoneauth.SigningKey) *issuer {
	t.Helper()
	i := &issuer{t: t, inbox: phonetest.New(), store: memstore.New()}
	i.rotate(keys...)
	return i
}

// rotate is a roll-out with other keys; the first signs.
func (i *issuer) rotate(keys ...phoneauth.SigningKey) {
	i.t.Helper()
	tokens, err := phoneauth.NewJWT(phoneauth.JWTConfig{Issuer: issuerName, Audience: audience, Keys: keys})
	require.NoError(i.t, err)
	i.svc, err = phoneauth.New(phoneauth.Config{
		Store: i.store, Sender: i.inbox, Keys: phoneauth.GenerateKeys(), Tokens: tokens,
		Limits: phoneauth.Limits{InsecureOff: true}, Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(i.t, err)
	handler := i.svc.Handler(phoneauth.SessionAPI)
	i.handler.Store(&handler)
}

func (i *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == keysPath {
		i.fetches.Add(1)
	}
	if i.down.Load() {
		http.Error(w, "down", http.StatusBadGateway)
		return
	}
	(*i.handler.Load()).ServeHTTP(w, r)
}

// RoundTrip serves a client without a network, so that it can run in a bubble.
func (i *issuer) RoundTrip(r *http.Request) (*http.Response, error) {
	if i.down.Load() {
		i.fetches.Add(1)
		return nil, errors.New("no route to host")
	}
	w := httptest.NewRecorder()
	i.ServeHTTP(w, r)
	return w.Result(), nil
}

// signIn returns the session of somebody who has just signed in.
func (i *issuer) signIn() *phoneauth.Session {
	i.t.Helper()
	_, err := i.svc.Register(i.t.Context(), phoneauth.RegisterRequest{Phone: phone})
	require.NoError(i.t, err)
	session, err := i.svc.Login(i.t.Context(), phoneauth.LoginRequest{Phone: phone, Code: i.inbox.Code(i.t, phone)})
	require.NoError(i.t, err)
	return session
}

func edKey(t testing.TB, id string) phoneauth.SigningKey {
	t.Helper()
	_, private, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	return phoneauth.SigningKey{ID: id, Key: private}
}

func ecKey(t testing.TB, id string) phoneauth.SigningKey {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return phoneauth.SigningKey{ID: id, Key: private}
}
