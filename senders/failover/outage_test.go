package failover_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/bubble"
	"github.com/phoneauth/phoneauth/memstore"
	"github.com/phoneauth/phoneauth/phonetest"
	"github.com/phoneauth/phoneauth/senders/failover"
	"github.com/phoneauth/phoneauth/senders/kannel"
)

// gateway is an HTTP server of the bubble that keeps the requests it read.
type gateway struct {
	mu     sync.Mutex
	bodies []string

	dial  func(context.Context) error // nil: a connection is made at once
	serve func(c net.Conn, read func())
}

func (g *gateway) client() *http.Client {
	return &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		if g.dial != nil {
			if err := g.dial(ctx); err != nil {
				return nil, &net.OpError{Op: "dial", Err: err}
			}
		}
		ours, theirs := net.Pipe()
		go func() {
			defer theirs.Close()
			g.serve(theirs, func() {
				req, err := http.ReadRequest(bufio.NewReader(theirs))
				if err != nil {
					return
				}
				body, _ := io.ReadAll(req.Body)
				g.mu.Lock()
				defer g.mu.Unlock()
				g.bodies = append(g.bodies, string(body))
			})
		}()
		return ours, nil
	}}}
}

func (g *gateway) read() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.bodies
}

func answers(status, body string) func(net.Conn, func()) {
	return func(c net.Conn, read func()) {
		read()
		io.WriteString(c, "HTTP/1.1 "+status+"\r\nConnection: close\r\n\r\n"+body)
	}
}

// service is a Service that sends through g, and when that refuses to an inbox.
func service(t *testing.T, g *gateway, events ...*[]phoneauth.Event) (*phoneauth.Service, *phonetest.Inbox) {
	t.Helper()
	primary, err := kannel.New(kannel.Config{URL: "http://kannel.example/cgi-bin/sendsms", Username: "u", Password: "p", Client: g.client()})
	require.NoError(t, err)
	second := phonetest.New()
	key := bytes.Repeat([]byte("k"), 32)
	svc, err := phoneauth.New(phoneauth.Config{
		Store: memstore.New(),
		Sender: newSender(t, failover.Config{Senders: []failover.Entry{
			{Name: "primary", Sender: primary}, {Name: "second", Sender: second},
		}}),
		Keys:   phoneauth.Keys{Index: key, Secrets: []phoneauth.Key{{ID: "1", Secret: key}}},
		Logger: slog.New(slog.DiscardHandler),
		Hooks: phoneauth.Hooks{OnEvent: func(_ context.Context, e phoneauth.Event) {
			for _, all := range events {
				*all = append(*all, e)
			}
		}},
	})
	require.NoError(t, err)
	return svc, second
}

