package keyring

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"encoding/binary"
	"encoding/json"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/phoneauth/phoneauth/internal/jws"
	"github.com/phoneauth/phoneauth/internal/mac"
)

// Kind is a kind of token, and the label of its key: nothing of one kind is accepted as
// another. Only a Service with the same keys reads these tokens.
type Kind string

const (
	// Challenge tokens name a challenge. They are JWTs, as the Phone API says, whose typ is
	// the kind (RFC 8725, 3.11).
	Challenge Kind = "phoneauth-challenge+jwt"
	// Verification tokens name a proof. Their bearer cannot read them.
	Verification Kind = "phoneauth-verification"
	// Device tokens name a known device.
	Device Kind = "phoneauth-device"
	// Refresh tokens name a session.
	Refresh Kind = "phoneauth-refresh"
)

// kinds are all kinds.
var kinds = [...]Kind{Challenge, Verification, Device, Refresh}

// A compact token begins with a letter for its kind, and with the version of its form. Then
// follows the base64 (RFC 4648, 5) of the length of a key's id, the id, and the rest:
//
//   - Device and Refresh: the end in seconds as uvarint, the data, and the first 16 bytes of
//     HMAC-SHA-256 of the prefix and of all before;
//   - Verification: a nonce and the end and the data, sealed by AES-256-GCM.
var prefixes = map[Kind]string{Verification: "v1.", Device: "d1.", Refresh: "r1."}

// macLength is half of HMAC-SHA-256, as RFC 2104 (5) allows.
const macLength = 16

// claims are what stands in a JWT.
type claims struct {
	Expires int64  `json:"exp"`
	Data    []byte `json:"d"`
}

// tokenKey makes and reads the tokens of one kind under one live key. It has what the form of
// the kind needs.
type tokenKey struct {
	mac    *mac.Key
	seal   cipher.AEAD
	sign   jws.Signer // by mac
	header string     // the segment that a JWT begins with
}

func newTokenKey(kind Kind, id string, secret []byte) (k *tokenKey, err error) {
	k = new(tokenKey)
	if kind == Verification {
		k.seal, err = newSeal(secret)
		return k, err
	}
	k.mac = mac.New(secret)
	if kind == Challenge {
		k.sign = jws.HS256(k.mac)
		k.header, err = jws.Header(jwt.SigningMethodHS256, id, string(kind))
	}
	return k, err
}

// newSeal returns AES-256-GCM under key.
func newSeal(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// seconds returns expires in whole seconds, rounded up.
func seconds(expires time.Time) int64 { return expires.Add(time.Second - 1).Unix() }

// SignToken makes a token of the kind Device or Refresh that holds data until expires, rounded
// up to a whole second. Its bearer can read the data. The same arguments make the same token.
func (r *Ring) SignToken(kind Kind, data []byte, expires time.Time) string {
	k, prefix := r.live[0], prefixes[kind]
	var room [256]byte
	text := appendID(append(room[:0], prefix...), k.id)
	text = binary.AppendUvarint(text, uint64(seconds(expires)))
	text = append(text, data...)
	sum := k.tokens[kind].mac.Text(text)
	text = append(text, sum[:macLength]...)
	var encoded [2 * len(room)]byte
	return string(jws.Base64.AppendEncode(append(encoded[:0], prefix...), text[len(prefix):]))
}

// SealToken makes a token of the kind Challenge or Verification that holds data until expires,
// rounded up to a whole second. Its bearer cannot read the data.
func (r *Ring) SealToken(kind Kind, data []byte, expires time.Time) (string, error) {
	k := r.live[0]
	if kind == Challenge {
		text, err := json.Marshal(claims{Expires: seconds(expires), Data: r.seal(string(kind), data)})
		if err != nil {
			return "", err
		}
		return jws.Sign(k.tokens[kind].header, text, k.tokens[kind].sign)
	}
	prefix, seal := prefixes[kind], k.tokens[kind].seal
	plain := binary.AppendUvarint(make([]byte, 0, binary.MaxVarintLen64+len(data)), uint64(seconds(expires)))
	plain = append(plain, data...)
	body := appendID(make([]byte, 0, 1+len(k.id)+len(plain)+seal.Overhead()), k.id)
	return prefix + jws.Base64.EncodeToString(seal.Seal(body, nil, plain, []byte(prefix))), nil
}

// VerifyToken returns the data of a token that SignToken made under a live key and that is live
// at now.
func (r *Ring) VerifyToken(kind Kind, token string, now time.Time) (string, bool) {
	key, prefix, body, rest := r.compact(kind, token)
	if key == nil || key.mac == nil || len(rest) < macLength {
		return "", false
	}
	signed := body[:len(body)-macLength]
	sum := key.mac.Text(append([]byte(prefix), signed...))
	if !hmac.Equal(body[len(signed):], sum[:macLength]) {
		return "", false
	}
	return live(rest[:len(rest)-macLength], now)
}

// OpenToken returns the data of a token that SealToken made under a live key and that is live at
// now.
func (r *Ring) OpenToken(kind Kind, token string, now time.Time) (string, bool) {
	if kind == Challenge {
		return r.openJWT(kind, token, now)
	}
	key, prefix, _, rest := r.compact(kind, token)
	if key == nil || key.seal == nil {
		return "", false
	}
	plain, err := key.seal.Open(nil, nil, rest, []byte(prefix))
	if err != nil {
		return "", false
	}
	return live(plain, now)
}

// compact returns the body of a compact token of this kind, what follows the id in it, and the
// key with that id. The key is nil if there is none or the token has another form.
func (r *Ring) compact(kind Kind, token string) (key *tokenKey, prefix string, body, rest []byte) {
	prefix, ok := prefixes[kind]
	text, found := strings.CutPrefix(token, prefix)
	if !ok || !found || len(token) > jws.MaxLength || strings.ContainsAny(text, "\r\n") { // which encoding/base64 skips
		return nil, "", nil, nil
	}
	body, err := jws.Base64.DecodeString(text)
	if err != nil {
		return nil, "", nil, nil
	}
	k, rest := r.keyOf(body)
	if k == nil {
		return nil, "", nil, nil
	}
	return k.tokens[kind], prefix, body, rest
}

// live returns the data behind the end of a token, if that is not over at now.
func live(text []byte, now time.Time) (string, bool) {
	end, n := binary.Uvarint(text)
	if n <= 0 || end > 1<<40 {
		return "", false
	}
	return string(text[n:]), now.Before(time.Unix(int64(end), 0))
}

// openJWT reads a JWT. As with access tokens, the header must be the one that SealToken writes.
func (r *Ring) openJWT(kind Kind, token string, now time.Time) (string, bool) {
	header := jws.HeaderOf(token)
	for _, live := range r.live {
		k := live.tokens[kind]
		if header != k.header {
			continue
		}
		dot := strings.LastIndexByte(token, '.')
		signed, signature := token[:dot], token[dot+1:]
		sig, err := jws.Base64.DecodeString(signature)
		if want := k.mac.Text([]byte(signed)); err != nil || !hmac.Equal(sig, want[:]) {
			return "", false
		}
		text, err := jws.Base64.DecodeString(signed[len(header)+1:])
		var c claims
		if err != nil || json.Unmarshal(text, &c) != nil || !now.Before(time.Unix(c.Expires, 0)) {
			return "", false
		}
		return r.Open(string(kind), c.Data)
	}
	return "", false
}
