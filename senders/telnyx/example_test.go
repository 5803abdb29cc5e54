package telnyx_test

import (
	"context"
	"fmt"
	"net/http"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/telnyx"
)

func ExampleNew() {
	sender, err := telnyx.New(telnyx.Config{
		APIKey:     "from the environment",
		From:       "+14155552345",
		WebhookURL: "https://acme.example/telnyx",
	})
	fmt.Println(sender, err) // Config.Sender
	// Output: telnyx <nil>
}

func ExampleCallbacks() {
	report := func(_ context.Context, d phoneauth.Delivery) { // Service.ReportDelivery
		fmt.Println(d.ID, d.Status, d.Code)
	}
	callbacks, err := telnyx.Callbacks(telnyx.CallbackConfig{
		PublicKey: "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", // of the account
	}, report)
	if err != nil {
		panic(err)
	}
	mux := http.NewServeMux()
	mux.Handle("POST /telnyx", callbacks)
	// Output:
}
