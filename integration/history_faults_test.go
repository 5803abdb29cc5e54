package integration_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// proxy passes on what goes between a driver and its server.
type proxy struct {
	listener net.Listener
	server   string
	mu       sync.Mutex
	links    map[*link]bool
	// cuts and losses are the connections that ended by them.
	cuts, losses atomic.Int64
}

type link struct {
	driver, server net.Conn
	// lose: the next answer is not passed on, and the connection ends with it.
	lose atomic.Bool
}

func (l *link) close() {
	_ = l.driver.Close()
	_ = l.server.Close()
}

func newProxy(t testing.TB, server string) *proxy {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &proxy{listener: l, server: server, links: map[*link]bool{}}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			driver, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { p.pass(driver) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		p.each(func(l *link) { l.close() })
		all.Wait()
	})
	return p
}

// dial is for drivers that would dial the server.
func (p *proxy) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, "tcp", p.listener.Addr().String())
}

func (p *proxy) pass(driver net.Conn) {
	server, err := net.Dial("tcp", p.server)
	if err != nil {
		_ = driver.Close()
		return
	}
	l := &link{driver: driver, server: server}
	p.mu.Lock()
	p.links[l] = true
	p.mu.Unlock()
	var requests sync.WaitGroup
	requests.Go(func() {
		_, _ = io.Copy(server, driver)
		l.close()
	})
	p.answers(l)
	l.close()
	requests.Wait()
	p.mu.Lock()
	delete(p.links, l)
	p.mu.Unlock()
}

func (p *proxy) answers(l *link) {
	buf := make([]byte, 32<<10)
	for {
		n, err := l.server.Read(buf)
		if n > 0 && l.lose.Load() {
			p.losses.Add(1)
			return
		}
		if _, failed := l.driver.Write(buf[:n]); err != nil || failed != nil {
			return
		}
	}
}

func (p *proxy) each(do func(*link)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.links {
		do(l)
	}
}

// cut cuts some connections, whatever is under way on them.
func (p *proxy) cut() {
	p.each(func(l *link) {
		if rand.IntN(4) == 0 {
			p.cuts.Add(1)
			l.close()
		}
	})
}

// lose loses the next answer on some connections, of which the server has done the
// request.
func (p *proxy) lose() {
	p.each(func(l *link) {
		if rand.IntN(4) == 0 {
			l.lose.Store(true)
		}
	})
}

// What a server that is not paused answers at once, whoever asks.
var (
	redisHello    = []byte("PING\r\n")
	postgresHello = []byte{0, 0, 0, 8, 4, 210, 22, 47} // SSLRequest
)

// pausing is a fault: the server that p leads to does nothing until a hello has gone
// unanswered for a moment, and then what it was sent.
func (p *proxy) pausing(t *testing.T, hello []byte, pause, resume func() error) func() {
	var one sync.Mutex
	return func() {
		one.Lock()
		defer one.Unlock()
		if err := errors.Join(pause(), p.unanswered(hello), resume()); err != nil {
			t.Error(err)
		}
	}
}

// unanswered is an error if the server does answer.
func (p *proxy) unanswered(hello []byte) error {
	conn, err := net.Dial("tcp", p.server)
	if err != nil {
		return err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(30 * time.Millisecond))
	if _, err := conn.Write(hello); err != nil {
		return err
	}
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		return fmt.Errorf("a paused server answers: %w", err)
	}
	return nil
}

// someShort is a deadline that is in the middle of some calls.
func someShort(r *rand.Rand) time.Duration {
	if r.IntN(100) == 0 {
		return time.Duration(r.Int64N(int64(5 * time.Millisecond)))
	}
	return 20 * time.Second
}
