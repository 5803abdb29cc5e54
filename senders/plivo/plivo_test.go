package plivo_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/plivo"
	"github.com/phoneauth/phoneauth/senders/sendertest"
)

const pool = "86bbb125-97bb-4d72-89fd-81d5c515b015"

func TestRequest(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*plivo.Config)
		want   string
	}{
		"a number": {func(*plivo.Config) {}, `{"src":"+14155552345","dst":"+201061797840","text":"012345 & ça","type":"sms","log":false}`},
		"a powerpack and reports": {func(c *plivo.Config) {
			c.From, c.PowerpackUUID, c.StatusCallback = "", pool, "https://acme.example/plivo?a=b"
		}, `{"powerpack_uuid":"` + pool + `","dst":"+201061797840","text":"012345 & ça","type":"sms","log":false,"url":"https://acme.example/plivo?a=b","method":"POST"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got string
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				b, err := io.ReadAll(r.Body)
				assert.NoError(t, err)
				got = string(b)
				w.WriteHeader(http.StatusAccepted)
				io.WriteString(w, `{"api_id":"948b53a2-3f08-11e7-b6f4-061564b78b75","message":"message(s) queued","message_uuid":["5b40a428-bfc7-4daf-9d06-726c558bf3b8"]}`)
			}))
			t.Cleanup(srv.Close)
			conf := config(srv.URL+"/", nil)
			c.change(&conf)
			s, err := plivo.New(conf)
			require.NoError(t, err)
			r, err := s.Send(t.Context(), phoneauth.Message{To: phoneauth.StoredPhone("+201061797840"), Body: "012345 & ça"})
			require.NoError(t, err)
			assert.Equal(t, phoneauth.Receipt{ID: "5b40a428-bfc7-4daf-9d06-726c558bf3b8", Sender: "plivo"}, r)
			assert.JSONEq(t, c.want, got)
		})
	}
}

func TestConfigFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		config plivo.Config
		want   []string
	}{
		{plivo.Config{}, []string{"AuthID must be", "AuthToken is required", "From or PowerpackUUID is required"}},
		{plivo.Config{AuthID: "MA../../canary", AuthToken: "canary", From: "x", PowerpackUUID: "canary", StatusCallback: "/canary", BaseURL: "https://user:canary@h"}, []string{
			"AuthID must be", "From or PowerpackUUID is required", "PowerpackUUID must be", "StatusCallback must be", "BaseURL must be",
		}},
		{plivo.Config{AuthID: account, AuthToken: token, From: "x", BaseURL: "https://h/?canary"}, []string{"BaseURL must be"}},
		{plivo.Config{AuthID: account, AuthToken: token, From: "x", StatusCallback: "https://h/#canary"}, []string{"StatusCallback must be"}},
	} {
		s, err := plivo.New(c.config)
		assert.Nil(t, s)
		sendertest.Faults(t, err, "plivo: config: ", c.want...)
	}
}

func TestConfigPrintsNoSecret(t *testing.T) {
	t.Parallel()
	c := plivo.Config{AuthID: account, AuthToken: "canary"}
	cb := plivo.CallbackConfig{URL: "https://acme.example", AuthToken: "canary"}
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v %v %+v %#v", c, c, c, cb, cb, cb), "canary")
}
