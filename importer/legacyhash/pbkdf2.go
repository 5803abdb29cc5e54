package legacyhash

import (
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"strings"

	"golang.org/x/crypto/pbkdf2"
)

// hashes are those that PBKDF2 and LDAP servers use.
var hashes = map[string]func() hash.Hash{"sha1": sha1.New, "sha256": sha256.New, "sha512": sha512.New}

// pbkdf2Hash is a hash of PBKDF2 (RFC 8018).
type pbkdf2Hash struct {
	name         string // of hashes
	iterations   int
	salt, digest []byte
	// write returns the text of such a hash with a random salt.
	write func(digest []byte) string
}

// bearable returns h, or errTooMuch.
func (h pbkdf2Hash) bearable() (scheme, error) {
	if hashes[h.name] == nil {
		return nil, errUnknown
	}
	if h.iterations < 1 || !fits(h.salt, h.digest) {
		return nil, errBroken
	}
	size := hashes[h.name]().Size()
	blocks := (len(h.digest) + size - 1) / size
	if h.iterations > MaxIterations/blocks {
		return nil, errTooMuch
	}
	return h, nil
}

// parsePHCPBKDF2 reads "$29000$salt$hash" of passlib, and "$i=29000,l=32$salt$hash" of the PHC
// format. See https://passlib.readthedocs.io/en/stable/lib/passlib.hash.pbkdf2_digest.html.
func parsePHCPBKDF2(name, rest string) (scheme, error) {
	f := strings.Split(rest, "$")
	if len(f) != 4 {
		return nil, errBroken
	}
	iterations, ok := number(f[1])
	length := -1
	if !ok {
		var n []int
		if n, ok = numbers(f[1], "i", "l?"); ok {
			iterations, length = n[0], n[1]
		}
	}
	salt, digest, ok2 := saltAndDigest(f[2], f[3])
	if !ok || !ok2 || length >= 0 && length != len(digest) {
		return nil, errBroken
	}
	_, kind, _ := strings.Cut(name, "-")
	if kind == "" {
		kind = "sha1"
	}
	return pbkdf2Hash{kind, iterations, salt, digest, func(digest []byte) string {
		return "$" + name + "$" + f[1] + "$" + b64(random(len(salt))) + "$" + b64(digest)
	}}.bearable()
}

// parseDjangoPBKDF2 reads "$600000$salt$hash", where the salt is text. See
// https://docs.djangoproject.com/en/stable/topics/auth/passwords/.
func parseDjangoPBKDF2(name, rest string) (scheme, error) {
	f := strings.Split(rest, "$")
	if len(f) != 4 {
		return nil, errBroken
	}
	iterations, ok1 := number(f[1])
	digest, ok2 := decode(f[3])
	if !ok1 || !ok2 {
		return nil, errBroken
	}
	return pbkdf2Hash{strings.TrimPrefix(name, "pbkdf2_"), iterations, []byte(f[2]), digest, func(digest []byte) string {
		return name + "$" + f[1] + "$" + randomText(len(f[2])) + "$" + base64.StdEncoding.EncodeToString(digest)
	}}.bearable()
}

// parseWerkzeugPBKDF2 reads ":sha256:600000$salt$hex", where the salt is text.
func parseWerkzeugPBKDF2(rest string) (scheme, error) {
	f := strings.Split(rest, "$")
	method := strings.Split(f[0], ":")
	if len(f) != 3 || len(method) != 3 {
		return nil, errBroken
	}
	iterations, ok := number(method[2])
	digest, err := hex.DecodeString(f[2])
	if !ok || err != nil {
		return nil, errBroken
	}
	return pbkdf2Hash{method[1], iterations, []byte(f[1]), digest, func(digest []byte) string {
		return "pbkdf2" + f[0] + "$" + randomText(len(f[1])) + "$" + hex.EncodeToString(digest)
	}}.bearable()
}

func (h pbkdf2Hash) kind() string {
	return fmt.Sprintf("pbkdf2-%s iterations=%d", h.name, h.iterations)
}

func (h pbkdf2Hash) check(password []byte) bool {
	got := pbkdf2.Key(password, h.salt, h.iterations, len(h.digest), hashes[h.name])
	return subtle.ConstantTimeCompare(got, h.digest) == 1
}

func (h pbkdf2Hash) decoy() string { return h.write(random(len(h.digest))) }
