package vonage_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/sendertest"
	"github.com/phoneauth/phoneauth/senders/vonage"
)

func TestRequest(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body, kind string
		from, sent string
		callback   string
	}{
		"GSM-7":        {"<#> 012345 is your Acme code: é €\n", "text", "Acme", "Acme", ""},
		"a number":     {"012345", "text", "+447700900000", "447700900000", "https://acme.example/vonage"},
		"ç is not one": {"012345 ça", "unicode", "Acme", "Acme", ""},
		"Arabic":       {"012345 رمز", "unicode", "Acme", "Acme", ""},
		"a backtick":   {"012345`", "unicode", "Acme", "Acme", ""},
		"not UTF-8":    {"012345\xff", "unicode", "Acme", "Acme", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got *http.Request
			var body []byte
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				got = r
				body, _ = io.ReadAll(r.Body)
				io.WriteString(w, parts("0", "0A0000000123ABCD1", "0", "0A0000000123ABCD2").Body)
			}))
			t.Cleanup(srv.Close)
			conf := config(srv.URL+"/", nil)
			conf.From, conf.StatusCallback = c.from, c.callback
			s, err := vonage.New(conf)
			require.NoError(t, err)
			r, err := s.Send(t.Context(), phoneauth.Message{To: phoneauth.StoredPhone("+201061797840"), Body: phoneauth.Secret(c.body)})
			require.NoError(t, err)
			assert.Equal(t, phoneauth.Receipt{ID: "0A0000000123ABCD1", Sender: "vonage"}, r, "the first of two parts")

			assert.Equal(t, http.MethodPost, got.Method)
			assert.Equal(t, "/sms/json", got.RequestURI, "no credentials in the URL")
			assert.Equal(t, "application/x-www-form-urlencoded", got.Header.Get("Content-Type"))
			want := url.Values{
				"api_key": {key}, "api_secret": {secret}, "from": {c.sent}, "to": {"201061797840"},
				"text": {c.body}, "type": {c.kind},
			}
			if c.callback != "" {
				want.Set("callback", c.callback)
			}
			assert.Equal(t, want.Encode(), string(body))
		})
	}
}

func TestConfigFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		config vonage.Config
		want   []string
	}{
		{vonage.Config{}, []string{"APIKey must be", "APISecret is required", "From is required"}},
		{vonage.Config{APIKey: "canary", APISecret: "canary", From: "x", StatusCallback: "canary", BaseURL: "canary"}, []string{"APIKey must be", "StatusCallback must be", "BaseURL must be"}},
		{vonage.Config{APIKey: key, APISecret: secret, From: "x", BaseURL: "https://user:canary@h"}, []string{"BaseURL must be"}},
		{vonage.Config{APIKey: key, APISecret: secret, From: "x", BaseURL: "http://canary\n"}, []string{"BaseURL must be"}},
	} {
		s, err := vonage.New(c.config)
		assert.Nil(t, s)
		sendertest.Faults(t, err, "vonage: config: ", c.want...)
	}
}

func TestConfigPrintsNoSecret(t *testing.T) {
	t.Parallel()
	c := vonage.Config{APIKey: key, APISecret: "canary"}
	cb := vonage.CallbackConfig{SignatureSecret: "canary"}
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v %v %+v %#v", c, c, c, cb, cb, cb), "canary")
}
