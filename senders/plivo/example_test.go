package plivo_test

import (
	"context"
	"fmt"
	"net/http"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/plivo"
)

func ExampleNew() {
	sender, err := plivo.New(plivo.Config{
		AuthID:         "MA0123456789ABCDEF01",
		AuthToken:      "from the environment",
		From:           "+14155552345",
		StatusCallback: "https://acme.example/plivo",
	})
	fmt.Println(sender, err) // Config.Sender
	// Output: plivo <nil>
}

func ExampleCallbacks() {
	report := func(_ context.Context, d phoneauth.Delivery) { // Service.ReportDelivery
		fmt.Println(d.ID, d.Status, d.Code)
	}
	callbacks, err := plivo.Callbacks(plivo.CallbackConfig{
		URL:       "https://acme.example/plivo",
		AuthToken: "from the environment",
	}, report)
	if err != nil {
		panic(err)
	}
	mux := http.NewServeMux()
	mux.Handle("POST /plivo", callbacks)
	// Output:
}
