package telegram_test

import (
	"context"
	"fmt"
	"net/http"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/telegram"
)

func ExampleNew() {
	sender, err := telegram.New(telegram.Config{
		Token:       "from the environment",
		CallbackURL: "https://acme.example/telegram",
	})
	fmt.Println(sender, err) // Config.Sender
	// Output: telegram <nil>
}

func ExampleCallbacks() {
	report := func(_ context.Context, d phoneauth.Delivery) { // Service.ReportDelivery
		fmt.Println(d.ID, d.Status, d.Code)
	}
	callbacks, err := telegram.Callbacks(telegram.CallbackConfig{Token: "from the environment"}, report)
	if err != nil {
		panic(err)
	}
	mux := http.NewServeMux()
	mux.Handle("POST /telegram", callbacks)
	// Output:
}
