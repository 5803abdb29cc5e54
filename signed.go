package phoneauth

import (
	"encoding/base64"
	"encoding/json"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// tokenKind is the typ of a token of our own, and the label of its key: explicit typing
// (RFC 8725, 3.11). These tokens are read by nobody but the Service that made them.
type tokenKind string

const (
	sessionToken      tokenKind = "phoneauth-session+jwt"      // names a challenge
	verificationToken tokenKind = "phoneauth-verification+jwt" // names a proof
	deviceToken       tokenKind = "phoneauth-device+jwt"       // names a known device
	refreshToken      tokenKind = "phoneauth-refresh+jwt"      // names a session
)

var tokenKinds = [...]tokenKind{sessionToken, verificationToken, deviceToken, refreshToken}

// maxTokenLength of any token that is looked at.
const maxTokenLength = 4 << 10

// tokenData are the claims of such a token.
type tokenData struct {
	Expires int64  `json:"exp"`
	Data    []byte `json:"d"`
}

// GetExpirationTime implements [jwt.Claims]; there is nothing else to say.
func (d tokenData) GetExpirationTime() (*jwt.NumericDate, error) {
	return jwt.NewNumericDate(time.Unix(d.Expires, 0)), nil
}

func (tokenData) GetIssuedAt() (*jwt.NumericDate, error)  { return nil, nil }
func (tokenData) GetNotBefore() (*jwt.NumericDate, error) { return nil, nil }
func (tokenData) GetIssuer() (string, error)              { return "", nil }
func (tokenData) GetSubject() (string, error)             { return "", nil }
func (tokenData) GetAudience() (jwt.ClaimStrings, error)  { return nil, nil }

// tokenKey signs and verifies the tokens of one kind under one live key.
type tokenKey struct {
	secret []byte
	fields map[string]any // the header
	header string         // and the segment that tokens begin with
}

func newTokenKey(kind tokenKind, id string, secret []byte) (tokenKey, error) {
	k := tokenKey{secret: secret, fields: map[string]any{
		"alg": jwt.SigningMethodHS256.Alg(), "kid": id, "typ": string(kind),
	}}
	header, err := json.Marshal(k.fields)
	k.header = base64.RawURLEncoding.EncodeToString(header)
	return k, err
}

// signToken makes a token of this kind that holds data until expires, rounded up to a
// whole second. The same arguments make the same token.
func (r *keyring) signToken(kind tokenKind, data []byte, expires time.Time) (Secret, error) {
	k := r.live[0].tokens[kind]
	expires = expires.Add(time.Second - 1)
	t := jwt.Token{Method: jwt.SigningMethodHS256, Header: k.fields, Claims: tokenData{
		Expires: expires.Unix(),
		Data:    data,
	}}
	signed, err := t.SignedString(k.secret)
	return Secret(signed), err
}

// verifyToken returns the data of a token of this kind that is live at now and signed
// under a live key. As with access tokens, the header must be the one that we write.
func (r *keyring) verifyToken(kind tokenKind, token Secret, now time.Time) (string, bool) {
	header := headerOf(token)
	for _, live := range r.live {
		k := live.tokens[kind]
		if header != k.header {
			continue
		}
		var data tokenData
		parser := jwt.NewParser(
			jwt.WithStrictDecoding(),
			jwt.WithExpirationRequired(),
			jwt.WithTimeFunc(func() time.Time { return now }),
		)
		_, err := parser.ParseWithClaims(string(token), &data, func(*jwt.Token) (any, error) { return k.secret, nil })
		return string(data.Data), err == nil
	}
	return "", false
}
