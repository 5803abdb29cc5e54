package phoneauth

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// tokenKind is the typ of a token of our own, and the label of its key: explicit typing
// (RFC 8725, 3.11). These tokens are read by nobody but the Service that made them.
type tokenKind string

const (
	challengeToken    tokenKind = "phoneauth-challenge+jwt"    // names a challenge
	verificationToken tokenKind = "phoneauth-verification+jwt" // names a proof
	deviceToken       tokenKind = "phoneauth-device+jwt"       // names a known device
	refreshToken      tokenKind = "phoneauth-refresh+jwt"      // names a session
)

var tokenKinds = [...]tokenKind{challengeToken, verificationToken, deviceToken, refreshToken}

// maxTokenLength of any token that is looked at.
const maxTokenLength = 4 << 10

// tokenData are the claims of such a token.
type tokenData struct {
	Expires int64  `json:"exp"`
	Data    []byte `json:"d"`
}

// tokenKey signs and verifies the tokens of one kind under one live key.
type tokenKey struct {
	secret []byte
	header string // the segment that tokens begin with
}

func newTokenKey(kind tokenKind, id string, secret []byte) (tokenKey, error) {
	header, err := headerSegment(jwt.SigningMethodHS256, id, string(kind))
	return tokenKey{secret, header}, err
}

// signToken makes a token of this kind that holds data until expires, rounded up to a
// whole second. The same arguments make the same token.
func (r *keyring) signToken(kind tokenKind, data []byte, expires time.Time) (Secret, error) {
	claims, err := json.Marshal(tokenData{Expires: expires.Add(time.Second - 1).Unix(), Data: data})
	if err != nil {
		return "", err
	}
	k := r.live[0].tokens[kind]
	return signJWT(jwt.SigningMethodHS256, k.secret, k.header, claims)
}

// sealToken is signToken for data that the bearer must not read either.
func (r *keyring) sealToken(kind tokenKind, data []byte, expires time.Time) (Secret, error) {
	return r.signToken(kind, r.sealed(string(kind), string(data)), expires)
}

// openToken returns the data that sealToken was given.
func (r *keyring) openToken(kind tokenKind, token Secret, now time.Time) (string, bool) {
	data, ok := r.verifyToken(kind, token, now)
	if !ok {
		return "", false
	}
	return r.open(string(kind), []byte(data))
}

// verifyToken returns the data of a token of this kind that is live at now and signed
// under a live key. As with access tokens, the header must be the one that we write, so
// that nothing is to be read in it.
func (r *keyring) verifyToken(kind tokenKind, token Secret, now time.Time) (string, bool) {
	header := headerOf(token)
	for _, live := range r.live {
		k := live.tokens[kind]
		if header != k.header {
			continue
		}
		dot := strings.LastIndexByte(string(token), '.')
		signed, signature := string(token[:dot]), string(token[dot+1:])
		sig, err := base64url.DecodeString(signature)
		if err != nil || jwt.SigningMethodHS256.Verify(signed, sig, k.secret) != nil {
			return "", false
		}
		claims, err := base64url.DecodeString(signed[len(header)+1:])
		var data tokenData
		if err != nil || json.Unmarshal(claims, &data) != nil {
			return "", false
		}
		return string(data.Data), now.Before(time.Unix(data.Expires, 0))
	}
	return "", false
}

// base64url is the encoding of a token's parts (RFC 7515, 2), and takes no second
// spelling of one.
var base64url = base64.RawURLEncoding.Strict()

// headerSegment is the first segment of every token with this algorithm, kid and typ.
func headerSegment(method jwt.SigningMethod, id, kind string) (string, error) {
	header, err := json.Marshal(map[string]string{"alg": method.Alg(), "kid": id, "typ": kind})
	return base64url.EncodeToString(header), err
}

// signJWT is the token of a header segment and claims.
func signJWT(method jwt.SigningMethod, key any, header string, claims []byte) (Secret, error) {
	signed := header + "." + base64url.EncodeToString(claims)
	sig, err := method.Sign(signed, key)
	return Secret(signed + "." + base64url.EncodeToString(sig)), err
}

// headerOf is the first of a token's three segments; "" if it does not have three, is too
// long to be looked at, or has line breaks, which encoding/base64 skips.
func headerOf(token Secret) string {
	if len(token) > maxTokenLength || strings.Count(string(token), ".") != 2 || strings.ContainsAny(string(token), "\r\n") {
		return ""
	}
	header, _, _ := strings.Cut(string(token), ".")
	return header
}
