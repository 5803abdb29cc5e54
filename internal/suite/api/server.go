package api

import (
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
	"github.com/phoneauth/phoneauth/phonetest"
)

// The numbers of the four documents, and one more of the first's block.
const (
	cairo     = "+201061797840"
	cairo2    = "+201061797842"
	delhi     = "+918076512310" // +9180765XXX10, the masked digits replaced
	singapore = "+6584932466"
	paris     = "+33600000178"

	goodPassword = "12345678"
)

// server is a Service behind its handler, with the phones and the store in reach.
type server struct {
	t       testing.TB
	env     *suite.Env
	svc     *phoneauth.Service
	inbox   *phonetest.Inbox
	store   *switched
	handler http.Handler
	log     *logged
	clients int
	trusted []string // origins
}

// newServer serves all routes under the default limits, with Singapore as home. change may
// change the Config first.
func newServer(t *test, change ...func(*phoneauth.Config)) *server {
	t.Helper()
	s := &server{t: t, env: t.Env, store: newSwitched(t.newStore()), log: &logged{}}
	first := func(c *phoneauth.Config) {
		c.Store = s.store
		c.Numbers.DefaultRegion = "SG"
		c.Logger = slog.New(slog.NewJSONHandler(s.log, nil))
	}
	made := t.Service(slices.Concat([]func(*phoneauth.Config){first}, change)...)
	s.svc, s.inbox = made.Service, made.Inbox
	s.trusted = made.Config.HTTP.TrustedOrigins
	s.handler = s.svc.Handler()
	return s
}

// limitsOff is for what sends more than people do.
func limitsOff(cfg *phoneauth.Config) { cfg.Limits.InsecureOff = true }

// logged is the text of a log.
type logged struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// notices are the texts without a code that a phone got.
func (s *server) notices(phone string) (purposes []phoneauth.Purpose) {
	s.env.Settle()
	for _, m := range s.inbox.Messages() {
		if m.To.E164() == phone && m.Code == "" {
			purposes = append(purposes, m.Purpose)
		}
	}
	return purposes
}
