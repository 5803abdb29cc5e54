package legacyhash

import (
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/bits"
	"strings"

	"golang.org/x/crypto/scrypt"
)

// scryptHash is a hash of scrypt (RFC 7914).
type scryptHash struct {
	n, r, p      int
	salt, digest []byte
	// write returns the text of such a hash with a random salt.
	write func(digest []byte) string
}

// bearable returns h, or errTooMuch.
func (h scryptHash) bearable() (scheme, error) {
	switch {
	case h.n < 2 || h.n&(h.n-1) != 0 || h.r < 1 || h.p < 1 || !fits(h.salt, h.digest):
		return nil, errBroken
	case h.n > MaxMemory/128 || h.r > MaxMemory/128/h.n || h.p > maxParallel || h.p*h.r > MaxMemory/128:
		return nil, errTooMuch
	}
	return h, nil
}

// parsePHCScrypt reads "$ln=16,r=8,p=1$salt$hash". See
// https://passlib.readthedocs.io/en/stable/lib/passlib.hash.scrypt.html.
func parsePHCScrypt(rest string) (scheme, error) {
	f := strings.Split(rest, "$")
	if len(f) != 4 {
		return nil, errBroken
	}
	n, ok1 := numbers(f[1], "ln", "r", "p")
	salt, digest, ok2 := saltAndDigest(f[2], f[3])
	if !ok1 || !ok2 || n[0] < 1 {
		return nil, errBroken
	}
	if n[0] > 30 {
		return nil, errTooMuch
	}
	h := scryptHash{n: 1 << n[0], r: n[1], p: n[2], salt: salt, digest: digest}
	h.write = func(digest []byte) string {
		return "$scrypt$" + f[1] + "$" + b64(random(len(salt))) + "$" + b64(digest)
	}
	return h.bearable()
}

// parseScrypt reads ":32768:8:1$salt$hex" of Werkzeug and "$16384$salt$8$1$base64" of Django.
// In both the salt is text.
func parseScrypt(rest string) (scheme, error) {
	f := strings.FieldsFunc(rest, func(r rune) bool { return r == '$' || r == ':' })
	if len(f) != 5 {
		return nil, errBroken
	}
	var h scryptHash
	var ok [4]bool
	if rest == ":"+f[0]+":"+f[1]+":"+f[2]+"$"+f[3]+"$"+f[4] {
		h.n, ok[0] = number(f[0])
		h.r, ok[1] = number(f[1])
		h.p, ok[2] = number(f[2])
		h.salt = []byte(f[3])
		var err error
		h.digest, err = hex.DecodeString(f[4])
		ok[3] = err == nil
		h.write = func(digest []byte) string {
			return fmt.Sprintf("scrypt:%d:%d:%d$%s$%x", h.n, h.r, h.p, randomText(len(h.salt)), digest)
		}
	} else if rest == "$"+strings.Join(f, "$") {
		h.n, ok[0] = number(f[0])
		h.salt = []byte(f[1])
		h.r, ok[1] = number(f[2])
		h.p, ok[2] = number(f[3])
		h.digest, ok[3] = decode(f[4])
		h.write = func(digest []byte) string {
			return fmt.Sprintf("scrypt$%d$%s$%d$%d$%s", h.n, randomText(len(h.salt)), h.r, h.p, base64.StdEncoding.EncodeToString(digest))
		}
	}
	if ok != [4]bool{true, true, true, true} {
		return nil, errBroken
	}
	return h.bearable()
}

func (h scryptHash) kind() string {
	return fmt.Sprintf("scrypt ln=%d r=%d p=%d", bits.Len(uint(h.n))-1, h.r, h.p)
}

func (h scryptHash) check(password []byte) bool {
	got, err := scrypt.Key(password, h.salt, h.n, h.r, h.p, len(h.digest))
	return err == nil && subtle.ConstantTimeCompare(got, h.digest) == 1
}

func (h scryptHash) decoy() string { return h.write(random(len(h.digest))) }
