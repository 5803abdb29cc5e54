package vonageverify_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/sendertest"
	"github.com/phoneauth/phoneauth/senders/vonageverify"
)

const (
	application = "78d335fa-323d-0114-9c3d-d6f0d48968cf"
	template    = "8f35a1a7-eb2f-4552-8fdf-fffdaee41bc9"
)

// keyPair is the key of the application and its PEM.
var keyPair = sync.OnceValues(func() (*rsa.PrivateKey, string) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		panic(err)
	}
	return key, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
})

func config(baseURL string, client *http.Client) vonageverify.Config {
	_, key := keyPair()
	return vonageverify.Config{
		ApplicationID: application, PrivateKey: phoneauth.Secret(key), Brand: "ACME, Inc", Channels: []string{"sms", "whatsapp"},
		WhatsAppFrom: "447700900001", TemplateIDs: map[phoneauth.Purpose]string{"transfer": template}, BaseURL: baseURL, Client: client,
	}
}

// wants is what config has for m.
func wants(m phoneauth.Message) string {
	channel, ok := map[string]string{"": "sms", "sms": "sms", "whatsapp": "whatsapp"}[m.Channel]
	if !ok || m.Code == "" || m.Details != "" {
		return ""
	}
	chosen := ""
	if m.Purpose == "transfer" {
		chosen = template
	}
	return channel + " " + string(m.Code) + " " + chosen
}

// authorized reports whether r has a JWT of the application that is good now.
func authorized(r *http.Request) bool {
	key, _ := keyPair()
	token, err := jwt.Parse(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), func(*jwt.Token) (any, error) { return &key.PublicKey, nil },
		jwt.WithValidMethods([]string{"RS256"}), jwt.WithExpirationRequired(), jwt.WithIssuedAt())
	if err != nil {
		return false
	}
	claims := token.Claims.(jwt.MapClaims)
	return claims["application_id"] == application && claims["jti"] != ""
}

func TestSendertest(t *testing.T) {
	t.Parallel()
	_, pem := keyPair()
	sendertest.Run(t, sendertest.Provider{
		New: func(baseURL string, client *http.Client) (phoneauth.SMSSender, error) {
			return vonageverify.New(config(baseURL, client))
		},
		Secrets: []string{pem, strings.Split(pem, "\n")[3]},
		Read: func(r *http.Request) (to, body string, err error) {
			var got struct {
				Brand, Code, Locale string
				Workflow            []struct{ Channel, To, From string }
				TemplateID          string `json:"template_id"`
			}
			err = json.NewDecoder(r.Body).Decode(&got)
			switch {
			case err != nil:
				return "", "", err
			case r.Method != http.MethodPost || r.URL.Path != "/v2/verify":
				return "", "", errors.New("404")
			case !authorized(r):
				return "", "", errors.New("401")
			case got.Brand != "ACME, Inc" || len(got.Workflow) != 1 || strings.HasPrefix(got.Workflow[0].To, "+"):
				return "", "", errors.New("422")
			}
			return "+" + got.Workflow[0].To, got.Workflow[0].Channel + " " + got.Code + " " + got.TemplateID, nil
		},
		Wants: wants,
		Accepts: func(id string) sendertest.Answer {
			return sendertest.Answer{Status: http.StatusAccepted, Body: `{"request_id":"` + id + `"}`}
		},
		Refusals: []sendertest.Refusal{
			{Name: "open already", Answer: problem(409, "conflict", ""), Class: phoneauth.Temporary, Fault: phoneauth.FaultDestination, Code: "conflict"},
			{Name: "no valid number", Answer: problem(422, "invalid-params", "to"), Class: phoneauth.Temporary, Fault: phoneauth.FaultDestination, Code: "invalid-params"},
			{Name: "no valid number, of the workflow", Answer: problem(422, "invalid-params", "workflow[0].to"), Class: phoneauth.Temporary, Fault: phoneauth.FaultDestination, Code: "invalid-params"},
			{Name: "brand", Answer: problem(422, "invalid-params", "brand"), Class: phoneauth.Temporary, Code: "invalid-params"},
			{Name: "forbidden", Answer: problem(403, "forbidden", ""), Class: phoneauth.Temporary, Code: "forbidden"},
			{Name: "credentials", Answer: problem(401, "unauthorized", ""), Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Code: "unauthorized"},
			{Name: "balance", Answer: problem(402, "low-balance", ""), Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Code: "low-balance"},
			{Name: "rate", Answer: problem(429, "throttled", "", "Retry-After", "2"), Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Code: "throttled", RetryAfter: 2 * time.Second},
			{Name: "internal", Answer: problem(500, "internal", ""), Class: phoneauth.Ambiguous, Fault: phoneauth.FaultSender, Code: "internal"},
			{Name: "a type that quotes the number", Answer: problem(422, "201061797840", ""), Class: phoneauth.Temporary, Code: "HTTP 422"},
			{Name: "not JSON", Answer: sendertest.Answer{Status: 400, Body: "<html>"}, Class: phoneauth.Temporary, Code: "HTTP 400"},
		},
		Never: []phoneauth.SendClass{phoneauth.Permanent},
	})
}

// problem is one as Vonage words them (RFC 7807): it quotes the number.
func problem(status int, kind, parameter string, header ...string) sendertest.Answer {
	a := sendertest.Answer{Status: status, Header: http.Header{"Content-Type": {"application/problem+json"}}}
	for i := 0; i+1 < len(header); i += 2 {
		a.Header.Set(header[i], header[i+1])
	}
	invalid := ""
	if parameter != "" {
		invalid = fmt.Sprintf(`,"invalid_parameters":[{"name":%q,"reason":"201061797840 …"}]`, parameter)
	}
	a.Body = fmt.Sprintf(`{"type":"https://developer.vonage.com/api-errors/verify#%s","title":"…","detail":"201061797840 …","instance":"bf0ca0bf927b3b52e3cb03217e1a1ddf"%s}`, kind, invalid)
	return a
}
