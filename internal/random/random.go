// Package random makes values that nobody can guess.
package random

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"math"
	"strconv"
	"strings"
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

// Digits returns n random digits, n at most 19. All texts of that length are equally likely,
// including those that begin with zeros.
func Digits(n int) string {
	space := uint64(1)
	for range n {
		space *= 10
	}
	// Draws from the last, incomplete part of the range would make small numbers likelier.
	const most = math.MaxUint64
	var b [8]byte
	for {
		rand.Read(b[:])
		if draw := binary.NativeEndian.Uint64(b[:]); draw < most-most%space {
			digits := strconv.FormatUint(draw%space, 10)
			return strings.Repeat("0", n-len(digits)) + digits
		}
	}
}

// Bytes returns n random bytes. It never fails: crypto/rand ends the program rather than
// return weak ones.
func Bytes(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}
