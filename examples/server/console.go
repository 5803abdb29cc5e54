package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/console"
)

// How long the link is good that opens the support desk, and how long the operator's cookie.
const (
	linkLife   = 10 * time.Minute
	cookieLife = 8 * time.Hour
)

// journalOf is the part of store that keeps the journal: where challenges are, if there are
// several parts. It is nil where none of them can.
func journalOf(store phoneauth.Store) phoneauth.JournalStore {
	if parts, ok := store.(phoneauth.Stores); ok {
		journal, _ := parts.ChallengeStore.(phoneauth.JournalStore)
		return journal
	}
	journal, _ := store.(phoneauth.JournalStore)
	return journal
}

// listenConsole listens at addr, which must be one of loopback. It is nil where addr is empty.
func listenConsole(addr string) (net.Listener, error) {
	if addr == "" {
		return nil, nil
	}
	host, _, err := net.SplitHostPort(addr)
	ip, _ := netip.ParseAddr(host)
	if err != nil || host != "localhost" && !ip.IsLoopback() {
		return nil, errors.New("must be an address of this machine alone, such as 127.0.0.1:8081")
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	if tcp, ok := listener.Addr().(*net.TCPAddr); !ok || !tcp.IP.IsLoopback() { // a localhost that is none
		return nil, errors.Join(errors.New("is no address of this machine alone"), listener.Close())
	}
	return listener, nil
}

// gate lets one operator in to the desk: whoever opens the link first. It is for this process
// alone.
type gate struct {
	addr, name string
	desk       http.Handler

	mu                    sync.Mutex
	key, cookie           string // empty: used, or not yet given
	keyUntil, cookieUntil time.Time
}

// newGate is the desk of svc at addr, for an operator of that name.
func newGate(svc *phoneauth.Service, addr, name string, logger *slog.Logger) *gate {
	g := &gate{addr: addr, name: cmp.Or(name, "operator"), key: rand.Text(), keyUntil: time.Now().Add(linkLife)}
	g.desk = console.Handler(svc, console.Options{Operator: g.operator, SearchByGET: true, Logger: logger})
	return g
}

// greet prints the link. It goes to standard output, and never to the log.
func (g *gate) greet(w io.Writer) {
	fmt.Fprintf(w, "Open http://%s/enter?key=%s for the support desk. The link works once, within %d minutes.\n",
		g.addr, g.key, int(linkLife.Minutes()))
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Host != g.addr && r.Host+":80" != g.addr { // a name of somebody else's that leads here
		http.Error(w, "This is not the address of the support desk.", http.StatusMisdirectedRequest)
		return
	}
	if r.Method == http.MethodGet && r.URL.Path == "/enter" {
		g.enter(w, r)
		return
	}
	g.desk.ServeHTTP(w, r)
}

func (g *gate) enter(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	if !same(r.URL.Query().Get("key"), g.key) || !now.Before(g.keyUntil) {
		http.Error(w, "The link was used, or it is too old. The server prints another when it starts.", http.StatusForbidden)
		return
	}
	g.key, g.cookie, g.cookieUntil = "", rand.Text(), now.Add(cookieLife)
	http.SetCookie(w, &http.Cookie{
		Name: g.cookieName(), Value: g.cookie, Path: "/", MaxAge: int(cookieLife.Seconds()),
		HttpOnly: true, SameSite: http.SameSiteStrictMode,
	})
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// cookieName has the port, because cookies of one machine are shared by its ports.
func (g *gate) cookieName() string {
	_, port, _ := net.SplitHostPort(g.addr)
	return "phoneauth_console_" + port
}

// operator is for console.Options.
func (g *gate) operator(r *http.Request) (string, error) {
	cookie, err := r.Cookie(g.cookieName())
	if err != nil {
		return "", err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if !same(cookie.Value, g.cookie) || !time.Now().Before(g.cookieUntil) {
		return "", errors.New("not the operator's cookie")
	}
	return g.name, nil
}

// same compares with a secret. An empty secret is like nothing.
func same(given, secret string) bool {
	return secret != "" && subtle.ConstantTimeCompare([]byte(given), []byte(secret)) == 1
}

// serveConsole serves the desk until ctx ends.
func serveConsole(ctx context.Context, listener net.Listener, g *gate, logger *slog.Logger) {
	server := newHTTPServer(g, logger)
	stop := context.AfterFunc(ctx, func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
		defer cancel()
		if server.Shutdown(ctx) != nil {
			server.Close()
		}
	})
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		logger.ErrorContext(ctx, "the support desk does not answer any more", "error", err)
	}
}
