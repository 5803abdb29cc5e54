// Package argon2id hashes passwords and compares them with hashes, in the PHC string format.
package argon2id

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"github.com/phoneauth/phoneauth/internal/names"
)

// Cost are the parameters of argon2id.
type Cost struct {
	// Memory is in KiB, Time is the number of passes.
	Memory, Time uint32
	// Threads is the degree of parallelism.
	Threads uint8
}

// Default is what Hash uses: OWASP's 19 MiB, t=2, p=1. It is a variable so that tests can
// make hashes cheap. Nothing may hash while a test sets it.
var Default = Cost{Memory: 19 * 1024, Time: 2, Threads: 1}

// most bounds what a stored hash may ask of this machine.
var most = Cost{Memory: 64 * 1024, Time: 16, Threads: 16}

const (
	saltLength = 16
	hashLength = 32
)

// Normal returns a password in Unicode's form NFC (RFC 8265, 4.2), so that what one
// keyboard writes as a letter and an accent is what another writes as one character.
func Normal(password string) []byte { return norm.NFC.Bytes([]byte(password)) }

// Hash returns the PHC string of password, under a new salt and the cost of Default.
func Hash(password string) string {
	salt := make([]byte, saltLength)
	rand.Read(salt)
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$%s$%s$%s", argon2.Version, Default.fields(),
		b64.EncodeToString(salt), b64.EncodeToString(Default.key(password, salt, hashLength)))
}

// Result is what Compare found.
type Result struct {
	// Known: the hash is a PHC string of argon2id that asks for a cost that this machine
	// bears. Nothing else is compared.
	Known bool
	// Right: the password is the one that was hashed.
	Right bool
	// Outdated: the hash has another cost than Default.
	Outdated bool
}

// Compare compares password with hash. It takes one hash of time, whatever hash is.
func Compare(hash, password string) Result {
	cost, salt, want, known := parse(hash)
	if !known { // as long as it takes for any other
		cost, salt, want = Default, make([]byte, saltLength), make([]byte, hashLength)
	}
	got := cost.key(password, salt, len(want))
	return Result{
		Known:    known,
		Right:    known && subtle.ConstantTimeCompare(got, want) == 1,
		Outdated: cost != Default,
	}
}

// Known reports whether Compare can compare a password with hash. It hashes nothing.
func Known(hash string) bool {
	_, _, _, known := parse(hash)
	return known
}

// Kind returns the kind that a hash of any scheme names: the id of a PHC or crypt string,
// such as "2b", or the scheme in braces of LDAP. It holds nothing else of the hash. A hash
// that names none is "unnamed". The hash must not be empty.
func Kind(hash string) string {
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

const costFields = "m=%d,t=%d,p=%d"

func (c Cost) fields() string { return fmt.Sprintf(costFields, c.Memory, c.Time, c.Threads) }

func (c Cost) key(password string, salt []byte, length int) []byte {
	return argon2.IDKey(Normal(password), salt, c.Time, c.Memory, c.Threads, uint32(length))
}

// parse reads a PHC string of argon2id. It is false for any other hash, and for one that
// asks for more than most.
func parse(phc string) (c Cost, salt, hash []byte, ok bool) {
	f := strings.Split(phc, "$")
	if len(f) != 6 || f[0] != "" || f[1] != "argon2id" || f[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return c, nil, nil, false
	}
	if n, err := fmt.Sscanf(f[3], costFields, &c.Memory, &c.Time, &c.Threads); n != 3 || err != nil || c.fields() != f[3] {
		return c, nil, nil, false
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(f[4])
	hash, err2 := base64.RawStdEncoding.DecodeString(f[5])
	ok = err1 == nil && err2 == nil && len(salt) >= 8 && len(hash) >= 16 && len(hash) <= 64 &&
		1 <= c.Threads && c.Threads <= most.Threads &&
		1 <= c.Time && c.Time <= most.Time &&
		8*uint32(c.Threads) <= c.Memory && c.Memory <= most.Memory
	return c, salt, hash, ok
}
