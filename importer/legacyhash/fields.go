package legacyhash

import (
	"crypto/rand"
	"encoding/base64"
	"strconv"
	"strings"
)

// decode reads base64 as it is written: with or without padding, and with '.' in place of '+'
// as passlib does. It is false for anything that another text would stand for too.
func decode(text string) ([]byte, bool) {
	text = strings.ReplaceAll(strings.TrimRight(text, "="), ".", "+")
	b, err := base64.RawStdEncoding.Strict().DecodeString(text)
	return b, err == nil && !strings.ContainsAny(text, "\r\n")
}

// number reads a decimal number of at most 9 digits, with nothing before or after it.
func number(text string) (int, bool) {
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= 0 && len(text) <= 9 && strconv.Itoa(n) == text
}

// numbers reads "n=14,r=8,p=1" for the names "n", "r", "p", in any order. Each must be there
// once, and no other; of names with a '?' none needs to be, and they are -1 then.
func numbers(text string, names ...string) ([]int, bool) {
	found := make([]int, len(names))
	for i := range found {
		found[i] = -1
	}
	for field := range strings.SplitSeq(text, ",") {
		name, value, _ := strings.Cut(field, "=")
		n, ok := number(value)
		at := -1
		for i := range names {
			if strings.TrimSuffix(names[i], "?") == name {
				at = i
			}
		}
		if !ok || at < 0 || found[at] >= 0 {
			return nil, false
		}
		found[at] = n
	}
	for i, name := range names {
		if found[i] < 0 && !strings.HasSuffix(name, "?") {
			return nil, false
		}
	}
	return found, true
}

// saltAndDigest decodes both and checks their lengths.
func saltAndDigest(salt, digest string) (s, d []byte, ok bool) {
	s, ok1 := decode(salt)
	d, ok2 := decode(digest)
	return s, d, ok1 && ok2 && fits(s, d)
}

// fits reports whether the lengths are such as a hash has.
func fits(salt, digest []byte) bool {
	return len(salt) <= maxSalt && minDigest <= len(digest) && len(digest) <= maxDigest
}

// random returns n random bytes.
func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

// randomText returns n random letters and digits.
func randomText(n int) string {
	text := ""
	for len(text) < n {
		text += rand.Text()
	}
	return text[:n]
}

// b64 writes base64 without padding, as PHC strings have it.
func b64(b []byte) string { return base64.RawStdEncoding.EncodeToString(b) }
