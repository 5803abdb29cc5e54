package whatsapp_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/sendertest"
	"github.com/phoneauth/phoneauth/senders/whatsapp"
)

func TestRequest(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		m    phoneauth.Message
		want string
	}{
		"a code": {
			phoneauth.Message{Purpose: phoneauth.PurposeSignIn, Code: "012345", Body: "012345 …", Locale: "pt-PT", AttemptID: "0123456789abcdef"},
			`{"messaging_product":"whatsapp","recipient_type":"individual","to":"201061797840","type":"template",
			"template":{"name":"login_code","language":{"policy":"deterministic","code":"pt_BR"},"components":[
				{"type":"body","parameters":[{"type":"text","text":"012345"}]},
				{"type":"button","sub_type":"url","index":"0","parameters":[{"type":"text","text":"012345"}]}]},
			"biz_opaque_callback_data":"0123456789abcdef"}`,
		},
		"a notice": {
			phoneauth.Message{Purpose: phoneauth.NoticePasswordChanged, Body: "Your password was changed.", Locale: "pt"},
			`{"messaging_product":"whatsapp","recipient_type":"individual","to":"201061797840","type":"template",
			"template":{"name":"password_changed","language":{"policy":"deterministic","code":"en"}}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got *http.Request
			var body []byte
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				got = r
				body, _ = io.ReadAll(r.Body)
				io.WriteString(w, `{"messages":[{"id":"wamid.HBgL"}]}`)
			}))
			t.Cleanup(srv.Close)
			s, err := whatsapp.New(config(srv.URL+"/", nil))
			require.NoError(t, err)
			c.m.To = phoneauth.StoredPhone("+201061797840")
			r, err := s.Send(t.Context(), c.m)
			require.NoError(t, err)
			assert.Equal(t, phoneauth.Receipt{ID: "wamid.HBgL", Sender: "whatsapp"}, r)
			assert.Equal(t, "/v23.0/"+from+"/messages", got.RequestURI)
			assert.Equal(t, "Bearer "+token, got.Header.Get("Authorization"))
			assert.Equal(t, "application/json", got.Header.Get("Content-Type"))
			assert.JSONEq(t, c.want, string(body))
		})
	}
}

func TestConfigFaults(t *testing.T) {
	t.Parallel()
	good := []whatsapp.Template{{Purpose: "sign_in", Name: "a", Language: "en"}}
	for _, c := range []struct {
		config whatsapp.Config
		want   []string
	}{
		{whatsapp.Config{}, []string{"PhoneNumberID must be", "AccessToken is required", "Templates is required"}},
		{whatsapp.Config{PhoneNumberID: "+201canary", AccessToken: "canary\r\nX: y", Version: "canary", BaseURL: "https://user:canary@h", Templates: []whatsapp.Template{
			{Name: "Canary", Language: "en"}, {Purpose: "sign_in", Name: "a"}, {Purpose: "sign_in", Name: "a", Language: "canary canary"},
		}}, []string{
			"PhoneNumberID must be", "AccessToken is required", "Templates: Name must be", "Templates: Language is required",
			"Templates: each must have a Purpose", "Templates: a Locale must be", "Version must be", "BaseURL must be",
		}},
		{whatsapp.Config{PhoneNumberID: from, AccessToken: token, Templates: append(good, good...)}, []string{"Templates: a purpose must not have two"}},
		{whatsapp.Config{PhoneNumberID: from, AccessToken: token, Templates: good, BaseURL: "https://h/?canary"}, []string{"BaseURL must be"}},
		{whatsapp.Config{PhoneNumberID: from, AccessToken: token, Templates: good, BaseURL: "ftp://canary"}, []string{"BaseURL must be"}},
	} {
		s, err := whatsapp.New(c.config)
		assert.Nil(t, s)
		sendertest.Faults(t, err, "whatsapp: config: ", c.want...)
	}
}

func TestConfigPrintsNoSecret(t *testing.T) {
	t.Parallel()
	c := whatsapp.Config{PhoneNumberID: from, AccessToken: "canary"}
	cb := whatsapp.CallbackConfig{AppSecret: "canary", VerifyToken: "canary"}
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v %v %+v %#v", c, c, c, cb, cb, cb), "canary")
}
