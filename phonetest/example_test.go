package phonetest_test

import (
	"context"
	"fmt"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/phonetest"
)

func ExampleInbox() {
	ctx := context.Background()
	inbox := phonetest.New() // Config.Sender
	inbox.Send(ctx, phoneauth.Message{
		To:   phoneauth.StoredPhone("+201061797840"),
		Body: "123456 is your Acme sign-in code. Never share it.",
		Code: "123456",
	})
	code, err := inbox.WaitCode(ctx, "+201061797840") // in a test: inbox.Code(t, "+201061797840")
	fmt.Println(code, err)
	// Output: 123456 <nil>
}

func ExampleInbox_FailNext() {
	ctx := context.Background()
	inbox := phonetest.New()
	inbox.FailNext(phonetest.Temporary, nil, phonetest.Permanent)
	for range 4 {
		_, err := inbox.Send(ctx, phoneauth.Message{To: phoneauth.StoredPhone("+201061797840"), Body: "Hello."})
		fmt.Println(err)
	}
	fmt.Println(inbox.Sends(), "sends,", len(inbox.Messages()), "arrived")
	// Output:
	// phoneauth: send: temporary, sender (phonetest)
	// <nil>
	// phoneauth: send: permanent, destination (phonetest)
	// <nil>
	// 4 sends, 2 arrived
}
