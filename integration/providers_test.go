package integration_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/integration"
	"github.com/phoneauth/phoneauth/senders/plivo"
	"github.com/phoneauth/phoneauth/senders/telnyx"
	"github.com/phoneauth/phoneauth/senders/vonage"
)

// TestProviderLibraries: what the senders ask of Plivo, Telnyx and Vonage is what the vendors'
// own libraries ask, and both read the same of the answers.
func TestProviderLibraries(t *testing.T) {
	t.Parallel()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	key := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	const (
		account, application, text = "MA000000000000000000", "aaaaaaaa-bbbb-cccc-dddd-0123456789ab", "<#> 012345 هو رمز & ça"
		called                     = "201061797840" // cairo
	)
	url, take := fakeProviders(t, map[string]providerAnswer{
		"/v1/Account/" + account + "/Message/": {202, `{"api_id":"a","message":"message(s) queued","message_uuid":["P1"]}`},
		"/v2/messages":                         {200, `{"data":{"id":"T1","to":[{"status":"queued"}]}}`},
		"/v1/calls":                            {201, `{"uuid":"V1","status":"started","direction":"outbound","conversation_uuid":"CON-1"}`},
	})

	theirs := integration.SendByLibraries(t, "send.mjs", map[string]any{
		"base":   url,
		"plivo":  map[string]any{"id": account, "token": "token", "from": "+14155552345", "to": cairo, "text": text, "url": "https://acme.example/plivo"},
		"telnyx": map[string]any{"key": "key", "from": "+14155552345", "to": cairo, "text": text, "url": "https://acme.example/telnyx"},
		"vonage": map[string]any{
			"application": application, "key": key, "from": "447700900000", "to": called, "language": "fr-FR", "url": "https://acme.example/vonage", "ring": 25,
			"texts": []string{"Ici Acme.", "Votre code est : zéro, un, deux, trois, quatre, cinq.", "Je répète, votre code est : zéro, un, deux, trois, quatre, cinq."},
		},
	})
	want := take()
	require.Len(t, want, 3)

	p, err := plivo.New(plivo.Config{AuthID: account, AuthToken: "token", From: "+14155552345", StatusCallback: "https://acme.example/plivo", BaseURL: url})
	require.NoError(t, err)
	x, err := telnyx.New(telnyx.Config{APIKey: "key", From: "+14155552345", WebhookURL: "https://acme.example/telnyx", BaseURL: url})
	require.NoError(t, err)
	v, err := vonage.NewVoice(vonage.VoiceConfig{ApplicationID: application, PrivateKey: phoneauth.Secret(key), From: "+447700900000", EventURL: "https://acme.example/vonage", BaseURL: url})
	require.NoError(t, err)
	m := phoneauth.Message{To: phoneauth.StoredPhone(cairo), Body: text, Code: "012345", Service: "Acme", Locale: "fr"}
	ours := map[string]string{}
	for name, s := range map[string]phoneauth.SMSSender{"plivo": p, "telnyx": x, "vonage": v} {
		r, err := s.Send(t.Context(), m)
		require.NoError(t, err, name)
		ours[name] = r.ID
	}
	assert.Equal(t, theirs, ours, "the ids")

	got := map[string]asked{}
	for _, one := range take() {
		got[one.path] = one
	}
	for _, w := range want {
		g := got[w.path]
		if strings.HasSuffix(w.path, "/Message/") {
			assert.Equal(t, false, g.body["log"], "Plivo's library leaves out what is false")
			delete(g.body, "log")
		}
		if w.path == "/v1/calls" {
			for _, header := range []string{w.authorization, g.authorization} {
				claims := jwt.MapClaims{}
				_, err := jwt.ParseWithClaims(strings.TrimPrefix(header, "Bearer "), claims, func(*jwt.Token) (any, error) { return &private.PublicKey, nil }, jwt.WithValidMethods([]string{"RS256"}), jwt.WithExpirationRequired())
				assert.NoError(t, err)
				assert.Equal(t, application, claims["application_id"])
				assert.NotEmpty(t, claims["jti"])
			}
			w.authorization, g.authorization = "", "" // each is made anew
		}
		assert.Equal(t, w.contentType, g.contentType, w.path)
		assert.Equal(t, w, g)
	}
}
