// Package random makes values that nobody can guess.
package random

import (
	"crypto/rand"
	"encoding/base64"
)

// ID returns 128 random bits, in 22 characters.
func ID() string { return text(16) }

// Secret returns 256 random bits, in 43 characters.
func Secret() string { return text(32) }

func text(n int) string { return base64.RawURLEncoding.EncodeToString(Bytes(n)) }

// Bytes returns n random bytes. It never fails: crypto/rand ends the program rather than
// return weak ones.
func Bytes(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}
