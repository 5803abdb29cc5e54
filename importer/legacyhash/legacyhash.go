// Package legacyhash verifies the password hashes that other systems export, so that people
// sign in with the passwords they have. Give a [Verifier] to phoneauth.PasswordRules:
//
//	v, err := legacyhash.New(legacyhash.Config{Slowest: hash})
//	config.Password.Legacy = v.Verify
//	config.Password.LegacyKnown = v.Known
//	config.Password.LegacyDecoy = v.Decoy()
//
// After a match the Service hashes the password anew, by argon2id. When nobody has a legacy
// hash any more, remove the three lines: until then every sign-in by password costs one
// legacy hash besides.
//
// # Kinds
//
//   - bcrypt: $2a$, $2b$, $2y$. Only the first 72 bytes of a password count, as everywhere.
//   - Firebase's scrypt: what [FirebaseHash] writes, with Config.Firebase; and $fbscrypt$ of
//     Supabase, which has the parameters in it.
//   - scrypt: $scrypt$ln=…,r=…,p=…$ (PHC, passlib), scrypt:N:r:p$ (Werkzeug), scrypt$ (Django).
//   - PBKDF2 of SHA-1, SHA-256 and SHA-512: pbkdf2_sha256$ (Django), $pbkdf2-sha256$ (PHC,
//     passlib), pbkdf2:sha256: (Werkzeug).
//   - argon2i and argon2id: PHC strings of version 19.
//   - sha-crypt: $5$, $6$.
//   - {SHA}, {SSHA} and those of SHA-256 and SHA-512, as LDAP servers have them. They are
//     fast to guess. Ask those people for a new password if you can.
//
// argon2d, argon2 of version 16, yescrypt, MD5 and everything else are unknown.
//
// # Caps
//
// A hash that asks for more than [MaxBcryptCost], [MaxMemory] or [MaxIterations] is not known,
// because whoever can write such a hash could stop the machine with it.
package legacyhash

import (
	"errors"
	"fmt"
	"strings"

	"github.com/phoneauth/phoneauth"
)

// What a hash may ask for at most.
const (
	// MaxBcryptCost is the highest cost of bcrypt: about a second on a core.
	MaxBcryptCost = 14
	// MaxMemory is how many bytes one scrypt or argon2 may take.
	MaxMemory = 64 << 20
	// MaxIterations is for PBKDF2, where each block of the output counts, and for the rounds
	// of sha-crypt.
	MaxIterations = 1_000_000

	maxParallel = 16 // lanes of argon2, p of scrypt
	maxPasses   = 16 // of argon2

	minDigest, maxDigest = 16, 64 // bytes; fewer could be guessed, more cost time
	maxSalt              = 256    // bytes
	maxText              = 1024   // bytes of a whole hash

	// maxPassword bounds what a round of sha-crypt copies. The Service allows 128 characters,
	// which are 512 bytes at most.
	maxPassword = 1024
)

// Config says which hashes there are.
type Config struct {
	// Firebase are the parameters of the project. Nil means that FirebaseHash is unknown.
	Firebase *Firebase
	// Slowest is any hash of the slowest kind that your users have. It decides what Decoy
	// returns. Only its kind and parameters count. Empty means a hash of Firebase, if
	// Firebase is set, else bcrypt of cost 10.
	Slowest phoneauth.Secret
}

// Verifier verifies hashes. It is safe for concurrent use.
type Verifier struct {
	firebase *firebaseParams
	decoy    phoneauth.Secret
}

// New returns a Verifier. Its error names the fault of c, and holds nothing secret.
func New(c Config) (*Verifier, error) {
	v := new(Verifier)
	if c.Firebase != nil {
		var err error
		if v.firebase, err = c.Firebase.params(); err != nil {
			return nil, fmt.Errorf("legacyhash: config: Firebase: %w", err)
		}
	}
	slowest := string(c.Slowest)
	switch {
	case slowest != "":
	case v.firebase != nil:
		slowest = string(FirebaseHash(strings.Repeat("A", 12)+"==", strings.Repeat("A", 86)+"=="))
	default:
		slowest = "$2b$10$" + strings.Repeat(".", 53)
	}
	h, err := v.parse(slowest)
	if err != nil {
		return nil, fmt.Errorf("legacyhash: config: Slowest: %w", err)
	}
	v.decoy = phoneauth.Secret(h.decoy())
	return v, nil
}

// Verify reports whether password belongs to hash. It is false for a hash that is not known.
func (v *Verifier) Verify(hash, password phoneauth.Secret) bool {
	h, err := v.parse(string(hash))
	if err != nil {
		return false
	}
	if len(password) > maxPassword {
		h.check(nil) // as long as it takes for any other
		return false
	}
	return h.check([]byte(password))
}

// Known reports whether hash is of a kind that Verify knows, and asks for no more than the
// caps.
func (v *Verifier) Known(hash phoneauth.Secret) bool {
	_, err := v.parse(string(hash))
	return err == nil
}

// Kind returns the kind and the parameters of hash, such as "bcrypt cost=10", and nothing
// else of it. It is "above the caps" for a hash that asks for too much, and "unknown" for
// every other that is not known.
func (v *Verifier) Kind(hash phoneauth.Secret) string {
	h, err := v.parse(string(hash))
	switch {
	case errors.Is(err, errTooMuch):
		return "above the caps"
	case err != nil:
		return "unknown"
	}
	return h.kind()
}

// Decoy returns a hash of the kind and the parameters of Config.Slowest, of a password that
// nobody has. It is for PasswordRules.LegacyDecoy.
func (v *Verifier) Decoy() phoneauth.Secret { return v.decoy }

// scheme is a hash that was read.
type scheme interface {
	kind() string
	// check compares in constant time.
	check(password []byte) bool
	// decoy is a hash of the same parameters, with a random salt and digest.
	decoy() string
}

// The faults of a hash. They quote nothing of it.
var (
	errUnknown = errors.New("is of an unknown kind")
	errTooMuch = errors.New("asks for more than the caps")
	errBroken  = errors.New("cannot be read")
)

// parse reads a hash by the name in front of it.
func (v *Verifier) parse(hash string) (scheme, error) {
	if len(hash) > maxText {
		return nil, errBroken
	}
	name := hash
	if end := strings.IndexAny(hash[min(1, len(hash)):], "$:}"); end >= 0 {
		name = hash[:end+1]
	}
	rest := hash[len(name):]
	switch name {
	case "$2a", "$2b", "$2y":
		return parseBcrypt(hash)
	case "$firebase-scrypt":
		return v.parseFirebase(rest)
	case "$fbscrypt":
		return parseSupabase(rest)
	case "$scrypt":
		return parsePHCScrypt(rest)
	case "scrypt":
		return parseScrypt(rest)
	case "$pbkdf2", "$pbkdf2-sha1", "$pbkdf2-sha256", "$pbkdf2-sha512":
		return parsePHCPBKDF2(name[1:], rest)
	case "pbkdf2_sha1", "pbkdf2_sha256", "pbkdf2_sha512":
		return parseDjangoPBKDF2(name, rest)
	case "pbkdf2":
		return parseWerkzeugPBKDF2(rest)
	case "$argon2i", "$argon2id":
		return parseArgon2(name[1:], rest)
	case "$5", "$6":
		return parseSHACrypt(name[1:], rest)
	}
	if strings.HasPrefix(name, "{") {
		return parseLDAP(name[1:], rest)
	}
	return nil, errUnknown
}
