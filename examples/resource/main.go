// Command resource is a service of its own that takes the access tokens of a phoneauth
// server: over HTTP and over gRPC. It has no key that signs and shares no secret with
// that server; it reads the public keys at its /.well-known/jwks.json.
//
//	keyset.go  reads the keys, and fetches them anew when a token names an unknown one
//	http.go    a middleware, and a route behind it
//	grpc.go    an interceptor of unary calls, and a service behind it
//
// The server must sign with keys of Ed25519 or P-256, because a shared secret is never
// published:
//
//	tokens, err := phoneauth.NewJWT(phoneauth.JWTConfig{
//		Issuer: "https://auth.example.com", Audience: "example",
//		Keys:   []phoneauth.SigningKey{{ID: "2026", Key: ed25519PrivateKey}},
//	})
//	svc, err := phoneauth.New(phoneauth.Config{Tokens: tokens, …})
//
// An access token is good until it expires, 15 minutes at most, also when its session was
// ended meanwhile: only the phoneauth server knows of that.
package main

import (
	"context"
	"errors"
	"flag"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	url := flag.String("keys", "http://127.0.0.1:8080/.well-known/jwks.json", "`URL` of the issuer's public keys; https, unless it is this machine")
	issuer := flag.String("issuer", "https://auth.example.com", "issuer of the tokens")
	audience := flag.String("audience", "example", "audience of the tokens")
	httpAddr := flag.String("http", "127.0.0.1:8081", "`address` of the HTTP service")
	grpcAddr := flag.String("grpc", "127.0.0.1:8082", "`address` of the gRPC service")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	keys := NewKeySet(*url, *issuer, *audience, slog.Default())
	if err := serve(ctx, keys, *httpAddr, *grpcAddr); err != nil {
		log.Fatal(err)
	}
}

// serve serves both until ctx ends, and then finishes what is in flight.
func serve(ctx context.Context, keys *KeySet, httpAddr, grpcAddr string) error {
	listener, err := net.Listen("tcp", grpcAddr)
	if err != nil {
		return err
	}
	rpc := newGRPC(keys)
	web := &http.Server{
		Addr: httpAddr, Handler: routes(keys),
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute,
	}
	ended := make(chan error, 2)
	go func() { ended <- rpc.Serve(listener) }()
	go func() { ended <- web.ListenAndServe() }()
	select {
	case err = <-ended:
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	defer context.AfterFunc(ctx, rpc.Stop)() // whoever is left has had the time there was
	rpc.GracefulStop()
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return errors.Join(err, web.Shutdown(ctx))
}
