// Command server shows everything that phoneauth does: the routes of all its APIs on
// one address, and the codes on the console. From the root of the repository:
//
//	go run ./examples/server
//
// then, in another terminal, with the code that the first one has printed:
//
//	curl http://127.0.0.1:8080/users/verification/start --json '{"phone":"+201061797840"}'
//	curl http://127.0.0.1:8080/api/v1/login --json '{"user":{"phone":"+201061797840","sms_code":"123456"}}'
//
// -h lists the flags.
//
// Browsers keep its Secure cookies on localhost, though it speaks plain HTTP; curl's
// cookie jar does not. There, send back the session_token of an answer in place of its
// cookie, or start the server with -insecure-cookie.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"github.com/phoneauth/phoneauth"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	if err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "server:", err)
		os.Exit(1)
	}
}

// run is the whole program, with everything that it takes from its process as an
// argument, so that a test can run it. It serves until ctx ends; an end that was asked
// for is no error.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) (err error) {
	o, err := parseFlags(args, getenv)
	if errors.Is(err, flag.ErrHelp) {
		printUsage(stderr)
		return nil
	}
	if err != nil {
		return err
	}
	logger := slog.New(slog.NewJSONHandler(stderr, nil))

	// What is opened first is closed last: the Service still needs its store and its
	// sender while it ends.
	keys, err := loadKeys(o.key)
	if err != nil {
		return fmt.Errorf("-key: %w", err)
	}
	store, closeStore, err := openStore(o.store)
	if err != nil {
		return fmt.Errorf("-store: %w", err)
	}
	defer func() { err = errors.Join(err, closeStore()) }()
	sender, closeSender, err := openSender(o.sms, stdout)
	if err != nil {
		return fmt.Errorf("-sms: %w", err)
	}
	defer func() { err = errors.Join(err, closeSender()) }()

	svc, err := phoneauth.New(phoneauth.Config{
		Store:   store,
		Sender:  sender,
		Keys:    keys,
		Numbers: phoneauth.NumberRules{DefaultRegion: o.region},
		Limits:  phoneauth.Limits{InsecureOff: o.limits == "off"},
		HTTP:    phoneauth.HTTPConfig{InsecureCookie: o.insecureCookie},
		Logger:  logger,
	})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", o.addr)
	if err != nil {
		return fmt.Errorf("-addr: %w", err)
	}
	fmt.Fprintf(stderr, "listening on http://%s\n", listener.Addr())

	ctx, cancel := context.WithCancel(ctx)
	var background sync.WaitGroup
	background.Go(func() { purge(ctx, store, logger) })
	defer background.Wait()
	defer cancel()
	return serve(ctx, listener, svc, routes(svc, store, logger), logger)
}
