package vonage_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/internal/heard"
	"github.com/phoneauth/phoneauth/senders/sendertest"
	"github.com/phoneauth/phoneauth/senders/spoken"
	"github.com/phoneauth/phoneauth/senders/vonage"
)

const application = "aaaaaaaa-bbbb-cccc-dddd-0123456789ab"

// keys returns a private key in PEM, and its public half.
var keys = sync.OnceValues(func() (phoneauth.Secret, *rsa.PublicKey) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		panic(err)
	}
	return phoneauth.Secret(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), &key.PublicKey
})

func voiceConfig(baseURL string, client *http.Client) vonage.VoiceConfig {
	key, _ := keys()
	return vonage.VoiceConfig{ApplicationID: application, PrivateKey: key, From: "+447700900000", BaseURL: baseURL, Client: client}
}

// called is the request that Vonage documents.
type called struct {
	To               []struct{ Type, Number string }
	From             struct{ Type, Number string }
	NCCO             []struct{ Action, Text, Language string }
	EventURL         []string `json:"event_url"`
	EventMethod      string   `json:"event_method"`
	MachineDetection string   `json:"machine_detection"`
	LengthTimer      int      `json:"length_timer"`
	RingingTimer     int      `json:"ringing_timer"`
}

// authorized checks the JWT as Vonage says it does.
func authorized(r *http.Request) error {
	_, public := keys()
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return errors.New("401")
	}
	claims := jwt.MapClaims{}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"RS256"}), jwt.WithExpirationRequired(), jwt.WithIssuedAt())
	if _, err := parser.ParseWithClaims(token, claims, func(*jwt.Token) (any, error) { return public, nil }); err != nil {
		return err
	}
	if claims["application_id"] != application || claims["jti"] == "" {
		return errors.New("401")
	}
	return nil
}

func TestVoiceSendertest(t *testing.T) {
	t.Parallel()
	const none, sender, destination = phoneauth.SendFault(""), phoneauth.FaultSender, phoneauth.FaultDestination
	languages := map[string]string{"en-GB": "en-GB", "pt-BR": "pt-BR", "ar-EG": "ar"}
	privateKey, _ := keys()
	sendertest.Run(t, sendertest.Provider{
		New: func(baseURL string, client *http.Client) (phoneauth.SMSSender, error) {
			return vonage.NewVoice(voiceConfig(baseURL, client))
		},
		Secrets: []string{string(privateKey), strings.Split(string(privateKey), "\n")[1]},
		Read: func(r *http.Request) (to, body string, err error) {
			var got called
			d := json.NewDecoder(r.Body)
			d.DisallowUnknownFields()
			if r.Method != http.MethodPost || r.URL.Path != "/v1/calls" {
				return "", "", errors.New("404")
			}
			if err := errors.Join(authorized(r), d.Decode(&got)); err != nil {
				return "", "", err
			}
			if len(got.To) != 1 || got.To[0].Type != "phone" || got.From.Number != "447700900000" || got.MachineDetection != "hangup" || len(got.NCCO) == 0 {
				return "", "", errors.New("400")
			}
			all := []string{got.NCCO[0].Language}
			for _, talk := range got.NCCO {
				if talk.Action != "talk" || talk.Language != all[0] {
					return "", "", errors.New("400")
				}
				if what := heard.Part(talk.Text); what != "" {
					all = append(all, what)
				}
			}
			return "+" + got.To[0].Number, strings.Join(all, "|"), nil
		},
		Wants: func(m phoneauth.Message) string {
			if m.Code == "" {
				return ""
			}
			all := []string{languages[m.Locale]}
			if all[0] == "" {
				all[0] = "en-US"
			}
			if m.Details != "" {
				all = append(all, m.Details)
			}
			return strings.Join(append(all, string(m.Code), string(m.Code)), "|")
		},
		Accepts: func(id string) sendertest.Answer {
			return sendertest.Answer{Status: http.StatusCreated, Body: `{"uuid":"` + id + `","status":"started","direction":"outbound","conversation_uuid":"CON-1"}`}
		},
		Refusals: []sendertest.Refusal{
			{Name: "the number", Answer: invalidCall("to"), Class: phoneauth.Temporary, Fault: destination, Code: "HTTP 400"},
			{Name: "a part of the number", Answer: invalidCall("to[0].number"), Class: phoneauth.Temporary, Fault: destination, Code: "HTTP 400"},
			{Name: "From", Answer: invalidCall("from.number"), Class: phoneauth.Temporary, Fault: none, Code: "HTTP 400"},
			{Name: "credentials", Answer: sendertest.Answer{Status: 401, Body: `{"title":"Unauthorized"}`}, Class: phoneauth.Temporary, Fault: sender, Code: "HTTP 401"},
			{Name: "too many", Answer: sendertest.Answer{Status: 429, Header: http.Header{"Retry-After": {"2"}}}, Class: phoneauth.Temporary, Fault: sender, Code: "HTTP 429", RetryAfter: 2 * time.Second},
			{Name: "a failure", Answer: sendertest.Answer{Status: 500}, Class: phoneauth.Ambiguous, Fault: sender, Code: "HTTP 500"},
			{Name: "not JSON", Answer: sendertest.Answer{Status: 400, Body: "<html>to"}, Class: phoneauth.Temporary, Fault: none, Code: "HTTP 400"},
		},
		Never: []phoneauth.SendClass{phoneauth.Permanent},
	})
}

