package msg91_test

import (
	"context"
	"fmt"
	"net/http"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/msg91"
)

func ExampleNew() {
	sender, err := msg91.New(msg91.Config{
		AuthKey: "from the environment",
		Templates: []msg91.Template{{
			Purpose:   phoneauth.PurposeSignIn,
			ID:        "6241c8e0e2f5a2b7c9d0e1f2",
			Variables: map[string]string{"otp": "{code}"},
		}},
	})
	fmt.Println(sender, err) // Config.Sender
	// Output: msg91 <nil>
}

func ExampleCallbacks() {
	report := func(_ context.Context, d phoneauth.Delivery) { // Service.ReportDelivery
		fmt.Println(d.ID, d.Status, d.Code)
	}
	callbacks, err := msg91.Callbacks(msg91.CallbackConfig{PathSecret: "0123456789abcdef0123456789abcdef"}, report)
	if err != nil {
		panic(err)
	}
	mux := http.NewServeMux()
	mux.Handle("POST /msg91/{secret}", callbacks)
	// Output:
}
