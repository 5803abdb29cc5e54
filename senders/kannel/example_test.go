package kannel_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/kannel"
)

func Example() {
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Println("to", r.Header.Get("X-Kannel-To"))
		w.WriteHeader(http.StatusAccepted) // as Kannel does
	}))
	defer gateway.Close()

	sender, err := kannel.New(kannel.Config{
		URL:         gateway.URL + "/cgi-bin/sendsms",
		Username:    "phoneauth",
		Password:    "secret",
		DeliveryURL: "https://auth.example.com/kannel/0123456789abcdef0123456789abcdef",
	})
	fmt.Println(sender, err)
	receipt, err := sender.Send(context.Background(), phoneauth.Message{
		To:   phoneauth.StoredPhone("+201061797840"),
		Body: "123456 is your Acme sign-in code. Never share it.",
	})
	fmt.Println(receipt.Sender, len(receipt.ID), err)
	// Output:
	// kannel <nil>
	// to +201061797840
	// kannel 26 <nil>
}
