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
	"github.com/phoneauth/phoneauth/internal/bubble"
	"github.com/phoneauth/phoneauth/internal/seam"
	"github.com/phoneauth/phoneauth/phonetest"
)

// Start is when the clock of every Env begins.
var Start = seam.Start

// settleDeadline bounds how long a test waits for what leaves after its answer.
const settleDeadline = 30 * time.Second

// Env is one test: a store with a clock that stands still until Elapse moves it.
type Env struct {
	testing.TB
	// Store is the store under test. It brings the clock to its Services.
	Store phoneauth.Store
	seam  *seam.Seam // nil in a bubble
}

// New makes an Env on a store.
func New(t testing.TB, store phoneauth.Store) *Env {
	e := &Env{TB: t, seam: seam.New()}
	e.Store = e.Hold(store)
	return e
}

// Bubble makes an Env whose clock is that of the bubble of testing/synctest around it. It is
// for what has timers of its own, such as a sender that hangs. It goes with stores in memory
// only.
func Bubble(t testing.TB, store phoneauth.Store) *Env { return &Env{TB: t, Store: store} }

// seamed is a store that brings a clock.
type seamed struct {
	phoneauth.Store
	seam *seam.Seam
}

// Seam implements [seam.Holder].
func (s seamed) Seam() *seam.Seam { return s.seam }

// Unwrap returns the store, whose parts the Service looks at.
func (s seamed) Unwrap() phoneauth.Store { return s.Store }

// passed is a store that passes every call on. It has the optional interfaces that its store has.
func passed(store phoneauth.Store) phoneauth.Store {
	return phoneauth.WrapStore(store, func(ctx context.Context, _ string, call func(context.Context) error) error { return call(ctx) })
}

// joined are the optional interfaces of which a wrapped store always has the methods.
type joined interface {
	phoneauth.Admitter
	phoneauth.Refresher
}

// Hold is store with the clock of e: for a store that wraps e.Store.
func (e *Env) Hold(store phoneauth.Store) phoneauth.Store {
	if e.seam == nil {
		return store
	}
	held := seamed{store, e.seam}
	through := passed(store)
	if opener, ok := through.(phoneauth.Opener); ok {
		return struct {
			seamed
			joined
			phoneauth.Opener
		}{held, through.(joined), opener}
	}
	return struct {
		seamed
		joined
	}{held, through.(joined)}
}

// Now is the time of the Services of this test.
func (e *Env) Now() time.Time {
	if e.seam == nil {
		return time.Now().UTC()
	}
	return e.seam.Now()
}

// Elapse waits for what leaves after its answer, and lets d pass.
func (e *Env) Elapse(d time.Duration) {
	e.Helper()
	if e.seam == nil {
		bubble.Elapse(d)
		return
	}
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
	*Env
	// Inbox receives the texts.
	Inbox *phonetest.Inbox
	// Config is what the Service was made of.
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
	s.start()
	return s
}

// Again is another Service with the Config of s, over the same store and sender.
func (s *Service) Again(change ...func(*phoneauth.Config)) *Service {
	s.Helper()
	again := &Service{Env: s.Env, Inbox: s.Inbox, Config: s.Config}
	for _, c := range change {
		c(&again.Config)
	}
	again.start()
	return again
}

func (s *Service) start() {
	s.Helper()
	if _, held := s.Config.Store.(seam.Holder); !held {
		s.Config.Store = s.Hold(s.Config.Store) // a test has wrapped it, or taken another
	}
	var err error
	s.Service, err = phoneauth.New(s.Config)
	require.NoError(s, err)
	s.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), settleDeadline)
		defer cancel()
		require.NoError(s, s.Close(ctx))
	})
}

func (s *Service) tell(_ context.Context, e phoneauth.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told = append(s.told, e)
}

// Events are those of one type, oldest first; of every type, where what is empty.
func (s *Service) Events(what phoneauth.EventType) (all []phoneauth.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.told {
		if what == "" || e.Type == what {
			all = append(all, e)
		}
	}
	return all
}
