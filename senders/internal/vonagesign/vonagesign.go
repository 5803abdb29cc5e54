// Package vonagesign checks the JWT with which Vonage signs what it posts
// (https://developer.vonage.com/en/getting-started/concepts/webhooks).
package vonagesign

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// MaxAge is how old a signature may be.
const MaxAge = 5 * time.Minute

// leeway is how far our clocks may differ.
const leeway = 30 * time.Second

// maxToken is the longest JWT that is looked at; Vonage's have some 400 bytes.
const maxToken = 4 << 10

// Bearer returns the token of an Authorization header of the scheme Bearer.
func Bearer(authorization string) (token string, ok bool) {
	scheme, token, ok := strings.Cut(authorization, " ")
	return token, ok && strings.EqualFold(scheme, "Bearer")
}

// claims are those of Vonage's signed webhooks.
type claims struct {
	jwt.RegisteredClaims
	PayloadHash string `json:"payload_hash"`
}

// Signed reports whether token is Vonage's JWT for body: by HS256 under secret, of issuer Vonage,
// with a fresh iat and the SHA-256 of body as payload_hash.
func Signed(secret []byte, token string, body []byte, now time.Time) bool {
	if len(token) > maxToken {
		return false
	}
	parser := jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}),
		jwt.WithIssuer("Vonage"),
		jwt.WithStrictDecoding(),
		jwt.WithLeeway(leeway), // of exp and nbf, if there are any
		jwt.WithTimeFunc(func() time.Time { return now }),
	)
	var got claims
	if _, err := parser.ParseWithClaims(token, &got, func(*jwt.Token) (any, error) { return secret, nil }); err != nil {
		return false
	}
	want := sha256.Sum256(body)
	payload, err := hex.DecodeString(got.PayloadHash)
	return err == nil && hmac.Equal(payload, want[:]) &&
		got.IssuedAt != nil && Fresh(got.IssuedAt.Time, now)
}

// Fresh reports whether at is neither more than MaxAge ago nor to come.
func Fresh(at, now time.Time) bool {
	return at.After(now.Add(-MaxAge)) && at.Before(now.Add(leeway))
}
