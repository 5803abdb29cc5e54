package legacyhash

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/scrypt"

	"github.com/phoneauth/phoneauth"
)

// Firebase are the password hash parameters of a Firebase project: the console shows them
// under Authentication, Users, in the menu above the list.
type Firebase struct {
	// SignerKey is base64_signer_key.
	SignerKey phoneauth.Secret
	// SaltSeparator is base64_salt_separator.
	SaltSeparator string
	// Rounds is rounds. 0 means 8.
	Rounds int
	// MemCost is mem_cost. 0 means 14.
	MemCost int
}

// FirebaseHash returns the text of a hash of Firebase, as a Verifier reads it. Both are
// base64, in the alphabet of URLs or the other: the members salt and passwordHash of
// auth:export.
func FirebaseHash(salt, passwordHash string) phoneauth.Secret {
	plain := strings.NewReplacer("-", "+", "_", "/")
	return phoneauth.Secret("$firebase-scrypt$" + plain.Replace(salt) + "$" + plain.Replace(passwordHash))
}

// firebaseParams are the parameters of one hash or of all of a project. The scrypt is of r =
// rounds and N = 2^memCost; it gives a key under which the signer key is encrypted. See
// https://github.com/firebase/scrypt.
type firebaseParams struct {
	signerKey, separator []byte
	rounds, memCost      int
}

func (f Firebase) params() (*firebaseParams, error) {
	p := &firebaseParams{rounds: f.Rounds, memCost: f.MemCost}
	if p.rounds == 0 {
		p.rounds = 8
	}
	if p.memCost == 0 {
		p.memCost = 14
	}
	var ok1, ok2 bool
	p.signerKey, ok1 = decode(string(f.SignerKey))
	p.separator, ok2 = decode(f.SaltSeparator)
	switch {
	case !ok1 || len(p.signerKey) < minDigest || len(p.signerKey) > maxDigest:
		return nil, faultOf("SignerKey", "must be base64 of 16 to 64 bytes")
	case !ok2 || len(p.separator) > maxSalt:
		return nil, faultOf("SaltSeparator", "must be base64")
	case !p.bearable():
		return nil, faultOf("Rounds and MemCost", "ask for more than 64 MiB")
	}
	return p, nil
}

// faultOf is an error about a field of Firebase.
func faultOf(field, text string) error { return errors.New(field + ": " + text) }

func (p *firebaseParams) bearable() bool {
	return p.rounds >= 1 && 1 <= p.memCost && p.memCost <= 20 && 128*p.rounds<<p.memCost <= MaxMemory
}

// firebaseHash is a hash of Firebase.
type firebaseHash struct {
	*firebaseParams
	prefix       string // all before the salt
	salt, digest []byte
}

// parseFirebase reads "$salt$hash".
func (v *Verifier) parseFirebase(rest string) (scheme, error) {
	if v.firebase == nil {
		return nil, errUnknown
	}
	return v.firebase.hash("$firebase-scrypt$", strings.TrimPrefix(rest, "$"))
}

// parseSupabase reads "$v=1,n=14,r=8,p=1,ss=…,sk=…$salt$hash", as Supabase Auth writes it.
func parseSupabase(rest string) (scheme, error) {
	params, hash, _ := strings.Cut(strings.TrimPrefix(rest, "$"), "$")
	cost, keys, _ := strings.Cut(params, ",ss=")
	separator, key, _ := strings.Cut(keys, ",sk=")
	n, ok := numbers(cost, "v", "n", "r", "p")
	if !ok || n[0] != 1 || n[3] != 1 {
		return nil, errBroken
	}
	p := &firebaseParams{memCost: n[1], rounds: n[2]}
	if !p.bearable() {
		return nil, errTooMuch
	}
	p, err := Firebase{phoneauth.Secret(key), separator, p.rounds, p.memCost}.params()
	if err != nil {
		return nil, errBroken
	}
	return p.hash("$fbscrypt$"+params+"$", hash)
}

// hash reads "salt$hash".
func (p *firebaseParams) hash(prefix, rest string) (scheme, error) {
	salt, digest, _ := strings.Cut(rest, "$")
	s, d, ok := saltAndDigest(salt, digest)
	if !ok || len(d) != len(p.signerKey) {
		return nil, errBroken
	}
	return firebaseHash{p, prefix, s, d}, nil
}

func (h firebaseHash) kind() string {
	return fmt.Sprintf("firebase-scrypt mem_cost=%d rounds=%d", h.memCost, h.rounds)
}

func (h firebaseHash) check(password []byte) bool {
	salt := append(append([]byte(nil), h.salt...), h.separator...)
	key, err := scrypt.Key(password, salt, 1<<h.memCost, h.rounds, 1, 32)
	if err != nil {
		return false
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return false
	}
	got := make([]byte, len(h.signerKey))
	cipher.NewCTR(block, make([]byte, aes.BlockSize)).XORKeyStream(got, h.signerKey)
	return subtle.ConstantTimeCompare(got, h.digest) == 1
}

func (h firebaseHash) decoy() string {
	std := base64.StdEncoding
	return h.prefix + std.EncodeToString(random(len(h.salt))) + "$" + std.EncodeToString(random(len(h.digest)))
}
