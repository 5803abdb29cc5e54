package failover_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/bubble"
	"github.com/phoneauth/phoneauth/memstore"
	"github.com/phoneauth/phoneauth/phonetest"
	"github.com/phoneauth/phoneauth/senders/failover"
	"github.com/phoneauth/phoneauth/senders/twilio"
)

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// fakeTwilio accepts every message but those to Gambia, which is not enabled.
func fakeTwilio(t *testing.T) phoneauth.SMSSender {
	t.Helper()
	n := 0
	answer := roundTripper(func(r *http.Request) (*http.Response, error) {
		form := r.ParseForm()
		if form != nil {
			return nil, form
		}
		n++
		status, body := http.StatusCreated, fmt.Sprintf(`{"sid":"SM%d","status":"queued"}`, n)
		if strings.HasPrefix(r.PostFormValue("To"), "+220") {
			status, body = http.StatusForbidden, `{"code":21408,"message":"Permission to send an SMS has not been enabled for the region","status":403}`
		}
		return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
	})
	s, err := twilio.New(twilio.Config{
		AccountSID: "AC0123456789abcdef0123456789abcdef", AuthToken: "token", From: "Acme",
		Client: &http.Client{Transport: answer},
	})
	require.NoError(t, err)
	return s
}

// TestRegionRefusalsLockNobodyOut: a region that is not enabled at the provider is no
// reason to pass the provider over for everybody else.
func TestRegionRefusalsLockNobodyOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		gambia := phonetest.New() // a second sender, which serves one region
		key := bytes.Repeat([]byte("k"), 32)
		svc, err := phoneauth.New(phoneauth.Config{
			Store: memstore.New(),
			Sender: newSender(t, failover.Config{Senders: []failover.Entry{
				{Name: "twilio", Sender: fakeTwilio(t)},
				{Name: "gambia", Sender: gambia, Regions: []string{"GM"}},
			}}),
			Keys:   phoneauth.Keys{Index: key, Secrets: []phoneauth.Key{{ID: "1", Secret: key}}},
			Logger: slog.New(slog.DiscardHandler),
		})
		require.NoError(t, err)
		register := func(phone string, client int) error {
			_, err := svc.Register(t.Context(), phoneauth.RegisterRequest{
				Phone: phone, Client: phoneauth.ClientInfo{Addr: netip.AddrFrom4([4]byte{192, 0, byte(client >> 8), byte(client)})},
			})
			return err
		}
		for i := range 3 {
			require.NoError(t, register(fmt.Sprintf("+2203012%03d", i), 0), "another sender serves the region")
		}
		for i := range 50 {
			assert.NoError(t, register(fmt.Sprintf("+3361%02d34567", i), 1+i), "person %d elsewhere", i)
		}
		for i := range 6 { // it is kept up
			bubble.Elapse(10 * time.Second)
			require.NoError(t, register(fmt.Sprintf("+2203013%03d", i), 0))
			assert.NoError(t, register(fmt.Sprintf("+3362%02d34567", i), 100+i), "person %d elsewhere, later", i)
		}
		assert.Len(t, gambia.Messages(), 9)
	})
}
