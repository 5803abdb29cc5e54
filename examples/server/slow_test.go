package main

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/memstore"
	"github.com/phoneauth/phoneauth/phonetest"
)

// pipes is a listener whose connections are in memory, so that their deadlines are of the
// clock of a test.
type pipes struct {
	conns chan net.Conn
	ended chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.ended:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { close(p.ended); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

// A client that sends or reads slowly, or says nothing more, loses its connection.
func TestSlowClients(t *testing.T) {
	t.Parallel()
	const head = "POST / HTTP/1.1\r\nHost: example.com\r\nContent-Length: 10\r\n"
	for _, tt := range []struct {
		name, sent string
		reads      bool
		closed     time.Duration
	}{
		{"half of the headers", head, true, 5 * time.Second},
		{"half of the body", head + "\r\n12345", true, 10 * time.Second},
		{"no next request", head + "\r\n1234567890", true, 2 * time.Minute},
		{"reads nothing", head + "\r\n1234567890", false, 30 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				key := []byte(strings.Repeat("k", 32))
				svc, err := phoneauth.New(phoneauth.Config{
					Store: memstore.New(), Sender: phonetest.New(),
					Keys: phoneauth.Keys{Index: key, Secrets: []phoneauth.Key{{ID: "1", Secret: key}}},
				})
				require.NoError(t, err)
				answer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					_, _ = io.Copy(io.Discard, r.Body)
					_, _ = w.Write(make([]byte, 64<<10))
				})
				listener := &pipes{make(chan net.Conn), make(chan struct{})}
				ctx, cancel := context.WithCancel(t.Context())
				ended := make(chan error, 1)
				go func() { ended <- serve(ctx, listener, svc, answer, slog.New(slog.DiscardHandler)) }()

				client, conn := net.Pipe()
				closed := make(chan time.Duration, 1)
				begin := time.Now()
				listener.conns <- &watched{conn, sync.OnceFunc(func() { closed <- time.Since(begin) })}
				_, err = io.WriteString(client, tt.sent)
				require.NoError(t, err)
				if tt.reads {
					_, _ = io.Copy(io.Discard, client)
				}
				took := <-closed
				assert.InDelta(t, tt.closed.Seconds(), took.Seconds(), 1)
				cancel()
				require.NoError(t, <-ended)
			})
		})
	}
}

// watched calls closed when the server closes the connection.
type watched struct {
	net.Conn
	closed func()
}

func (c *watched) Close() error {
	defer c.closed()
	return c.Conn.Close()
}
