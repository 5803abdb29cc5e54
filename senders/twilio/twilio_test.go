package twilio_test

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
	"github.com/phoneauth/phoneauth/senders/twilio"
)

func TestRequest(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*twilio.Config)
		user   string
		form   url.Values
	}{
		"a token and a number": {
			func(*twilio.Config) {}, account + ":" + token,
			url.Values{"From": {"+14155552345"}},
		},
		"a key and a service": {
			func(c *twilio.Config) {
				c.AuthToken, c.APIKey, c.APISecret = "", key, "secret"
				c.From, c.MessagingServiceSID = "", service
				c.StatusCallback = "https://acme.example/twilio?a=b&c"
			}, key + ":secret",
			url.Values{"MessagingServiceSid": {service}, "StatusCallback": {"https://acme.example/twilio?a=b&c"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got *http.Request
			var body []byte
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				got = r
				body, _ = io.ReadAll(r.Body)
				w.WriteHeader(http.StatusCreated)
				io.WriteString(w, `{"sid":"SM0123456789abcdef0123456789abcdef"}`)
			}))
			t.Cleanup(srv.Close)
			conf := config(srv.URL+"/", nil)
			c.change(&conf)
			s, err := twilio.New(conf)
			require.NoError(t, err)
			r, err := s.Send(t.Context(), phoneauth.Message{To: phoneauth.StoredPhone("+201061797840"), Body: "<#> 012345 & more+"})
			require.NoError(t, err)
			assert.Equal(t, phoneauth.Receipt{ID: "SM0123456789abcdef0123456789abcdef", Sender: "twilio"}, r)

			assert.Equal(t, http.MethodPost, got.Method)
			assert.Equal(t, "/2010-04-01/Accounts/"+account+"/Messages.json", got.RequestURI)
			assert.Equal(t, "application/x-www-form-urlencoded", got.Header.Get("Content-Type"))
			user, password, _ := got.BasicAuth()
			assert.Equal(t, c.user, user+":"+password)
			c.form.Set("To", "+201061797840")
			c.form.Set("Body", "<#> 012345 & more+")
			assert.Equal(t, c.form.Encode(), string(body))
		})
	}
}

func TestConfigFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		config twilio.Config
		want   []string
	}{
		{twilio.Config{}, []string{"AccountSID must be", "AuthToken, or APIKey and APISecret, are required", "From or MessagingServiceSID is required"}},
		{twilio.Config{AccountSID: "AC../../canary", AuthToken: "canary", APIKey: "canary", From: "x", MessagingServiceSID: "canary", StatusCallback: "/canary", BaseURL: "https://user:canary@h"}, []string{
			"AccountSID must be", "AuthToken and APIKey exclude", "APIKey must be", "APISecret is required", "MessagingServiceSID must be", "StatusCallback must be", "BaseURL must be",
		}},
		{twilio.Config{AccountSID: account, AuthToken: token, From: "x", BaseURL: "https://h/?canary"}, []string{"BaseURL must be"}},
		{twilio.Config{AccountSID: account, AuthToken: token, From: "x", BaseURL: "ftp://canary"}, []string{"BaseURL must be"}},
		{twilio.Config{AccountSID: account, AuthToken: token, From: "x", BaseURL: "http://canary\n"}, []string{"BaseURL must be"}},
		{twilio.Config{AccountSID: account, APISecret: token, From: "x"}, []string{"APIKey must be"}},
	} {
		s, err := twilio.New(c.config)
		assert.Nil(t, s)
		sendertest.Faults(t, err, "twilio: config: ", c.want...)
	}
}

func TestConfigPrintsNoSecret(t *testing.T) {
	t.Parallel()
	c := twilio.Config{AccountSID: account, AuthToken: "canary", APIKey: key, APISecret: "canary"}
	cb := twilio.CallbackConfig{URL: "https://acme.example", AuthToken: "canary"}
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v %v %+v %#v", c, c, c, cb, cb, cb), "canary")
}
