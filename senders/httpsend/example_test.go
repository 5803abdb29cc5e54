package httpsend_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/httpsend"
)

// acme sends through a provider that answers {"id":"…"} or {"error":"…"}.
type acme struct {
	url, key string
	client   *http.Client
}

func (s *acme) Send(ctx context.Context, m phoneauth.Message) (phoneauth.Receipt, error) {
	form := url.Values{"to": {m.To.E164()}, "text": {string(m.Body)}}
	resp, err := httpsend.PostForm(ctx, s.client, s.url, form, func(r *http.Request) {
		r.Header.Set("Authorization", "Bearer "+s.key)
	})
	if err != nil {
		return phoneauth.Receipt{}, err
	}
	var said struct{ ID, Error string }
	_ = json.Unmarshal(resp.Body, &said)
	if resp.OK() {
		return phoneauth.Receipt{ID: said.ID, Sender: "acme"}, nil
	}
	failed := resp.Refusal()
	if said.Error == "region_not_enabled" { // the codes that mean something to us
		failed.Class, failed.Fault, failed.Code = phoneauth.Temporary, phoneauth.FaultDestination, said.Error
	}
	return phoneauth.Receipt{}, failed
}

func Example() {
	provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.PostFormValue("to")[:3] {
		case "+20":
			fmt.Fprint(w, `{"id":"a1"}`)
		case "+33":
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, `{"error":"region_not_enabled"}`)
		default:
			w.WriteHeader(http.StatusBadGateway)
		}
	}))
	defer provider.Close()
	sender := &acme{url: provider.URL, key: "from the environment", client: httpsend.Client(nil)}
	for _, to := range []string{"+201061797840", "+33600000178", "+447700900001"} {
		receipt, err := sender.Send(context.Background(), phoneauth.Message{To: phoneauth.StoredPhone(to), Body: "012345 is your code."})
		fmt.Println(receipt.ID, err)
	}
	// Output:
	// a1 <nil>
	//  phoneauth: send: temporary, destination (region_not_enabled)
	//  phoneauth: send: ambiguous, sender (HTTP 502)
}
