package phoneauth

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"hash"
	"io"
	"log/slog"
	"sync"

	"github.com/phoneauth/phoneauth/internal/fields"
	"github.com/phoneauth/phoneauth/internal/names"
)

// minKeyLength of every secret key, in bytes: the output of SHA-256.
const minKeyLength = 32

// String returns "[redacted]".
func (Keys) String() string { return redacted }

// Format writes what String returns, whatever the verb.
func (k Keys) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, k.String()) }

// MarshalText returns what String does.
func (k Keys) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// LogValue returns what String does.
func (Keys) LogValue() slog.Value { return slog.StringValue(redacted) }

// String returns the id and no more.
func (k Key) String() string { return k.ID + ":" + redacted }

// Format writes what String returns, whatever the verb.
func (k Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, k.String()) }

// MarshalText returns what String does.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// LogValue returns what String does.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.String()) }

func (k Keys) validate(fault func(field, format string, args ...any)) {
	if len(k.Index) < minKeyLength {
		fault("Keys.Index", "must be at least %d bytes, has %d", minKeyLength, len(k.Index))
	}
	if len(k.Secrets) == 0 {
		fault("Keys.Secrets", "is required")
	}
	seen := map[string]bool{}
	for i, key := range k.Secrets {
		field := fmt.Sprintf("Keys.Secrets[%d]", i)
		if !names.Valid(key.ID, 16, "-_") {
			fault(field, "ID must be 1 to 16 letters, digits, '-' or '_'")
		}
		if seen[key.ID] {
			fault(field, "ID is used twice")
		}
		seen[key.ID] = true
		if len(key.Secret) < minKeyLength {
			fault(field, "Secret must be at least %d bytes, has %d", minKeyLength, len(key.Secret))
		}
	}
}

// keyring holds one key for each use, derived once by HKDF (RFC 5869) from the use's
// label and the realm, so that nothing made for one use or realm opens in another.
type keyring struct {
	index *mac
	live  []liveKey // the first makes, all verify and open
}

type liveKey struct {
	id              string
	digest, refresh *mac
	seal            cipher.AEAD
	tokens          map[tokenKind]tokenKey
	access          []byte
}

func newKeyring(keys Keys, realm string) (*keyring, error) {
	var failed error
	derive := func(secret []byte, use string) []byte {
		key, err := hkdf.Key(sha256.New, secret, nil, "phoneauth/1 "+use+"\x00"+realm, sha256.Size)
		if err != nil {
			failed = err
		}
		return key
	}
	ring := &keyring{index: newMAC(derive(keys.Index, "index"))}
	for _, k := range keys.Secrets {
		block, err := aes.NewCipher(derive(k.Secret, "seal"))
		if err != nil {
			return nil, err
		}
		seal, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, err
		}
		live := liveKey{
			id:      k.ID,
			digest:  newMAC(derive(k.Secret, "digest")),
			refresh: newMAC(derive(k.Secret, "refresh")),
			seal:    seal,
			tokens:  map[tokenKind]tokenKey{},
			access:  derive(k.Secret, "access"),
		}
		for _, kind := range tokenKinds {
			if live.tokens[kind], err = newTokenKey(kind, k.ID, derive(k.Secret, string(kind))); err != nil {
				return nil, err
			}
		}
		ring.live = append(ring.live, live)
	}
	return ring, failed
}

// print is the fingerprint of parts: 128 bits, in 22 characters.
func (r *keyring) print(parts ...string) string {
	sum := r.index.sum(parts...)
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// digest is what a store keeps of the secret of the challenge with this key.
func (r *keyring) digest(key, secret string) []byte {
	sum := r.live[0].digest.sum(key, secret)
	return sum[:]
}

// digests are what a store may have kept: one for each live key.
func (r *keyring) digests(key, secret string) [][]byte {
	all := make([][]byte, len(r.live))
	for i, k := range r.live {
		sum := k.digest.sum(key, secret)
		all[i] = sum[:]
	}
	return all
}

// sealed is plain, encrypted: the length of the key's id, the id, nonce and ciphertext.
// It opens only for the same use.
func (r *keyring) sealed(use, plain string) []byte {
	k := r.live[0]
	blob := make([]byte, 0, 1+len(k.id)+len(plain)+k.seal.Overhead())
	blob = append(blob, byte(len(k.id)))
	blob = append(blob, k.id...)
	return k.seal.Seal(blob, nil, []byte(plain), []byte(use))
}

// open is the reverse of sealed. It is false for what no live key sealed for this use.
func (r *keyring) open(use string, blob []byte) (string, bool) {
	if len(blob) == 0 || len(blob) < 1+int(blob[0]) {
		return "", false
	}
	id, rest := string(blob[1:1+blob[0]]), blob[1+blob[0]:]
	for _, k := range r.live {
		if k.id == id {
			plain, err := k.seal.Open(nil, nil, rest, []byte(use))
			return string(plain), err == nil
		}
	}
	return "", false
}

// mac is HMAC-SHA-256 over length-prefixed parts, so that no two lists of parts are one
// message.
type mac struct{ states sync.Pool }

type macState struct {
	hash   hash.Hash
	buffer []byte
}

func newMAC(key []byte) *mac {
	return &mac{states: sync.Pool{New: func() any {
		return &macState{hash: hmac.New(sha256.New, key)}
	}}}
}

func (m *mac) sum(parts ...string) (sum [sha256.Size]byte) {
	s := m.states.Get().(*macState)
	s.buffer = fields.Append(s.buffer[:0], parts...)
	s.hash.Reset()
	s.hash.Write(s.buffer)
	s.buffer = s.hash.Sum(s.buffer[:0])
	copy(sum[:], s.buffer)
	clear(s.buffer)
	m.states.Put(s)
	return sum
}

// accessTokens is the default TokenIssuer: HS256 under keys derived from Keys.
func (r *keyring) accessTokens(name string) (*JWT, error) {
	c := JWTConfig{Issuer: name, Audience: name}
	for _, k := range r.live {
		c.Keys = append(c.Keys, SigningKey{ID: k.id, Key: k.access})
	}
	return NewJWT(c)
}
