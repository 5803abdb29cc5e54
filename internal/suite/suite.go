// Package suite is what the suites about behaviour share: a store to run on, a clock that is
// moved by hand, one set of keys, a Service with an inbox and its events. The suites are
// packages below this one. The root runs them on memory, integration on every real store.
package suite

import (
	"bytes"
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/seam"
	"github.com/phoneauth/phoneauth/phonetest"
)

// NewStore makes an empty store, or returns one that no other test uses the keys, numbers
// and ids of.
type NewStore func(testing.TB) phoneauth.Store

// Options say where and how much a suite runs.
type Options struct {
	// Store makes the stores.
	Store NewStore
	// Rounds is how often each race is run.
	Rounds int
	// Real: the store is a server. What only memory has time for is left out.
	Real bool
}

// settleDeadline bounds how long a test waits for what leaves after its answer.
const settleDeadline = 30 * time.Second

// Env is one test: a store with a clock that stands still until Elapse moves it.
type Env struct {
	testing.TB
	Store phoneauth.Store
	seam  *seam.Seam
}

// New makes an Env on a store.
func New(t testing.TB, store phoneauth.Store) *Env {
	held := seam.New()
	return &Env{TB: t, Store: seamed{store, held}, seam: held}
}

// seamed is a store that brings a clock.
type seamed struct {
	phoneauth.Store
	seam *seam.Seam
}

// Seam implements [seam.Holder].
func (s seamed) Seam() *seam.Seam { return s.seam }

// Hold is store with the clock of e: for a store that wraps e.Store.
func (e *Env) Hold(store phoneauth.Store) phoneauth.Store { return seamed{store, e.seam} }

// Now is the time of the Services of this test.
func (e *Env) Now() time.Time { return e.seam.Now() }

// Elapse waits for what leaves after its answer, and lets d pass.
func (e *Env) Elapse(d time.Duration) {
	e.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), settleDeadline)
	defer cancel()
	require.NoError(e, e.seam.Advance(ctx, d), "what leaves after its answer does not end")
}

// Settle waits for what leaves after its answer.
func (e *Env) Settle() {
	e.Helper()
	e.Elapse(0)
}

// Keys are the keys of every suite, with a secret for each id; "now" where none is given.
func Keys(ids ...string) phoneauth.Keys {
	if len(ids) == 0 {
		ids = []string{"now"}
	}
	k := phoneauth.Keys{Index: bytes.Repeat([]byte("index key "), 4)}
	for _, id := range ids {
		k.Secrets = append(k.Secrets, phoneauth.Key{ID: id, Secret: bytes.Repeat([]byte(id+"-"), 32)[:40]})
	}
	return k
}

// Service is a Service of an Env and what a test wants to look at beside it.
type Service struct {
	*phoneauth.Service
	Env    *Env
	Inbox  *phonetest.Inbox
	Config phoneauth.Config

	mu   sync.Mutex
	told []phoneauth.Event
}

// Service makes a Service with the default rules. change may change the Config first.
func (e *Env) Service(change ...func(*phoneauth.Config)) *Service {
	e.Helper()
	s := &Service{Env: e, Inbox: phonetest.New()}
	s.Config = phoneauth.Config{
		Store:  e.Store,
		Sender: s.Inbox,
		Keys:   Keys(),
		Logger: slog.New(slog.DiscardHandler),
		Hooks:  phoneauth.Hooks{OnEvent: s.tell},
	}
	for _, c := range change {
		c(&s.Config)
	}
	var err error
	s.Service, err = phoneauth.New(s.Config)
	require.NoError(e, err)
	e.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), settleDeadline)
		defer cancel()
		require.NoError(e, s.Close(ctx))
	})
	return s
}

func (s *Service) tell(_ context.Context, e phoneauth.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told = append(s.told, e)
}

// Events are those of one type, oldest first.
func (s *Service) Events(what phoneauth.EventType) (all []phoneauth.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.told {
		if e.Type == what {
			all = append(all, e)
		}
	}
	return all
}
