package vonageverify_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/sendertest"
	"github.com/phoneauth/phoneauth/senders/vonageverify"
)

func TestRequest(t *testing.T) {
	t.Parallel()
	base := phoneauth.Message{
		To: phoneauth.StoredPhone("+201061797840"), Body: "012345 …", Code: "012345", Purpose: "transfer", Locale: "pt", Channel: "sms",
		AttemptID: "0123456789abcdef", AndroidHash: "FA+9qCX9VSu",
	}
	for name, c := range map[string]struct {
		message func(*phoneauth.Message)
		config  func(*vonageverify.Config)
		want    string
	}{
		"everything": {
			func(*phoneauth.Message) {},
			func(c *vonageverify.Config) {
				c.From, c.EntityID, c.ContentID, c.ChannelTimeout = "+447700900000", "1101407360000017170", "1107158078772563946", time.Minute
			},
			`{"brand":"ACME, Inc","code":"012345","locale":"pt-br","channel_timeout":60,"client_ref":"0123456789abcdef","template_id":"` + template + `",
			"workflow":[{"channel":"sms","to":"201061797840","from":"447700900000","app_hash":"FA+9qCX9VSu","entity_id":"1101407360000017170","content_id":"1107158078772563946"}]}`,
		},
		"WhatsApp": {
			func(m *phoneauth.Message) { m.Channel, m.Purpose, m.Locale = "whatsapp", "sign_in", "ja" },
			func(c *vonageverify.Config) { c.From = "Acme" },
			`{"brand":"ACME, Inc","code":"012345","channel_timeout":30,"client_ref":"0123456789abcdef",
			"workflow":[{"channel":"whatsapp","to":"201061797840","from":"447700900001"}]}`,
		},
		"a call": {
			func(m *phoneauth.Message) { *m = phoneauth.Message{To: m.To, Code: m.Code, Locale: "en-AU"} },
			func(c *vonageverify.Config) { c.Channels = []string{"voice"} },
			`{"brand":"ACME, Inc","code":"012345","locale":"en-gb","channel_timeout":30,"workflow":[{"channel":"voice","to":"201061797840"}]}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var body string
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				b, _ := io.ReadAll(r.Body)
				body = string(b)
				assert.True(t, authorized(r))
				assert.Equal(t, "/v2/verify", r.RequestURI)
				w.WriteHeader(http.StatusAccepted)
				io.WriteString(w, `{"request_id":"c11236f4-00bf-4b89-84ba-88b25df97315"}`)
			}))
			t.Cleanup(srv.Close)
			conf := config(srv.URL+"/", nil)
			c.config(&conf)
			s, err := vonageverify.New(conf)
			require.NoError(t, err)
			m := base
			c.message(&m)
			r, err := s.Send(t.Context(), m)
			require.NoError(t, err)
			assert.Equal(t, phoneauth.Receipt{ID: "c11236f4-00bf-4b89-84ba-88b25df97315", Sender: "vonageverify"}, r)
			assert.JSONEq(t, c.want, body)
		})
	}
}

func TestConfigFaults(t *testing.T) {
	t.Parallel()
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	require.NoError(t, err)
	small := string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(short)}))
	for _, c := range []struct {
		config vonageverify.Config
		want   []string
	}{
		{vonageverify.Config{}, []string{"ApplicationID must be", "PrivateKey must be", "Brand must be"}},
		{vonageverify.Config{
			ApplicationID: "canary", PrivateKey: "canary", Brand: "canary: canary", Channels: []string{"whatsapp", "canary"}, WhatsAppFrom: "+canary",
			From: "canarycanarycanary", EntityID: "canary-", TemplateIDs: map[phoneauth.Purpose]string{"sign_in": "canary"},
			ChannelTimeout: time.Second, BaseURL: "https://user:canary@h",
		}, []string{
			"ApplicationID must be", "PrivateKey must be", "Brand must be", "Channels must be", "WhatsAppFrom must be", "From must have",
			"EntityID and ContentID must be", "TemplateIDs must be", "ChannelTimeout must be", "BaseURL must be",
		}},
		{vonageverify.Config{ApplicationID: application, PrivateKey: phoneauth.Secret(small), Brand: "Acme"}, []string{"PrivateKey must be"}},
	} {
		s, err := vonageverify.New(c.config)
		assert.Nil(t, s)
		sendertest.Faults(t, err, "vonageverify: config: ", c.want...)
	}
}

func TestConfigPrintsNoSecret(t *testing.T) {
	t.Parallel()
	c := vonageverify.Config{ApplicationID: application, PrivateKey: "canary"}
	cb := vonageverify.CallbackConfig{SignatureSecret: "canary"}
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v %v %+v %#v", c, c, c, cb, cb, cb), "canary")
}
