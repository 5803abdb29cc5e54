package phoneauth

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"
	"unicode/utf8"

	"github.com/phoneauth/phoneauth/internal/argon2id"
)

// The length of a password in Unicode characters. NIST SP 800-63B-4, 3.1.1.2, requires at
// least 8 for a password that is one of two factors, and requires that 64 are allowed.
const (
	minPassword = 8
	maxPassword = 128
)

// hashWait is how long a password waits for a place.
const hashWait = time.Second

// hashesAtOnce is the number of places. It bounds memory, and leaves CPU for everything else
// when very many passwords arrive.
func hashesAtOnce() int { return runtime.NumCPU() }

// hashLine is how many passwords may wait for each place. More would wait longer than
// hashWait.
const hashLine = 32

// hashPlace takes a place for hashing, until leave is called. No address has more than a
// quarter of the places and of the line before them. Ask the limits first.
func (s *Service) hashPlace(ctx context.Context, c *call) (leave func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, hashWait)
	defer cancel()
	leave, err = s.hashes.Enter(ctx, c.address)
	if err != nil {
		return nil, &unavailable{"hash a password", err}
	}
	return leave, nil
}

// hashPassword takes a place and hashes password in it.
func (s *Service) hashPassword(ctx context.Context, c *call, password Secret) (Secret, error) {
	leave, err := s.hashPlace(ctx, c)
	if err != nil {
		return "", err
	}
	defer leave()
	return hashOf(password), nil
}

// checkPassword returns a *PasswordError if password is not allowed.
func (s *Service) checkPassword(ctx context.Context, password Secret) error {
	n := utf8.RuneCount(argon2id.Normal(string(password)))
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

// hashOf hashes password. The caller must hold a place for hashing.
func hashOf(password Secret) Secret { return Secret(argon2id.Hash(string(password))) }

// comparePassword reports whether password belongs to hash, and whether it should be hashed
// anew. For every hash it takes the time of one argon2id hash and, with
// PasswordRules.Legacy, of one legacy hash.
func (s *Service) comparePassword(hash, password Secret) (right, outdated bool) {
	result := argon2id.Compare(string(hash), string(password))
	legacy := s.cfg.Password.Legacy
	switch {
	case result.Known || hash == "":
	case legacy != nil:
		return legacy(hash, password), true
	default:
		s.unknownHash(hash)
	}
	if legacy != nil {
		legacy(s.cfg.Password.LegacyDecoy, password)
	}
	return result.Right, result.Outdated
}

// unknownHash logs that an account has a hash of a kind that cannot be verified. It logs each
// kind once.
func (s *Service) unknownHash(hash Secret) {
	kind := argon2id.Kind(string(hash))
	if _, known := s.unknownHashes.LoadOrStore(kind, true); !known {
		s.cfg.Logger.Error("phoneauth: an account has a password hash of a kind that is not known; set PasswordRules.Legacy", "kind", kind)
	}
}
