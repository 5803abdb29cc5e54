package callback_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/callback"
)

// acmeCallbacks is a handler for a provider that signs nothing, and is known by a secret
// in the path.
func acmeCallbacks(secret string, report callback.Report) http.Handler {
	return callback.Behind(secret, callback.Posts(report, func(_ *http.Request, body []byte) (d phoneauth.Delivery, refuse int) {
		var said struct{ ID, State, Reason, From, Text string }
		if json.Unmarshal(body, &said) != nil || said.ID == "" {
			return d, http.StatusBadRequest
		}
		d = phoneauth.Delivery{ID: said.ID, Sender: "acme"}
		switch {
		case said.State == "delivered":
			d.Status = phoneauth.Delivered
		case said.State == "failed":
			d.Status, d.Code = phoneauth.Undelivered, said.Reason
			switch said.Reason { // those that mean something to us
			case "absent":
				d.Fault = phoneauth.FaultDestination
			case "balance":
				d.Fault = phoneauth.FaultSender
			}
		case callback.Stop(said.Text):
			d.Status, d.Phone = phoneauth.OptedOut, callback.Phone(said.From)
		}
		return d, 0
	}))
}

func Example() {
	report := func(_ context.Context, d phoneauth.Delivery) { // Service.ReportDelivery
		fmt.Printf("%s %s, code %q, fault %q, phone [%v]\n", d.ID, d.Status, d.Code, d.Fault, d.Phone)
	}
	mux := http.NewServeMux()
	mux.Handle("/acme/{secret}", acmeCallbacks("0123456789abcdef0123456789abcdef", report))
	for _, body := range []string{
		`{"id":"a1","state":"delivered"}`,
		`{"id":"a2","state":"failed","reason":"absent"}`,
		`{"id":"a3","from":"201061797840","text":"Stop"}`,
	} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest("POST", "/acme/0123456789abcdef0123456789abcdef", strings.NewReader(body)))
		fmt.Println(w.Code)
	}
	// Output:
	// a1 delivered, code "", fault "", phone []
	// 204
	// a2 undelivered, code "absent", fault "destination", phone []
	// 204
	// a3 opted_out, code "", fault "", phone [+20******7840]
	// 204
}
