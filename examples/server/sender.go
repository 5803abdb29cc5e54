package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/console"
	"github.com/phoneauth/phoneauth/senders/failover"
)

// surroundings are what senders take from the process.
type surroundings struct {
	getenv func(string) string
	stdout io.Writer
	addr   net.Addr // of this server
	logger *slog.Logger
}

// senders are what -sms or -channels name.
type senders struct {
	phoneauth.SMSSender                     // of -sms: one, or all in their order
	channels            []phoneauth.Channel // of -channels

	around    surroundings
	kinds     map[string]int     // how many there are of each kind
	orders    []*failover.Sender // of several senders each
	callbacks map[string]http.Handler
	report    report // of mount
	files     []io.Closer
}

// report is told what became of a message.
type report = func(context.Context, phoneauth.Delivery)

func newSenders(around surroundings) *senders {
	return &senders{around: around, kinds: map[string]int{}, callbacks: map[string]http.Handler{}}
}

// openSenders opens what -sms names. Its errors do not quote spec, in which there may be
// a password.
func openSenders(spec string, around surroundings) (*senders, error) {
	s := newSenders(around)
	var err error
	if s.SMSSender, err = s.group(spec); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// group opens the senders of spec, as one sender that tries them in their order.
func (s *senders) group(spec string) (phoneauth.SMSSender, error) {
	var entries []failover.Entry
	for _, one := range splitSenders(spec) {
		kind, where, _ := strings.Cut(one, ":")
		name := kind
		if s.kinds[kind]++; s.kinds[kind] > 1 {
			name = fmt.Sprintf("%s-%d", kind, s.kinds[kind])
		}
		sender, err := s.open(name, kind, where, s.around)
		if err != nil {
			return nil, err
		}
		entries = append(entries, failover.Entry{Name: name, Sender: sender})
	}
	if len(entries) == 1 {
		return entries[0].Sender, nil
	}
	order, err := failover.New(failover.Config{Senders: entries, Logger: s.around.logger})
	if err != nil {
		return nil, err
	}
	s.orders = append(s.orders, order)
	return order, nil
}

var beginsSender = regexp.MustCompile(`^([a-z]+[0-9]*:|console$)`)

// splitSenders splits spec at the commas. One that nothing like KIND: comes after is in
// a URL or a path, and no end.
func splitSenders(spec string) (all []string) {
	for part := range strings.SplitSeq(spec, ",") {
		if len(all) == 0 || part == "" || beginsSender.MatchString(part) {
			all = append(all, part)
		} else {
			all[len(all)-1] += "," + part
		}
	}
	return all
}

func (s *senders) open(name, kind, where string, around surroundings) (phoneauth.SMSSender, error) {
	switch {
	case kind == "console" && where == "":
		return console.New(around.stdout), nil
	case kind == "file" && where != "":
		// Whoever can read the codes can sign in: the file is its owner's alone.
		file, err := os.OpenFile(where, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, err
		}
		s.files = append(s.files, file)
		return console.NewJSON(file), nil
	case kind == "webhook" && where != "":
		return s.webhook(where, name, around.getenv)
	case kind == "kannel" && where != "":
		return s.kannel(where, name, around)
	case kind == "twilio" && where != "":
		return s.twilio(where, name, around.getenv)
	case kind == "vonage" && where != "":
		return s.vonage(where, name, around.getenv)
	}
	if open, ok := templateSenders[kind]; ok && (where != "" || kind == "telegram") {
		return open(s, where, name, around.getenv)
	}
	if open := byProvider[kind]; open != nil && where != "" {
		return open(s, where, name, around.getenv)
	}
	return nil, errors.New(`unknown kind of sender, must be "console", "file:PATH", "webhook:URL", "kannel:URL", "twilio:FROM", "vonage:FROM" or another that -h lists`)
}

// reports returns what the callbacks of the sender of this name report to, who may be one of
// several of a kind.
func (s *senders) reports(name string) report {
	return func(ctx context.Context, d phoneauth.Delivery) {
		d.Sender = name
		for _, order := range s.orders { // one of them has a sender of this name
			order.Report(ctx, d)
		}
		s.report(ctx, d)
	}
}

// mount mounts what the senders report to. Each has a path of its own.
func (s *senders) mount(mux *http.ServeMux, report report) {
	s.report = report
	for pattern, h := range s.callbacks {
		mux.Handle(pattern, h)
	}
}

func (s *senders) Close() error {
	var errs []error
	for _, file := range s.files {
		errs = append(errs, file.Close())
	}
	return errors.Join(errs...)
}
