package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/docs"
	"github.com/phoneauth/phoneauth/otelphoneauth"
	"github.com/phoneauth/phoneauth/ui"
)

// apiPaths are where the routes of all APIs are. A host with a page at /signin/ mounts
// them at / and needs no list.
var apiPaths = []string{"/users/", "/connect", "/api/", "/token/", "/logout", "/.well-known/"}

// routes returns the handler of everything that the server serves.
func routes(o options, svc *otelphoneauth.Service, metrics http.Handler, store phoneauth.Store, logger *slog.Logger) *http.ServeMux {
	mux := http.NewServeMux()
	page := ui.Handler(svc, ui.Options{
		Path:           "/",
		Next:           accountPath,
		Name:           "phoneauth",
		Region:         o.region,
		Passwords:      true,
		InsecureCookie: o.insecureCookie,
		Logger:         logger,
	})
	mux.Handle("/", page)
	mux.Handle(accountPath, ui.Account(page, svc, ui.AccountOptions{Path: accountPath}))
	apis := svc.Handler()
	for _, path := range apiPaths {
		mux.Handle(path, apis)
	}
	mux.Handle("/openapi.yaml", docs.Handler())
	mux.Handle("GET /metrics", metrics)
	mountHealth(mux, store, logger)
	return mux
}

// accountPath is where people change what is theirs.
const accountPath = "/account/"

// notMeURL returns the address of the page that notices of a change link to, for people at this
// machine. A text must not link to another one by plain HTTP.
func notMeURL(addr net.Addr) string {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok || !tcp.IP.IsLoopback() {
		return ""
	}
	return "http://" + net.JoinHostPort("localhost", strconv.Itoa(tcp.Port)) + accountPath + "not-me"
}

func mountHealth(mux *http.ServeMux, store phoneauth.Store, logger *slog.Logger) {
	// The process lives.
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "ok\n")
	})
	// It can do its work, too.
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
		defer cancel()
		if err := ready(ctx, store); err != nil {
			logger.WarnContext(ctx, "not ready", "error", err)
			http.Error(w, "the store does not answer", http.StatusServiceUnavailable)
			return
		}
		io.WriteString(w, "ok\n")
	})
}

// stopTimeout is how long requests in flight have when the server is told to stop: a
// sender may take 10 s, the store some more.
const stopTimeout = 20 * time.Second

// newHTTPServer is a server that nobody can hold up.
func newHTTPServer(h http.Handler, logger *slog.Logger) *http.Server {
	return &http.Server{
		Handler: h,
		// A client that sends or reads byte by byte must not hold a connection for ever.
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
	}
}

// serve serves h until ctx ends. Then it takes no new requests, finishes those it has,
// and waits for the texts that svc sends after its answers.
func serve(ctx context.Context, listener net.Listener, svc *phoneauth.Service, h http.Handler, logger *slog.Logger) error {
	server := newHTTPServer(h, logger)
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	var failed error
	select {
	case failed = <-ended:
	case <-ctx.Done():
		logger.Info("stopping")
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	late := server.Shutdown(ctx)
	if late != nil {
		server.Close() // whoever is left has had the time there was
	}
	return errors.Join(failed, late, svc.Close(ctx))
}
