package twilio_test

import (
	"context"
	"fmt"
	"net/http"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/twilio"
)

func ExampleNew() {
	sender, err := twilio.New(twilio.Config{
		AccountSID:          "AC0123456789abcdef0123456789abcdef",
		AuthToken:           "from the environment",
		MessagingServiceSID: "MG0123456789abcdef0123456789abcdef",
		StatusCallback:      "https://acme.example/twilio",
	})
	fmt.Println(sender, err) // Config.Sender
	// Output: twilio <nil>
}

func ExampleCallbacks() {
	report := func(_ context.Context, d phoneauth.Delivery) { // Service.ReportDelivery
		fmt.Println(d.ID, d.Status, d.Code)
	}
	callbacks, err := twilio.Callbacks(twilio.CallbackConfig{
		URL:       "https://acme.example/twilio",
		AuthToken: "from the environment",
	}, report)
	if err != nil {
		panic(err)
	}
	mux := http.NewServeMux()
	mux.Handle("POST /twilio", callbacks)
	// Output:
}
