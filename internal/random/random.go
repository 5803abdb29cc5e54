// Package random makes values that nobody can guess.
package random

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
)

// ID returns 128 random bits, in 22 characters.
func ID() string { return text(16) }

// Secret returns 256 random bits, in 43 characters.
func Secret() string { return text(32) }

// text returns n random bytes as text. n is at most 32.
func text(n int) string {
	var b [32]byte
	rand.Read(b[:n])
	var encoded [43]byte // of 32 bytes
	return string(base64.RawURLEncoding.AppendEncode(encoded[:0], b[:n]))
}

// UUID returns a random UUID (RFC 9562, version 4).
func UUID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	text := make([]byte, 0, 36)
	for _, part := range [...][]byte{b[:4], b[4:6], b[6:8], b[8:10]} {
		text = append(hex.AppendEncode(text, part), '-')
	}
	return string(hex.AppendEncode(text, b[10:]))
}

// Bytes returns n random bytes. It never fails: crypto/rand ends the program rather than
// return weak ones.
func Bytes(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}
