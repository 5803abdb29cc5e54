// Package keyring derives keys from a host's secrets, and makes under them what only they
// verify and open: prints, digests, sealed blobs and tokens.
package keyring

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"iter"

	"github.com/phoneauth/phoneauth/internal/mac"
)

// Ring holds one key for each use, derived once by HKDF (RFC 5869) from the use's label and
// the realm, so that nothing made for one use or realm opens in another. It is safe for
// concurrent use.
type Ring struct {
	index *mac.Key
	live  []liveKey // the first makes, all verify and open
}

type liveKey struct {
	id              string
	digest, refresh *mac.Key
	seal            cipher.AEAD
	tokens          map[Kind]*tokenKey
	access, human   []byte
}

// Secret is a secret key and its id, which has at most 255 bytes.
type Secret struct {
	// ID goes with whatever is made under the key, so that it is found again.
	ID string
	// Secret is what the keys for each use are derived from.
	Secret []byte
}

// New derives the keys of a realm. Index makes prints. The first of secrets makes
// everything else, and all of them verify and open.
func New(index []byte, secrets []Secret, realm string) (*Ring, error) {
	var failed error
	derive := func(secret []byte, use string) []byte {
		key, err := hkdf.Key(sha256.New, secret, nil, "phoneauth/1 "+use+"\x00"+realm, sha256.Size)
		if err != nil {
			failed = err
		}
		return key
	}
	ring := &Ring{index: mac.New(derive(index, "index"))}
	for _, k := range secrets {
		seal, err := newSeal(derive(k.Secret, "seal"))
		if err != nil {
			return nil, err
		}
		live := liveKey{
			id:      k.ID,
			digest:  mac.New(derive(k.Secret, "digest")),
			refresh: mac.New(derive(k.Secret, "refresh")),
			seal:    seal,
			tokens:  map[Kind]*tokenKey{},
			access:  derive(k.Secret, "access"),
			human:   derive(k.Secret, "human check"),
		}
		for _, kind := range kinds {
			if live.tokens[kind], err = newTokenKey(kind, k.ID, derive(k.Secret, string(kind))); err != nil {
				return nil, err
			}
		}
		ring.live = append(ring.live, live)
	}
	return ring, failed
}

// Print returns the fingerprint of parts: 128 bits, in 22 characters.
func (r *Ring) Print(parts ...string) string {
	sum := r.index.Parts(parts...)
	var text [22]byte
	base64.RawURLEncoding.Encode(text[:], sum[:16])
	return string(text[:])
}

// Digest returns what a store keeps of the secret of the challenge with this key.
func (r *Ring) Digest(key, secret string) []byte {
	sum := r.live[0].digest.Parts(key, secret)
	return sum[:]
}

// Digests returns what a store may have kept: one for each live key.
func (r *Ring) Digests(key, secret string) [][]byte {
	all := make([][]byte, len(r.live))
	for i, k := range r.live {
		sum := k.digest.Parts(key, secret)
		all[i] = sum[:]
	}
	return all
}

// Seal returns plain, encrypted: the length of the key's id, the id, nonce and ciphertext.
// It opens only for the same use.
func (r *Ring) Seal(use, plain string) []byte { return r.seal(use, []byte(plain)) }

func (r *Ring) seal(use string, plain []byte) []byte {
	k := r.live[0]
	blob := appendID(make([]byte, 0, 1+len(k.id)+len(plain)+k.seal.Overhead()), k.id)
	return k.seal.Seal(blob, nil, plain, []byte(use))
}

// Open returns what Seal encrypted. It returns false if no live key sealed blob for this use.
func (r *Ring) Open(use string, blob []byte) (string, bool) {
	k, rest := r.keyOf(blob)
	if k == nil {
		return "", false
	}
	plain, err := k.seal.Open(nil, nil, rest, []byte(use))
	return string(plain), err == nil
}

// appendID writes the id of a key, after its length.
func appendID(b []byte, id string) []byte { return append(append(b, byte(len(id))), id...) }

// keyOf returns the live key whose id appendID wrote at the beginning of b, and what follows the
// id. The key is nil if there is none.
func (r *Ring) keyOf(b []byte) (k *liveKey, rest []byte) {
	if len(b) == 0 || len(b) < 1+int(b[0]) {
		return nil, nil
	}
	id, rest := b[1:1+int(b[0])], b[1+int(b[0]):]
	for i := range r.live {
		if r.live[i].id == string(id) {
			return &r.live[i], rest
		}
	}
	return nil, nil
}

// Successor returns the text that follows a refresh secret, under the first key. It is
// derived, so that it can be made again although only digests are stored, and under a key,
// so that nobody else can make it.
func (r *Ring) Successor(id, secret string) string {
	sum := r.live[0].refresh.Parts(id, secret)
	return string(sum[:])
}

// Successors yields what Successor may have returned: one for each live key.
func (r *Ring) Successors(id, secret string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := range r.live {
			sum := r.live[i].refresh.Parts(id, secret)
			if !yield(string(sum[:])) {
				return
			}
		}
	}
}

// HumanCheckKeys returns the keys of the embedded human check, the first of which signs.
func (r *Ring) HumanCheckKeys() [][]byte {
	all := make([][]byte, len(r.live))
	for i, k := range r.live {
		all[i] = k.human
	}
	return all
}

// AccessKeys returns the keys of access tokens, the first of which signs.
func (r *Ring) AccessKeys() []Secret {
	all := make([]Secret, len(r.live))
	for i, k := range r.live {
		all[i] = Secret{ID: k.id, Secret: k.access}
	}
	return all
}
