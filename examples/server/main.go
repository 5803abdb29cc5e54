// Command server shows everything that phoneauth does: a sign-in page and the routes of
// all its APIs on one address, accounts in a SQLite file, and the codes on the console.
// From the root of the repository:
//
//	go run ./examples/server
//
// then open the address that it prints in a browser; or, in another terminal, with the
// code that the first one has printed:
//
//	curl http://127.0.0.1:8080/users/verification/start --json '{"phone":"+201061797840"}'
//	curl http://127.0.0.1:8080/api/v1/login --json '{"user":{"phone":"+201061797840","sms_code":"123456"}}'
//
// People who are signed in change what is theirs at /account/. The description of the APIs is at /openapi.yaml. At /metrics is what Prometheus reads:
// how much the service is used and what it refuses, without numbers, codes and names. In a
// real deployment only your Prometheus may have access to that path.
//
// -h lists the flags. On PostgreSQL and Redis, which docker-compose.yml brings:
//
//	docker compose -f examples/server/docker-compose.yml up -d --wait
//	go run ./examples/server -store postgres://phoneauth:phoneauth@127.0.0.1:5432/phoneauth -redis redis://127.0.0.1:6379
//
// Any number of servers may share them, with the file of -key the same for all: limits
// and sessions hold across them. With texts that phones receive, from a Kannel on this
// machine, and by Twilio where that fails:
//
//	export KANNEL_USERNAME=… KANNEL_PASSWORD=… TWILIO_ACCOUNT_SID=… TWILIO_AUTH_TOKEN=…
//	go run ./examples/server -sms kannel:http://127.0.0.1:13013/cgi-bin/sendsms,twilio:+15005550006
//
// -channels offers several ways to get a code. The same code goes by each of them:
//
//	go run ./examples/server -channels sms=console,whatsapp=file:whatsapp.ndjson
//	curl http://127.0.0.1:8080/api/phone/register --json '{"phone_number":"+201061797840","channel":"whatsapp"}'
//
// -console 127.0.0.1:8081 opens the support desk beside it, for whoever sits at this machine:
// why did a code not arrive, and who did what. The link to it is printed and works once.
//
// -human-check says who must prove to be a person before a code is sent, and how. With
// Cloudflare Turnstile in place of the embedded check:
//
//	export HUMAN_CHECK_SECRET=…
//	go run ./examples/server -human-check turnstile:SITE_KEY
//
// Kannel's delivery reports come back to the server, and appear in its log as delivered
// and undelivered. Those of Twilio and Vonage need an address that the world can reach:
// give it as CALLBACK_URL.
//
// Chromium and Firefox keep its Secure cookies on localhost and 127.0.0.1, though it
// speaks plain HTTP; Safari and curl's cookie jar do not. For those, start the server
// with -insecure-cookie, or send back the session_token of an answer in place of its
// cookie.
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
	"slices"
	"strconv"
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

// run is the whole program. Everything that it takes from its process is an argument, so that a
// test can run it. It serves until ctx ends; an end that was asked
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
	logs := &logWriter{to: stderr}
	defer logs.Close()
	logger := slog.New(slog.NewJSONHandler(logs, nil))

	human, err := humanCheck(o, getenv)
	if err != nil {
		return fmt.Errorf("-human-check: %w", err)
	}

	// What is opened first is closed last: the Service still needs its store and its
	// sender while it ends.
	keys, err := loadKeys(o.key)
	if err != nil {
		return fmt.Errorf("-key: %w", err)
	}
	store, closeStore, err := openStores(ctx, o)
	if err != nil && ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeStore()) }()
	// Before the senders, who tell their gateways where the reports go.
	listener, err := net.Listen("tcp", o.addr)
	if err != nil {
		return fmt.Errorf("-addr: %w", err)
	}
	defer listener.Close() // a second time, where it was served
	deskListener, err := listenConsole(o.console)
	if err != nil {
		return fmt.Errorf("-console: %w", err)
	}
	if deskListener != nil {
		defer deskListener.Close()
	}
	sender, err := o.open(surroundings{getenv, stdout, listener.Addr(), logger})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, sender.Close()) }()

	svc, metrics, err := newService(phoneauth.Config{
		Store:      store,
		Sender:     sender.SMSSender,
		Channels:   sender.channels,
		Keys:       keys,
		Numbers:    phoneauth.NumberRules{DefaultRegion: o.region},
		Limits:     phoneauth.Limits{InsecureOff: o.limits == "off"},
		HumanCheck: human,
		HTTP:       phoneauth.HTTPConfig{InsecureCookie: o.insecureCookie},
		Journal:    phoneauth.JournalRules{Store: journalOf(store)},
		Texts:      phoneauth.TextRules{NotMeURL: notMeURL(listener.Addr())},
		Logger:     logger,
	})
	if err != nil {
		return err
	}
	mux := routes(o, svc, metrics, store, logger)
	sender.mount(mux, svc.ReportDelivery)
	greet(stdout, o, listener.Addr())
	var desk *gate
	if deskListener != nil {
		desk = newGate(svc.Service, deskListener.Addr().String(), getenv("USER"), logger)
		desk.greet(stdout)
	}
	fmt.Fprintf(stderr, "listening on http://%s\n", listener.Addr())

	ctx, cancel := context.WithCancel(ctx)
	var background sync.WaitGroup
	background.Go(func() { purge(ctx, store, logger) })
	if desk != nil {
		background.Go(func() { serveConsole(ctx, deskListener, desk, logger) })
	}
	defer background.Wait()
	defer cancel()
	return serve(ctx, listener, svc.Service, mux, logger)
}

// greet prints what to do next.
func greet(w io.Writer, o options, addr net.Addr) {
	host := addr.String()
	if tcp, ok := addr.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		host = net.JoinHostPort("localhost", strconv.Itoa(tcp.Port)) // no browser goes to [::]
	}
	text := "Open http://" + host + " in a browser to sign in."
	if slices.Contains(o.sendersOf(), "console") {
		text += " Codes are printed here."
	}
	fmt.Fprintln(w, text)
}
