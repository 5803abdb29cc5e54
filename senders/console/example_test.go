package console_test

import (
	"context"
	"os"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/console"
)

func ExampleNew() {
	var sender phoneauth.SMSSender = console.New(os.Stdout) // Config.Sender
	sender.Send(context.Background(), phoneauth.Message{
		To:   phoneauth.StoredPhone("+201061797840"),
		Body: "123456 is your Acme sign-in code. Never share it.",
	})
	// Output: SMS to +201061797840: 123456 is your Acme sign-in code. Never share it.
}
