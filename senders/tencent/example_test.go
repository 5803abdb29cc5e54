package tencent_test

import (
	"context"
	"fmt"
	"net/http"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/tencent"
)

func ExampleNew() {
	sender, err := tencent.New(tencent.Config{
		SecretID:  "AKIDexampleexampleexample",
		SecretKey: "from the environment",
		AppID:     "1400006666",
		SignName:  "腾讯云",
		Templates: []tencent.Template{{
			Purpose:   phoneauth.PurposeSignIn,
			ID:        "449739",
			Variables: []string{"{code}", "{minutes}"},
		}},
	})
	fmt.Println(sender, err) // Config.Sender
	// Output: tencent <nil>
}

func ExampleCallbacks() {
	report := func(_ context.Context, d phoneauth.Delivery) { // Service.ReportDelivery
		fmt.Println(d.ID, d.Status, d.Code)
	}
	callbacks, err := tencent.Callbacks(tencent.CallbackConfig{PathSecret: "0123456789abcdef0123456789abcdef"}, report)
	if err != nil {
		panic(err)
	}
	mux := http.NewServeMux()
	mux.Handle("POST /tencent/{secret}", callbacks)
	// Output:
}
