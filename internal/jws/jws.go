// Package jws signs and reads tokens in the compact form of JSON Web Signatures (RFC 7515).
package jws

import (
	"encoding/base64"
	"encoding/json"
	"strings"

	"github.com/golang-jwt/jwt/v5"

	"github.com/phoneauth/phoneauth/internal/mac"
)

const (
	// MaxLength of any token that is looked at, in bytes.
	MaxLength = 4 << 10
	// MinSecret is the least length of a secret key, in bytes: the output of SHA-256.
	MinSecret = 32
)

// Base64 is the encoding of a token's segments (RFC 7515, 2), and takes no second spelling
// of one.
var Base64 = base64.RawURLEncoding.Strict()

// Header returns the first segment of every token with this algorithm, kid and typ.
func Header(method jwt.SigningMethod, id, typ string) (string, error) {
	header, err := json.Marshal(map[string]string{"alg": method.Alg(), "kid": id, "typ": typ})
	return Base64.EncodeToString(header), err
}

// Signer returns the signature of text, which it does not keep.
type Signer func(text []byte) ([]byte, error)

// HS256 returns the Signer of HMAC-SHA-256 (RFC 7518, 3.2). That of golang-jwt makes its key ready
// for each token anew.
func HS256(key *mac.Key) Signer {
	return func(text []byte) ([]byte, error) {
		sum := key.Text(text)
		return sum[:], nil
	}
}

// Sign returns the token of a header segment and claims. sign signs its text.
func Sign(header string, claims []byte, sign Signer) (string, error) {
	token := make([]byte, 0, len(header)+len(claims)*4/3+100) // room for a signature of 64 bytes
	token = append(append(token, header...), '.')
	token = Base64.AppendEncode(token, claims)
	sig, err := sign(token)
	token = Base64.AppendEncode(append(token, '.'), sig)
	return string(token), err
}

// HeaderOf returns the first of a token's three segments. It is "" if the token does not
// have three, is too long to be looked at, or has line breaks, which encoding/base64 skips.
func HeaderOf(token string) string {
	lines := strings.IndexByte(token, '\r') >= 0 || strings.IndexByte(token, '\n') >= 0
	if lines || len(token) > MaxLength || strings.Count(token, ".") != 2 {
		return ""
	}
	header, _, _ := strings.Cut(token, ".")
	return header
}
