package sendertest

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// text is what a request asked to be sent.
type text struct{ to, body string }

// server plays the provider.
type server struct {
	url         string
	connections atomic.Int64
	closing     chan struct{}

	mu  sync.Mutex
	got []text
}

// exchange is one request and its answer.
type exchange struct {
	w   http.ResponseWriter
	r   *http.Request
	raw []byte // the body of the request
	to  string // whom the text is for
	n   int    // how many requests came, this one too
}

// serve starts a server that does what play says once it has read a request.
func serve(t testing.TB, p Provider, play func(*server, exchange)) *server {
	t.Helper()
	s := &server{closing: make(chan struct{})}
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		assert.NoError(t, err, "the request is cut")
		r.Body = io.NopCloser(bytes.NewReader(raw))
		to, body, err := p.Read(r)
		assert.NoError(t, err, "the provider would not take this request")
		s.mu.Lock()
		s.got = append(s.got, text{to, body})
		n := len(s.got)
		s.mu.Unlock()
		play(s, exchange{w, r, raw, to, n})
	}))
	srv.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			s.connections.Add(1)
		}
	}
	srv.Start()
	t.Cleanup(srv.Close)
	t.Cleanup(func() { close(s.closing) })
	s.url = srv.URL
	return s
}

// texts returns what was asked to be sent so far.
func (s *server) texts() []text {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]text(nil), s.got...)
}

// answer writes a.
func (e exchange) answer(a Answer) {
	for name, values := range a.Header {
		e.w.Header()[http.CanonicalHeaderKey(name)] = values
	}
	if a.Status != 0 {
		e.w.WriteHeader(a.Status)
	}
	io.WriteString(e.w, a.Body)
}

// accept answers with an id that no other exchange has.
func (e exchange) accept(p Provider) { e.answer(p.Accepts(messageID(e.n))) }

func messageID(n int) string { return fmt.Sprintf("SENDERTEST%06d", n) }

// reset ends the connection without an answer.
func (e exchange) reset(t testing.TB) {
	conn, _, err := http.NewResponseController(e.w).Hijack()
	if assert.NoError(t, err) {
		conn.(*net.TCPConn).SetLinger(0)
		conn.Close()
	}
}

// hang waits until the sender has gone.
func (s *server) hang(e exchange) {
	select {
	case <-e.r.Context().Done():
	case <-s.closing:
	}
}

// sender returns the one under test, for a provider at url.
func (p Provider) sender(t testing.TB, url string, client *http.Client) phoneauth.SMSSender {
	t.Helper()
	s, err := p.New(url, client)
	require.NoError(t, err, "Provider.New")
	require.NotNil(t, s, "Provider.New")
	return s
}
