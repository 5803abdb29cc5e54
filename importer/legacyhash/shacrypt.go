package legacyhash

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"fmt"
	"hash"
	"strings"
)

// shaCrypt is a hash of sha-crypt, as crypt(3) of Linux makes it. See
// https://www.akkadia.org/drepper/SHA-crypt.txt.
type shaCrypt struct {
	name   string // "5" or "6"
	prefix string // all before the salt
	rounds int
	salt   string
	digest string
}

// crypt64 are the letters of crypt(3).
const crypt64 = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// Without a number of rounds a hash has so many. No hash has fewer than the least.
const defaultRounds, leastRounds = 5000, 1000

// parseSHACrypt reads "$rounds=5000$salt$hash", where the rounds may be left out.
func parseSHACrypt(name, rest string) (scheme, error) {
	h := shaCrypt{name: name, prefix: "$" + name + "$", rounds: defaultRounds}
	rest = strings.TrimPrefix(rest, "$")
	if given, ok := strings.CutPrefix(rest, "rounds="); ok {
		text, after, _ := strings.Cut(given, "$")
		n, ok := number(text)
		if !ok || n < leastRounds {
			return nil, errBroken
		}
		h.rounds, rest = n, after
		h.prefix += "rounds=" + text + "$"
	}
	h.salt, h.digest, _ = strings.Cut(rest, "$")
	if len(h.salt) > 16 || len(h.digest) != len(h.write(make([]byte, h.hash()().Size()))) || strings.Trim(h.digest, crypt64) != "" {
		return nil, errBroken
	}
	if h.rounds > MaxIterations {
		return nil, errTooMuch
	}
	return h, nil
}

func (h shaCrypt) hash() func() hash.Hash {
	if h.name == "5" {
		return sha256.New
	}
	return sha512.New
}

func (h shaCrypt) kind() string {
	name := "sha256-crypt"
	if h.name == "6" {
		name = "sha512-crypt"
	}
	return fmt.Sprintf("%s rounds=%d", name, h.rounds)
}

// repeated returns n bytes of b again and again.
func repeated(b []byte, n int) []byte {
	if len(b) == 0 {
		return nil
	}
	return bytes.Repeat(b, n/len(b)+1)[:n]
}

func (h shaCrypt) check(password []byte) bool {
	sum := func(parts ...[]byte) []byte {
		d := h.hash()()
		for _, p := range parts {
			d.Write(p)
		}
		return d.Sum(nil)
	}
	salt := []byte(h.salt)
	b := sum(password, salt, password)
	parts := [][]byte{password, salt, repeated(b, len(password))}
	for n := len(password); n > 0; n >>= 1 {
		if n&1 != 0 {
			parts = append(parts, b)
		} else {
			parts = append(parts, password)
		}
	}
	c := sum(parts...)
	p := repeated(sum(bytes.Repeat(password, len(password))), len(password))
	s := repeated(sum(bytes.Repeat(salt, 16+int(c[0]))), len(salt))
	d := h.hash()()
	for i := range h.rounds {
		d.Reset()
		first, last := c, p
		if i&1 != 0 {
			first, last = p, c
		}
		d.Write(first)
		if i%3 != 0 {
			d.Write(s)
		}
		if i%7 != 0 {
			d.Write(p)
		}
		d.Write(last)
		c = d.Sum(c[:0])
	}
	return subtle.ConstantTimeCompare([]byte(h.write(c)), []byte(h.digest)) == 1
}

// write returns a digest in the letters of crypt(3). It takes three bytes at a time, a third
// of the digest apart; which of the three is first rotates.
func (h shaCrypt) write(digest []byte) string {
	var out []byte
	put := func(b2, b1, b0 byte, n int) {
		for w := uint(b2)<<16 | uint(b1)<<8 | uint(b0); n > 0; n-- {
			out = append(out, crypt64[w&63])
			w >>= 6
		}
	}
	third := len(digest) / 3
	turn := 1 // by how much the order of the three rotates each time
	if h.name == "5" {
		turn = 2
	}
	for i := range third {
		at := [3]int{i, i + third, i + 2*third}
		first := i * turn % 3
		put(digest[at[first]], digest[at[(first+1)%3]], digest[at[(first+2)%3]], 4)
	}
	if h.name == "5" {
		put(0, digest[31], digest[30], 3)
	} else {
		put(0, 0, digest[63], 2)
	}
	return string(out)
}

func (h shaCrypt) decoy() string {
	return h.prefix + randomText(len(h.salt)) + "$" + h.write(random(h.hash()().Size()))
}
