package keyring

import (
	"crypto/hmac"
	"encoding/json"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/phoneauth/phoneauth/internal/jws"
	"github.com/phoneauth/phoneauth/internal/mac"
)

// Kind is the typ of a token, and the label of its key: explicit typing (RFC 8725, 3.11).
// Only a Service with the same keys reads these tokens.
type Kind string

const (
	// Challenge tokens name a challenge.
	Challenge Kind = "phoneauth-challenge+jwt"
	// Verification tokens name a proof.
	Verification Kind = "phoneauth-verification+jwt"
	// Device tokens name a known device.
	Device Kind = "phoneauth-device+jwt"
	// Refresh tokens name a session.
	Refresh Kind = "phoneauth-refresh+jwt"
)

var kinds = [...]Kind{Challenge, Verification, Device, Refresh}

// claims are what stands in such a token.
type claims struct {
	Expires int64  `json:"exp"`
	Data    []byte `json:"d"`
}

// tokenKey signs and verifies the tokens of one kind under one live key.
type tokenKey struct {
	mac    *mac.Key
	sign   jws.Signer // by mac
	header string     // the segment that tokens begin with
}

func newTokenKey(kind Kind, id string, secret []byte) (tokenKey, error) {
	header, err := jws.Header(jwt.SigningMethodHS256, id, string(kind))
	key := mac.New(secret)
	return tokenKey{key, jws.HS256(key), header}, err
}

// SignToken makes a token of this kind that holds data until expires, rounded up to a
// whole second. The same arguments make the same token.
func (r *Ring) SignToken(kind Kind, data []byte, expires time.Time) (string, error) {
	text, err := json.Marshal(claims{Expires: expires.Add(time.Second - 1).Unix(), Data: data})
	if err != nil {
		return "", err
	}
	k := r.live[0].tokens[kind]
	return jws.Sign(k.header, text, k.sign)
}

// SealToken makes a token as SignToken does, whose data the bearer cannot read either.
func (r *Ring) SealToken(kind Kind, data []byte, expires time.Time) (string, error) {
	return r.SignToken(kind, r.seal(string(kind), data), expires)
}

// OpenToken returns the data that SealToken was given.
func (r *Ring) OpenToken(kind Kind, token string, now time.Time) (string, bool) {
	data, ok := r.VerifyToken(kind, token, now)
	if !ok {
		return "", false
	}
	return r.Open(string(kind), []byte(data))
}

// VerifyToken returns the data of a token of this kind that is live at now and signed
// under a live key. As with access tokens, the header must be the one that SignToken
// writes.
func (r *Ring) VerifyToken(kind Kind, token string, now time.Time) (string, bool) {
	header := jws.HeaderOf(token)
	for _, live := range r.live {
		k := live.tokens[kind]
		if header != k.header {
			continue
		}
		dot := strings.LastIndexByte(token, '.')
		signed, signature := token[:dot], token[dot+1:]
		sig, err := jws.Base64.DecodeString(signature)
		if want := k.mac.Text(signed); err != nil || !hmac.Equal(sig, want[:]) {
			return "", false
		}
		text, err := jws.Base64.DecodeString(signed[len(header)+1:])
		var c claims
		if err != nil || json.Unmarshal(text, &c) != nil {
			return "", false
		}
		return string(c.Data), now.Before(time.Unix(c.Expires, 0))
	}
	return "", false
}
