package infobip_test

import (
	"context"
	"fmt"
	"net/http"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/infobip"
)

func ExampleNew() {
	sender, err := infobip.New(infobip.Config{
		BaseURL:     "https://xxxxx.api.infobip.com",
		APIKey:      "from the environment",
		From:        "Acme",
		DeliveryURL: "https://infobip:from-the-environment@acme.example/infobip",
		India: &infobip.India{
			EntityID: "1101234567890123456",
			Templates: []infobip.IndiaTemplate{
				{Purpose: phoneauth.PurposeSignIn, ID: "1107123456789012345"},
				{Purpose: phoneauth.PurposeSignIn, Locale: "hi", ID: "1107123456789012346"},
			},
		},
	})
	fmt.Println(sender, err) // Config.Sender
	// Output: infobip <nil>
}

func ExampleCallbacks() {
	report := func(_ context.Context, d phoneauth.Delivery) { // Service.ReportDelivery
		fmt.Println(d.ID, d.Status, d.Code)
	}
	callbacks, err := infobip.Callbacks(infobip.CallbackConfig{
		Username: "infobip",
		Password: "twenty-two characters from the environment",
	}, report)
	if err != nil {
		panic(err)
	}
	mux := http.NewServeMux()
	mux.Handle("POST /infobip", callbacks)
	// Output:
}
