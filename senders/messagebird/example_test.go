package messagebird_test

import (
	"context"
	"fmt"
	"net/http"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/messagebird"
)

func ExampleNew() {
	sender, err := messagebird.New(messagebird.Config{
		AccessKey: "from the environment",
		From:      "Acme",
		ReportURL: "https://acme.example/messagebird",
	})
	fmt.Println(sender, err) // Config.Sender
	// Output: messagebird <nil>
}

func ExampleCallbacks() {
	report := func(_ context.Context, d phoneauth.Delivery) { // Service.ReportDelivery
		fmt.Println(d.ID, d.Status, d.Code)
	}
	callbacks, err := messagebird.Callbacks(messagebird.CallbackConfig{
		URL:        "https://acme.example/messagebird",
		SigningKey: "from the environment",
	}, report)
	if err != nil {
		panic(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/messagebird", callbacks)
	// Output:
}
