package sendertest

import (
	"context"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// patience is how long a Send may take to notice that its context has ended.
const patience = 3 * time.Second

// nobodyListens: what certainly did not leave is temporary.
func nobodyListens(t testing.TB, p Provider) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	l.Close()
	m := p.sample()
	_, err = p.sender(t, "http://"+l.Addr().String(), nil).Send(t.Context(), m)
	e := failure(t, p, err, m)
	assert.Equal(t, phoneauth.Temporary, e.Class, "another provider may do")
	assert.Equal(t, phoneauth.FaultSender, e.Fault, "a provider that cannot be reached is the sender's fault")
}

// breaksAfter: a request that was read may have sent a text; it is not made again.
func breaksAfter(t testing.TB, p Provider) {
	srv := serve(t, p, func(_ *server, e exchange) { e.reset(t) })
	m := p.sample()
	_, err := p.sender(t, srv.url, nil).Send(t.Context(), m)
	e := failure(t, p, err, m)
	assert.Equal(t, phoneauth.Ambiguous, e.Class, "the provider had read it")
	assert.Equal(t, phoneauth.FaultSender, e.Fault, "a provider that does not answer is the sender's fault")
	assert.Len(t, srv.texts(), 1, "one call sends once")
}

// breaksKept: the same on a connection that served before, where clients are quick to
// try again.
func breaksKept(t testing.TB, p Provider) {
	srv := serve(t, p, func(_ *server, e exchange) {
		if e.n > 1 {
			e.reset(t)
			return
		}
		e.accept(p)
	})
	s, m := p.sender(t, srv.url, nil), p.sample()
	_, err := s.Send(t.Context(), m)
	require.NoError(t, err)
	_, err = s.Send(t.Context(), m)
	assert.Equal(t, phoneauth.Ambiguous, failure(t, p, err, m).Class, "the provider had read it")
	assert.Len(t, srv.texts(), 2, "one call sends once")
}

// endedBefore: a context that has ended sends nothing.
func endedBefore(t testing.TB, p Provider) {
	srv := serve(t, p, func(_ *server, e exchange) { e.accept(p) })
	s, m := p.sender(t, srv.url, nil), p.sample()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Send(ctx, m)
	e := failure(t, p, err, m)
	assert.Equal(t, phoneauth.Temporary, e.Class, "it certainly did not leave")
	assert.Empty(t, e.Fault, "it is nobody's fault")
	assert.ErrorIs(t, err, context.Canceled)

	ctx, cancel = context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	_, err = s.Send(ctx, m)
	assert.Equal(t, phoneauth.Temporary, failure(t, p, err, m).Class, "it certainly did not leave")
	assert.ErrorIs(t, err, context.DeadlineExceeded)
	assert.Empty(t, srv.texts())
}

// endsWhile: a context that ends while the provider thinks ends the call, and nobody
// knows what the provider does next.
func endsWhile(t testing.TB, p Provider) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	srv := serve(t, p, func(s *server, e exchange) {
		cancel()
		s.hang(e)
	})
	s, m := p.sender(t, srv.url, nil), p.sample()
	done := make(chan error, 1)
	go func() {
		_, err := s.Send(ctx, m)
		done <- err
	}()
	<-ctx.Done()
	select {
	case err := <-done:
		e := failure(t, p, err, m)
		assert.Equal(t, phoneauth.Ambiguous, e.Class, "the provider had read it")
		assert.Empty(t, e.Fault, "a caller that goes away is nobody's fault")
		assert.ErrorIs(t, err, context.Canceled)
	case <-time.After(patience):
		t.Fatal("Send goes on after its context has ended")
	}
	assert.Len(t, srv.texts(), 1)
}

// deadlines are what contexts are given, 0 for none, and when Send returns at the latest.
var deadlines = []struct{ given, want time.Duration }{
	{0, 10 * time.Second},
	{2 * time.Second, 2 * time.Second},
}

// endsInTime: a provider that never answers ends with the context, or after 10 s. It
// runs under synctest.
func endsInTime(t testing.TB, p Provider, d struct{ given, want time.Duration }) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if d.given > 0 {
		ctx, cancel = context.WithTimeout(ctx, d.given)
		defer cancel()
	}
	safety, stop := context.WithTimeout(t.Context(), time.Hour)
	defer stop()
	var requests atomic.Int32
	hang := roundTripper(func(r *http.Request) (*http.Response, error) {
		requests.Add(1)
		select {
		case <-r.Context().Done():
			return nil, r.Context().Err()
		case <-safety.Done():
			return nil, safety.Err()
		}
	})
	// Nothing listens at port 1, for senders with a client of their own; a name would be
	// looked up, which a bubble cannot do.
	s, m := p.sender(t, "http://127.0.0.1:1", &http.Client{Transport: hang}), p.sample()
	start := time.Now()
	_, err := s.Send(ctx, m)
	took := time.Since(start)
	require.EqualValues(t, 1, requests.Load(), "one request, by the client that New was given")
	assert.LessOrEqual(t, took, d.want, "no call takes longer than its context, or 10 s")
	assert.GreaterOrEqual(t, took, min(time.Second, d.want), "a provider is given a second")
	e := failure(t, p, err, m)
	assert.Equal(t, phoneauth.Ambiguous, e.Class, "the provider may have it")
	assert.Equal(t, phoneauth.FaultSender, e.Fault, "a provider that does not answer in time is the sender's fault")
	assert.ErrorIs(t, err, context.DeadlineExceeded)
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
