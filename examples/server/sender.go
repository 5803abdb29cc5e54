package main

import (
	"errors"
	"io"
	"os"
	"strings"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/console"
	"github.com/phoneauth/phoneauth/senders/webhook"
)

// openSender opens what -sms names, and returns how to close it. Its errors do not quote
// spec, in which there may be a password.
func openSender(spec string, stdout io.Writer) (sender phoneauth.SMSSender, closeSender func() error, err error) {
	nothing := func() error { return nil }
	kind, where, _ := strings.Cut(spec, ":")
	switch {
	case spec == "console":
		return console.New(stdout), nothing, nil
	case kind == "file" && where != "":
		// Whoever can read the codes can sign in: the file is its owner's alone.
		file, err := os.OpenFile(where, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, nil, err
		}
		return console.NewJSON(file), file.Close, nil
	case kind == "webhook" && where != "":
		sender, err := webhook.New(webhook.Config{URL: where})
		if err != nil {
			return nil, nil, err
		}
		return sender, nothing, nil
	}
	return nil, nil, errors.New(`unknown kind of sender, must be "console", "file:PATH" or "webhook:URL"`)
}
