package phoneauth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"github.com/phoneauth/phoneauth/internal/names"
)

// What a password is, in Unicode characters (NIST SP 800-63B-4, 3.1.1.2, asks for at
// least 8 as part of two factors, and for at least 64 to be permitted).
const (
	minPassword = 8
	maxPassword = 128
)

// argon2Cost are the parameters of argon2id.
type argon2Cost struct {
	memory, time uint32 // KiB, passes
	threads      uint8
}

// argon2Params are OWASP's: 19 MiB, t=2, p=1.
var argon2Params = argon2Cost{memory: 19 * 1024, time: 2, threads: 1}

// argon2Most bounds what a stored hash may ask of this machine.
var argon2Most = argon2Cost{memory: 64 * 1024, time: 16, threads: 16}

const (
	argon2Salt = 16
	argon2Hash = 32
)

// hashWait is how long a password waits for its place.
const hashWait = time.Second

// hashesAtOnce bounds memory and keeps a flood of passwords from starving the rest.
func hashesAtOnce() int { return runtime.NumCPU() }

// hashLine is how many may wait for each place: more would wait longer than hashWait.
const hashLine = 32

// hashPlace takes a place among the hashes at once, until leave is called. No address has
// more than a quarter of the places and of the line before them. Ask the limits first.
func (s *Service) hashPlace(ctx context.Context, c *call) (leave func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, hashWait)
	defer cancel()
	leave, err = s.hashes.Enter(ctx, c.address)
	if err != nil {
		return nil, &unavailable{"hash a password", err}
	}
	return leave, nil
}

// hashPassword hashes in a place of its own.
func (s *Service) hashPassword(ctx context.Context, c *call, password Secret) (Secret, error) {
	leave, err := s.hashPlace(ctx, c)
	if err != nil {
		return "", err
	}
	defer leave()
	return hashArgon2(password, argon2Params), nil
}

// checkPassword is a *PasswordError for what may not become a password.
func (s *Service) checkPassword(ctx context.Context, password Secret) error {
	n := utf8.RuneCount(normal(password))
	switch {
	case n < minPassword:
		return &PasswordError{fmt.Sprintf("is too short (minimum is %d characters)", minPassword)}
	case n > maxPassword:
		return &PasswordError{fmt.Sprintf("is too long (maximum is %d characters)", maxPassword)}
	case s.cfg.Password.Check == nil:
		return nil
	}
	err := s.cfg.Password.Check(ctx, password)
	if err == nil || errors.Is(err, ErrUnavailable) {
		return err
	}
	return &PasswordError{err.Error()}
}

// normal is a password in Unicode's form NFC (RFC 8265, 4.2), so that what one keyboard
// writes as a letter and an accent is what another writes as one character.
func normal(password Secret) []byte { return norm.NFC.Bytes([]byte(password)) }

// comparePassword takes one argon2id hash of time, and with PasswordRules.Legacy one legacy
// hash besides, whatever hash is. outdated: the password is right, and should be hashed
// anew.
func (s *Service) comparePassword(hash, password Secret) (right, outdated bool) {
	cost, salt, want, ok := parseArgon2(string(hash))
	if !ok { // as long as it takes for any other
		cost, salt, want = argon2Params, make([]byte, argon2Salt), make([]byte, argon2Hash)
	}
	got := cost.key(password, salt, len(want))
	legacy := s.cfg.Password.Legacy
	switch {
	case ok:
		right, outdated = subtle.ConstantTimeCompare(got, want) == 1, cost != argon2Params
	case hash != "" && legacy != nil:
		return legacy(hash, password), true
	case hash != "":
		s.unknownHash(hash)
	}
	if legacy != nil {
		legacy(s.cfg.Password.LegacyDecoy, password)
	}
	return right, outdated
}

// unknownHash logs that an account has a hash that nothing verifies: one line a kind.
func (s *Service) unknownHash(hash Secret) {
	kind := hashKind(string(hash))
	if _, known := s.unknownHashes.LoadOrStore(kind, true); !known {
		s.cfg.Logger.Error("phoneauth: an account has a password hash of a kind that is not known; set PasswordRules.Legacy", "kind", kind)
	}
}

// hashKind is the kind that a hash names: the id of a PHC or crypt string, such as "2b",
// or the scheme in braces of LDAP. It holds nothing else of the hash.
func hashKind(hash string) string {
	for _, brackets := range []string{"$$", "{}"} {
		if hash[0] != brackets[0] {
			continue
		}
		if end := strings.IndexByte(hash[1:], brackets[1]); end >= 0 && names.Valid(hash[1:1+end], 16, "-_") {
			return hash[1 : 1+end]
		}
	}
	return "unnamed"
}

const argon2Fields = "m=%d,t=%d,p=%d"

func (c argon2Cost) fields() string { return fmt.Sprintf(argon2Fields, c.memory, c.time, c.threads) }

func (c argon2Cost) key(password Secret, salt []byte, length int) []byte {
	return argon2.IDKey(normal(password), salt, c.time, c.memory, c.threads, uint32(length))
}

// hashArgon2 is the PHC string of password under a new salt.
func hashArgon2(password Secret, c argon2Cost) Secret {
	salt := make([]byte, argon2Salt)
	rand.Read(salt)
	b64 := base64.RawStdEncoding
	return Secret(fmt.Sprintf("$argon2id$v=%d$%s$%s$%s", argon2.Version, c.fields(),
		b64.EncodeToString(salt), b64.EncodeToString(c.key(password, salt, argon2Hash))))
}

// parseArgon2 reads a PHC string of argon2id. It is false for any other hash, and for one
// that asks for more than argon2Most.
func parseArgon2(phc string) (c argon2Cost, salt, hash []byte, ok bool) {
	f := strings.Split(phc, "$")
	if len(f) != 6 || f[0] != "" || f[1] != "argon2id" || f[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return c, nil, nil, false
	}
	if n, err := fmt.Sscanf(f[3], argon2Fields, &c.memory, &c.time, &c.threads); n != 3 || err != nil || c.fields() != f[3] {
		return c, nil, nil, false
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(f[4])
	hash, err2 := base64.RawStdEncoding.DecodeString(f[5])
	ok = err1 == nil && err2 == nil && len(salt) >= 8 && len(hash) >= 16 && len(hash) <= 64 &&
		1 <= c.threads && c.threads <= argon2Most.threads &&
		1 <= c.time && c.time <= argon2Most.time &&
		8*uint32(c.threads) <= c.memory && c.memory <= argon2Most.memory
	return c, salt, hash, ok
}
