package keyring

import (
	"crypto/hmac"
	"crypto/sha256"
	"hash"
	"sync"

	"github.com/phoneauth/phoneauth/internal/fields"
)

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
