package vonage

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"hash"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// signed reports whether the callback of body, with these fields, is Vonage's.
func signed(secret []byte, authorization string, body []byte, fields map[string]string, now time.Time) bool {
	if scheme, token, ok := strings.Cut(authorization, " "); ok && strings.EqualFold(scheme, "Bearer") {
		return signedJWT(secret, token, body, now)
	}
	return signedFields(secret, fields, now)
}

// maxToken is the longest JWT that is looked at; Vonage's have some 400 bytes.
const maxToken = 4 << 10

// claims are those of Vonage's signed webhooks
// (https://developer.vonage.com/en/getting-started/concepts/webhooks).
type claims struct {
	jwt.RegisteredClaims
	PayloadHash string `json:"payload_hash"`
}

func signedJWT(secret []byte, token string, body []byte, now time.Time) bool {
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
		got.IssuedAt != nil && fresh(got.IssuedAt.Time, now)
}

// signedFields checks the field sig
// (https://developer.vonage.com/en/getting-started/concepts/signing-messages).
func signedFields(secret []byte, fields map[string]string, now time.Time) bool {
	sig, err := hex.DecodeString(fields["sig"])
	if err != nil {
		return false
	}
	var algorithm func() hash.Hash
	switch len(sig) {
	case sha256.Size:
		algorithm = sha256.New
	case sha512.Size:
		algorithm = sha512.New
	default:
		return false
	}
	mac := hmac.New(algorithm, secret)
	blank := strings.NewReplacer("&", "_", "=", "_")
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if name == "sig" {
			continue
		}
		if strings.ContainsAny(name, "&=") { // it could be two fields of the one signed
			return false
		}
		io.WriteString(mac, "&"+name+"="+blank.Replace(fields[name]))
	}
	if !hmac.Equal(sig, mac.Sum(nil)) {
		return false
	}
	seconds, err := strconv.ParseInt(fields["timestamp"], 10, 64)
	return err == nil && fresh(time.Unix(seconds, 0), now)
}

// fresh reports whether at is neither too long ago nor to come.
func fresh(at, now time.Time) bool {
	return at.After(now.Add(-maxAge)) && at.Before(now.Add(leeway))
}
