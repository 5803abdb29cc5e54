package messagebird

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// leeway is how far our clocks may differ. A token lives for a minute.
const leeway = 5 * time.Second

// maxToken is the longest JWT that is looked at; MessageBird's have some 500 bytes.
const maxToken = 4 << 10

// claims are those of MessageBird's signed requests
// (https://developers.messagebird.com/api#verifying-http-requests).
type claims struct {
	jwt.RegisteredClaims
	URLHash     string `json:"url_hash"`
	PayloadHash string `json:"payload_hash"`
}

// signed reports whether token is MessageBird's for a request to this URL with this body.
func signed(key []byte, token, url string, body []byte, now time.Time) bool {
	if token == "" || len(token) > maxToken {
		return false
	}
	parser := jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg(), jwt.SigningMethodHS384.Alg(), jwt.SigningMethodHS512.Alg()}),
		jwt.WithIssuer("MessageBird"),
		jwt.WithExpirationRequired(),
		jwt.WithStrictDecoding(),
		jwt.WithLeeway(leeway),
		jwt.WithTimeFunc(func() time.Time { return now }),
	)
	var got claims
	if _, err := parser.ParseWithClaims(token, &got, func(*jwt.Token) (any, error) { return key, nil }); err != nil {
		return false
	}
	if got.NotBefore == nil || got.ID == "" || !hashes(got.URLHash, []byte(url)) {
		return false
	}
	if len(body) == 0 {
		return got.PayloadHash == ""
	}
	return hashes(got.PayloadHash, body)
}

// hashes reports whether digest is the SHA-256 of data, in hexadecimal digits.
func hashes(digest string, data []byte) bool {
	got, err := hex.DecodeString(digest)
	want := sha256.Sum256(data)
	return err == nil && subtle.ConstantTimeCompare(got, want[:]) == 1
}
