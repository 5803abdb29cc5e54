package legacyhash

import (
	"crypto/subtle"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// argon2Hash is a hash of argon2i or argon2id (RFC 9106).
type argon2Hash struct {
	name, params          string
	memory, time, threads int
	salt, digest          []byte
}

// parseArgon2 reads "$v=19$m=65536,t=3,p=4$salt$hash".
func parseArgon2(name, rest string) (scheme, error) {
	f := strings.Split(rest, "$")
	if len(f) != 5 || f[1] != fmt.Sprintf("v=%d", argon2.Version) {
		return nil, errBroken
	}
	n, ok1 := numbers(f[2], "m", "t", "p")
	salt, digest, ok2 := saltAndDigest(f[3], f[4])
	if !ok1 || !ok2 {
		return nil, errBroken
	}
	h := argon2Hash{name, f[2], n[0], n[1], n[2], salt, digest}
	switch {
	case h.time < 1 || h.threads < 1 || h.memory < 8*h.threads:
		return nil, errBroken
	case h.memory > MaxMemory>>10 || h.time > maxPasses || h.threads > maxParallel:
		return nil, errTooMuch
	}
	return h, nil
}

func (h argon2Hash) kind() string {
	return fmt.Sprintf("%s m=%d t=%d p=%d", h.name, h.memory, h.time, h.threads)
}

func (h argon2Hash) check(password []byte) bool {
	key := argon2.Key // argon2i
	if h.name == "argon2id" {
		key = argon2.IDKey
	}
	got := key(password, h.salt, uint32(h.time), uint32(h.memory), uint8(h.threads), uint32(len(h.digest)))
	return subtle.ConstantTimeCompare(got, h.digest) == 1
}

func (h argon2Hash) decoy() string {
	return fmt.Sprintf("$%s$v=%d$%s$%s$%s", h.name, argon2.Version, h.params, b64(random(len(h.salt))), b64(random(len(h.digest))))
}