// What the user sees of a primary's bad day, on the wire, how many texts go out, and how
// long it takes.
func TestPrimaryOutage(t *testing.T) {
	t.Parallel()
	const accepted = "202 Accepted"
	for name, c := range map[string]struct {
		g      *gateway
		class  phoneauth.SendClass // of the failed send, which the user sees as 503; "": a code
		read   int                 // requests that the primary read
		second int                 // texts of the second
		takes  time.Duration
	}{
		"well": {
			g:    &gateway{serve: answers(accepted, "0: Accepted for delivery")},
			read: 1,
		},
		"hangs for 30 s, then accepts": {
			g: &gateway{serve: func(c net.Conn, read func()) {
				read()
				bubble.Elapse(30 * time.Second)
				io.WriteString(c, "HTTP/1.1 202 Accepted\r\n\r\n")
			}},
			class: phoneauth.Ambiguous, read: 1, takes: 5 * time.Second,
		},
		"accepts after 4 s": {
			g: &gateway{serve: func(c net.Conn, read func()) {
				read()
				bubble.Elapse(4 * time.Second)
				io.WriteString(c, "HTTP/1.1 202 Accepted\r\nConnection: close\r\n\r\n")
			}},
			read: 1, takes: 4 * time.Second,
		},
		"connection hangs for 30 s": {
			g: &gateway{dial: func(context.Context) error {
				bubble.Elapse(30 * time.Second) // net/http goes on dialling without its caller
				return syscall.ETIMEDOUT
			}},
			second: 1, takes: 5 * time.Second,
		},
		"connection refused": {
			g:      &gateway{dial: func(context.Context) error { return syscall.ECONNREFUSED }},
			second: 1,
		},
		"500 may have been accepted": {
			g:     &gateway{serve: answers("500 Internal Server Error", "")},
			class: phoneauth.Ambiguous, read: 1,
		},
		"503 of Kannel was not": {
			g:    &gateway{serve: answers("503 Service Unavailable", "Temporal failure, try again later.")},
			read: 1, second: 1,
		},
		"403": {
			g:    &gateway{serve: answers("403 Forbidden", "Authorization failed for sendsms")},
			read: 1, second: 1,
		},
		"400, the number is denied": {
			g:    &gateway{serve: answers("400 Bad Request", "Number(s) has/have been denied by white- and/or black-lists.")},
			read: 1, second: 1,
		},
		// The reset comes after the sender began to write: it cannot know how far the
		// other side read.
		"resets before the request is read": {
			g:     &gateway{serve: func(net.Conn, func()) { <-time.After(time.Millisecond) }},
			class: phoneauth.Ambiguous, takes: time.Millisecond,
		},
		"resets after the request is read": {
			g:     &gateway{serve: func(_ net.Conn, read func()) { read() }},
			class: phoneauth.Ambiguous, read: 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var events []phoneauth.Event
				svc, second := service(t, c.g, &events)
				r := httptest.NewRequest(http.MethodPost, "/api/phone/register", strings.NewReader(`{"phone_number":"`+cairo.To.E164()+`"}`))
				r.Header.Set("Content-Type", "application/json")
				w := httptest.NewRecorder()
				begun := time.Now()
				svc.Handler().ServeHTTP(w, r)
				assert.InDelta(t, c.takes, time.Since(begun), 1000)
				assert.Len(t, c.g.read(), c.read)
				assert.Len(t, second.Messages(), c.second)
				require.Len(t, events, 1)
				assert.Equal(t, c.class, events[0].SendClass)
				if c.class == "" {
					assert.Equal(t, http.StatusOK, w.Code)
					assert.Contains(t, w.Body.String(), `"code_length":6`)
				} else {
					assert.Equal(t, http.StatusServiceUnavailable, w.Code)
					assert.Contains(t, w.Body.String(), `"code":"unavailable"`)
				}
				bubble.Elapse(time.Minute) // what hangs ends
			})
		})
	}
}

// A user who was shown an error asks again, and gets the code of the text that may have
// gone.
func TestAmbiguousKeepsTheCode(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &gateway{serve: func(_ net.Conn, read func()) { read() }} // resets
		svc, second := service(t, g)
		ask := phoneauth.RegisterRequest{Phone: cairo.To.E164()}
		_, err := svc.Register(t.Context(), ask)
		require.ErrorIs(t, err, phoneauth.ErrUnavailable)

		bubble.Elapse(time.Minute) // the limit of a phone
		g.serve = answers("202 Accepted", "0: Accepted for delivery")
		pending, err := svc.Register(t.Context(), ask)
		require.NoError(t, err)
		texts := g.read()
		require.Len(t, texts, 2)
		assert.Equal(t, texts[0], texts[1])
		assert.Zero(t, second.Sends())

		code := regexp.MustCompile(`\d{6}`).FindString(texts[0])
		session, err := svc.Login(t.Context(), phoneauth.LoginRequest{Phone: ask.Phone, Code: code, ChallengeToken: pending.ChallengeToken})
		require.NoError(t, err)
		assert.True(t, session.New)
	})
}

// Three users pay for a primary that hangs, then the second is asked at once.
func TestUsersOfAHangingPrimary(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &gateway{serve: func(_ net.Conn, read func()) { read(); <-time.After(30 * time.Second) }}
		svc, second := service(t, g)
		phones := []string{"+201061797840", "+201061797841", "+201061797842", "+201061797843", "+201061797844"}
		for i, phone := range phones {
			begun := time.Now()
			_, err := svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone})
			if i < 3 {
				require.ErrorIs(t, err, phoneauth.ErrUnavailable)
				assert.InDelta(t, 5*time.Second, time.Since(begun), 1000)
				continue
			}
			require.NoError(t, err)
			assert.Zero(t, time.Since(begun))
		}
		assert.Len(t, g.read(), 3)
		assert.Len(t, second.Messages(), 2)
		bubble.Elapse(time.Minute)
	})
}
