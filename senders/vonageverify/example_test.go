package vonageverify_test

import (
	"context"
	"fmt"
	"net/http"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/vonageverify"
)

func ExampleNew() {
	_, key := keyPair() // os.ReadFile of the file that Vonage's dashboard gave
	sender, err := vonageverify.New(vonageverify.Config{
		ApplicationID: "78d335fa-323d-0114-9c3d-d6f0d48968cf",
		PrivateKey:    phoneauth.Secret(key),
		Brand:         "Acme",
		Channels:      []string{"sms", "voice"},
	})
	fmt.Println(sender, err) // Config.Sender
	// Output: vonageverify <nil>
}

func ExampleCallbacks() {
	report := func(_ context.Context, d phoneauth.Delivery) { // Service.ReportDelivery
		fmt.Println(d.ID, d.Status, d.Code)
	}
	callbacks, err := vonageverify.Callbacks(vonageverify.CallbackConfig{SignatureSecret: "from the environment"}, report)
	if err != nil {
		panic(err)
	}
	mux := http.NewServeMux()
	mux.Handle("POST /vonageverify", callbacks)
	// Output:
}