// invalidCall is a refusal of a parameter, which quotes the number.
func invalidCall(name string) sendertest.Answer {
	return sendertest.Answer{Status: http.StatusBadRequest, Body: fmt.Sprintf(`{"type":"https://developer.nexmo.com/api-errors","title":"Bad Request","invalid_parameters":[{"name":%q,"reason":"201061797840 …"}]}`, name)}
}

func TestVoiceRequest(t *testing.T) {
	t.Parallel()
	var got string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		got = string(b)
		w.WriteHeader(http.StatusCreated)
		io.WriteString(w, `{"uuid":"63f61863-4a51-4f6b-86e1-46edebcf9356","status":"started"}`)
	}))
	t.Cleanup(srv.Close)
	c := voiceConfig(srv.URL+"/", nil)
	c.EventURL, c.Ring = "https://acme.example/vonage", 20*time.Second
	v, err := vonage.NewVoice(c)
	require.NoError(t, err)
	r, err := v.Send(t.Context(), phoneauth.Message{To: phoneauth.StoredPhone("+201061797840"), Code: "012", Service: "Acme", Locale: "fr-CA"})
	require.NoError(t, err)
	assert.Equal(t, phoneauth.Receipt{ID: "63f61863-4a51-4f6b-86e1-46edebcf9356", Sender: "vonage-voice"}, r)
	assert.JSONEq(t, `{
		"to":[{"type":"phone","number":"201061797840"}],"from":{"type":"phone","number":"447700900000"},
		"ncco":[
			{"action":"talk","text":"Ici Acme.","language":"fr-CA"},
			{"action":"talk","text":"Votre code est : zéro, un, deux.","language":"fr-CA"},
			{"action":"talk","text":"Je répète, votre code est : zéro, un, deux.","language":"fr-CA"}
		],
		"event_url":["https://acme.example/vonage"],"event_method":"POST","machine_detection":"hangup","length_timer":120,"ringing_timer":20
	}`, got)
}

func TestVoiceConfigFaults(t *testing.T) {
	t.Parallel()
	key, _ := keys()
	for _, c := range []struct {
		config vonage.VoiceConfig
		want   []string
	}{
		{vonage.VoiceConfig{}, []string{"ApplicationID must be", "PrivateKey must be", "From must be"}},
		{vonage.VoiceConfig{ApplicationID: "canary", PrivateKey: "canary", From: "Acme", Ring: time.Hour, EventURL: "canary", BaseURL: "https://user:canary@h"}, []string{
			"ApplicationID must be", "PrivateKey must be", "From must be", "Ring must be", "EventURL must be", "BaseURL must be",
		}},
		{vonage.VoiceConfig{ApplicationID: application, PrivateKey: key, From: "+447700900000", Phrases: map[string]spoken.Phrase{"de": {}}}, []string{`phrases["de"].Greeting must`}},
	} {
		v, err := vonage.NewVoice(c.config)
		assert.Nil(t, v)
		sendertest.Faults(t, err, "vonage: voice: config: ", c.want...)
	}
	c := vonage.VoiceConfig{PrivateKey: "canary"}
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v", c, c, c), "canary")
}
