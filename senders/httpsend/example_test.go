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

func newAcme(url, key string, client *http.Client) *acme {
	return &acme{url: url, key: key, client: httpsend.Client(client)}
}

// A sender that is printed shows no key.
func (s *acme) String() string   { return "acme" }
func (s *acme) GoString() string { return "acme" }

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
	sender := newAcme(provider.URL, "from the environment", nil)
	for _, to := range []string{"+201061797840", "+33600000178", "+447700900001"} {
		receipt, err := sender.Send(context.Background(), phoneauth.Message{To: phoneauth.StoredPhone(to), Body: "012345 is your code."})
		fmt.Println(receipt.ID, err)
	}
	// Output:
	// a1 <nil>
	//  phoneauth: send: temporary, destination (region_not_enabled)
	//  phoneauth: send: ambiguous, sender (HTTP 502)
}
