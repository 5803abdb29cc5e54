package integration

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/vonageverify"
)

// fakeVonage is a Verify API that accepts everything with the right token, and keeps it.
type fakeVonage struct {
	key *rsa.PrivateKey

	mu  sync.Mutex
	got []map[string]any
}

const (
	vonageApplication = "78d335fa-323d-0114-9c3d-d6f0d48968cf"
	vonageNumber      = "+201061797840"
)

func (f *fakeVonage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	token, parsed := jwt.Parse(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), func(*jwt.Token) (any, error) { return &f.key.PublicKey, nil },
		jwt.WithValidMethods([]string{"RS256"}), jwt.WithExpirationRequired())
	var said map[string]any
	if err != nil || parsed != nil || json.Unmarshal(body, &said) != nil || r.Method != http.MethodPost || strings.TrimSuffix(r.URL.Path, "/") != "/v2/verify" ||
		token.Claims.(jwt.MapClaims)["application_id"] != vonageApplication {
		http.Error(w, "{}", http.StatusUnauthorized)
		return
	}
	f.mu.Lock()
	f.got = append(f.got, said)
	n := len(f.got)
	f.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusAccepted)
	fmt.Fprintf(w, `{"request_id":"id-%d"}`, n)
}

// TestVonageVerifySDK: Vonage's own SDK for Node.js makes the same requests as the sender, field by
// field, and the fake takes the tokens of both.
func TestVonageVerifySDK(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	private := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	fake := &fakeVonage{key: key}
	srv := httptest.NewServer(fake)
	t.Cleanup(srv.Close)

	s, err := vonageverify.New(vonageverify.Config{
		ApplicationID: vonageApplication, PrivateKey: phoneauth.Secret(private), Brand: "Acme", Channels: []string{"sms", "whatsapp", "voice"},
		From: "+447700900000", WhatsAppFrom: "447700900001", EntityID: "1101407360000017170", ContentID: "1107158078772563946", BaseURL: srv.URL,
	})
	require.NoError(t, err)
	for i, channel := range []string{"sms", "whatsapp", "voice"} {
		r, err := s.Send(t.Context(), phoneauth.Message{
			To: phoneauth.StoredPhone(vonageNumber), Code: "012345", Purpose: phoneauth.PurposeSignIn, Locale: "es-MX", Channel: channel,
			AttemptID: "0123456789abcdef", AndroidHash: "FA+9qCX9VSu",
		})
		require.NoError(t, err)
		assert.Equal(t, fmt.Sprintf("id-%d", i+1), r.ID)
	}

	to := vonageNumber[1:]
	var requests []map[string]any
	for _, workflow := range []map[string]any{
		{"channel": "sms", "to": to, "from": "447700900000", "appHash": "FA+9qCX9VSu", "entityId": "1101407360000017170", "contentId": "1107158078772563946"},
		{"channel": "whatsapp", "to": to, "from": "447700900001"},
		{"channel": "voice", "to": to},
	} {
		requests = append(requests, map[string]any{
			"brand": "Acme", "code": "012345", "locale": "es-mx", "channelTimeout": 30, "clientRef": "0123456789abcdef", "workflow": []any{workflow},
		})
	}
	var ids []string
	runNode(t, nodeScript{folder: "testdata/vonage", name: "oracle.mjs", what: "vonage-verify2@1.19.0"},
		map[string]any{"application": vonageApplication, "key": private, "url": srv.URL, "requests": requests}, &ids)
	assert.Equal(t, []string{"id-4", "id-5", "id-6"}, ids)
	require.Len(t, fake.got, 6)
	assert.Equal(t, fake.got[3:], fake.got[:3], "what the SDK says, and what the sender says")
}
