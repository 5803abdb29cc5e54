package twilioverify_test

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/sendertest"
	"github.com/phoneauth/phoneauth/senders/twilioverify"
)

const sid = "VE0123456789abcdef0123456789abcdef"

// server answers status and body, and keeps the last request and its body.
func server(t *testing.T, status int, body string) (url string, got *http.Request, form *string) {
	t.Helper()
	got, form = new(http.Request), new(string)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*got = *r
		b, _ := io.ReadAll(r.Body)
		*form = string(b)
		w.WriteHeader(status)
		io.WriteString(w, body)
	}))
	t.Cleanup(srv.Close)
	return srv.URL, got, form
}

func TestRequest(t *testing.T) {
	t.Parallel()
	base := phoneauth.Message{
		To: phoneauth.StoredPhone("+201061797840"), Body: "012345 …", Code: "012345", Purpose: "transfer", Locale: "pt-BR", Channel: "sms",
		AttemptID: "0123456789abcdef", ClientAddr: netip.MustParseAddr("2001:db8::1"), AndroidHash: "FA+9qCX9VSu",
	}
	always := url.Values{"To": {"+201061797840"}, "CustomCode": {"012345"}}
	for name, c := range map[string]struct {
		change func(*phoneauth.Message)
		form   url.Values
	}{
		"everything": {func(*phoneauth.Message) {}, url.Values{
			"Channel": {"sms"}, "Locale": {"pt-BR"}, "DeviceIp": {"2001:db8::1"}, "AppHash": {"FA+9qCX9VSu"}, "TemplateSid": {template},
			"Tags": {`{"attempt":"0123456789abcdef"}`},
		}},
		"a call": {func(m *phoneauth.Message) { m.Channel, m.AttemptID = "voice", "" }, url.Values{
			"Channel": {"call"}, "Locale": {"pt-BR"}, "DeviceIp": {"2001:db8::1"}, "TemplateSid": {template},
		}},
		"WhatsApp": {func(m *phoneauth.Message) { m.Channel, m.AttemptID, m.Locale = "whatsapp", "", "ja-JP" }, url.Values{
			"Channel": {"whatsapp"}, "Locale": {"ja"}, "DeviceIp": {"2001:db8::1"},
		}},
		"nothing": {func(m *phoneauth.Message) { *m = phoneauth.Message{To: m.To, Code: m.Code} }, url.Values{"Channel": {"sms"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, got, form := server(t, http.StatusCreated, `{"sid":"`+sid+`"}`)
			conf := config(address+"/", nil)
			conf.Channels = []string{"sms", "voice", "whatsapp"}
			s, err := twilioverify.New(conf)
			require.NoError(t, err)
			m := base
			c.change(&m)
			r, err := s.Send(t.Context(), m)
			require.NoError(t, err)
			assert.Equal(t, phoneauth.Receipt{ID: sid, Sender: "twilioverify"}, r)
			maps.Copy(c.form, always)
			assert.Equal(t, c.form.Encode(), *form)
			assert.Equal(t, "/v2/Services/"+service+"/Verifications", got.RequestURI)
		})
	}
}

func TestVerified(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		id     string
		want   string
	}{
		"approved":      {200, sid, ""},
		"ended":         {404, sid, "phoneauth: send: temporary, sender (20404)"},
		"of no id":      {200, "", "twilioverify: the receipt has no SID of a verification"},
		"of another id": {200, "../canary", "twilioverify: the receipt has no SID of a verification"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, got, form := server(t, c.status, `{"code":20404}`)
			conf := config(address, nil)
			conf.AuthToken, conf.APIKey, conf.APISecret = "", key, "secret"
			s, err := twilioverify.New(conf)
			require.NoError(t, err)
			err = s.Verified(t.Context(), phoneauth.Receipt{ID: c.id, Sender: "twilioverify"})
			if c.want != "" {
				require.EqualError(t, err, c.want)
			} else {
				require.NoError(t, err)
			}
			if c.id != sid {
				assert.Empty(t, got.RequestURI, "nothing is asked")
				return
			}
			assert.Equal(t, "/v2/Services/"+service+"/Verifications/"+sid, got.RequestURI)
			assert.Equal(t, "Status=approved", *form)
			user, password, _ := got.BasicAuth()
			assert.Equal(t, key+":secret", user+":"+password)
		})
	}
	s, err := twilioverify.New(config("http://127.0.0.1:1", nil))
	require.NoError(t, err)
	assert.Error(t, s.Verified(t.Context(), phoneauth.Receipt{ID: sid}), "nobody listens")
}

func TestConfigFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		config twilioverify.Config
		want   []string
	}{
		{twilioverify.Config{}, []string{"AccountSID must be", "AuthToken, or APIKey and APISecret, are required", "ServiceSID must be"}},
		{twilioverify.Config{
			AccountSID: "AC../canary", AuthToken: "canary", APIKey: "canary", ServiceSID: "canary", Channels: []string{"sms", "canary"},
			TemplateSIDs: map[phoneauth.Purpose]string{"sign_in": "canary"}, BaseURL: "https://user:canary@h",
		}, []string{
			"AccountSID must be", "AuthToken and APIKey exclude", "APIKey must be", "APISecret is required", "ServiceSID must be",
			"Channels must be", "TemplateSIDs must be", "BaseURL must be",
		}},
		{twilioverify.Config{AccountSID: account, APISecret: token, ServiceSID: service, BaseURL: "https://h/?canary"}, []string{"APIKey must be", "BaseURL must be"}},
	} {
		s, err := twilioverify.New(c.config)
		assert.Nil(t, s)
		sendertest.Faults(t, err, "twilioverify: config: ", c.want...)
	}
}

func TestConfigPrintsNoSecret(t *testing.T) {
	t.Parallel()
	c := twilioverify.Config{AccountSID: account, AuthToken: "canary", APIKey: key, APISecret: "canary"}
	cb := twilioverify.CallbackConfig{URL: "https://acme.example", AuthToken: "canary"}
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v %v %+v %#v", c, c, c, cb, cb, cb), "canary")
}
