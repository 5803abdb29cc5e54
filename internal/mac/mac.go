// Package mac computes HMAC-SHA-256 (RFC 2104) under keys that are made ready once.
package mac

import (
	"crypto/hmac"
	"crypto/sha256"
	"hash"
	"sync"

	"github.com/phoneauth/phoneauth/internal/fields"
)

// Size is the length of a code, in bytes.
const Size = sha256.Size

// Key is a key that is ready. It is safe for concurrent use.
type Key struct{ states sync.Pool }

type state struct {
	hash   hash.Hash
	buffer []byte
}

// New makes key ready. It keeps key, which must not change.
func New(key []byte) *Key {
	return &Key{states: sync.Pool{New: func() any {
		return &state{hash: hmac.New(sha256.New, key)}
	}}}
}

// Text returns the code of text.
func (k *Key) Text(text []byte) [Size]byte {
	s := k.states.Get().(*state)
	s.buffer = append(s.buffer[:0], text...)
	return k.sum(s)
}

// Parts returns the code of parts, each after its length, so that no two lists of parts are one
// message.
func (k *Key) Parts(parts ...string) [Size]byte {
	s := k.states.Get().(*state)
	s.buffer = fields.Append(s.buffer[:0], parts...)
	return k.sum(s)
}

// sum returns the code of what is in the buffer of s, and gives s back.
func (k *Key) sum(s *state) (sum [Size]byte) {
	s.hash.Reset()
	s.hash.Write(s.buffer)
	clear(s.buffer)
	s.buffer = s.hash.Sum(s.buffer[:0])
	copy(sum[:], s.buffer)
	clear(s.buffer)
	k.states.Put(s)
	return sum
}
