package vonage_test

import (
	"context"
	"fmt"
	"net/http"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/vonage"
)

func ExampleNew() {
	sender, err := vonage.New(vonage.Config{
		APIKey:    "abcd1234",
		APISecret: "from the environment",
		From:      "Acme",
	})
	fmt.Println(sender, err) // Config.Sender
	// Output: vonage <nil>
}

func ExampleCallbacks() {
	report := func(_ context.Context, d phoneauth.Delivery) { // Service.ReportDelivery
		fmt.Println(d.ID, d.Status, d.Code)
	}
	callbacks, err := vonage.Callbacks(vonage.CallbackConfig{SignatureSecret: "from the environment"}, report)
	if err != nil {
		panic(err)
	}
	mux := http.NewServeMux()
	mux.Handle("POST /vonage", callbacks)
	// Output:
}

func ExampleNewVoice() {
	_, err := vonage.NewVoice(vonage.VoiceConfig{
		ApplicationID: "aaaaaaaa-bbbb-cccc-dddd-0123456789ab",
		PrivateKey:    "from the environment",
		From:          "+447700900000",
	})
	fmt.Println(err)
	// Output: vonage: voice: config: PrivateKey must be an RSA key in PEM
}
