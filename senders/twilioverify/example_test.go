package twilioverify_test

import (
	"context"
	"fmt"
	"net/http"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/twilioverify"
)

func ExampleNew() {
	sender, err := twilioverify.New(twilioverify.Config{
		AccountSID: "AC0123456789abcdef0123456789abcdef",
		AuthToken:  "from the environment",
		ServiceSID: "VA0123456789abcdef0123456789abcdef",
		Channels:   []string{"sms", "whatsapp", "voice"},
	})
	fmt.Println(sender, err) // Config.Sender
	// Output: twilioverify <nil>
}

func ExampleCallbacks() {
	report := func(_ context.Context, d phoneauth.Delivery) { // Service.ReportDelivery
		fmt.Println(d.ID, d.Status, d.Code)
	}
	callbacks, err := twilioverify.Callbacks(twilioverify.CallbackConfig{
		URL:       "https://acme.example/twilioverify",
		AuthToken: "from the environment",
	}, report)
	if err != nil {
		panic(err)
	}
	mux := http.NewServeMux()
	mux.Handle("POST /twilioverify", callbacks)
	// Output:
}
