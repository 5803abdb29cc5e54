package whatsapp_test

import (
	"context"
	"fmt"
	"net/http"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/whatsapp"
)

func ExampleNew() {
	sender, err := whatsapp.New(whatsapp.Config{
		PhoneNumberID: "106540352242922",
		AccessToken:   "from the environment",
		Templates: []whatsapp.Template{
			{Purpose: phoneauth.PurposeSignIn, Name: "login_code", Language: "en_US"},
			{Purpose: phoneauth.PurposeSignIn, Name: "login_code", Language: "pt_BR"},
		},
	})
	fmt.Println(sender, err) // Config.Sender
	// Notices have no template here: another sender must send them.
	fmt.Println(sender.Supports(phoneauth.Message{Purpose: phoneauth.NoticePasswordChanged}))
	// Output:
	// whatsapp <nil>
	// false
}

func ExampleCallbacks() {
	report := func(_ context.Context, d phoneauth.Delivery) { // Service.ReportDelivery
		fmt.Println(d.ID, d.Status, d.Code)
	}
	callbacks, err := whatsapp.Callbacks(whatsapp.CallbackConfig{
		AppSecret:   "from the environment",
		VerifyToken: "from the environment too",
	}, report)
	if err != nil {
		panic(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/whatsapp", callbacks) // GET and POST
	// Output:
}
