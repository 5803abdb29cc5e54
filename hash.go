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

// What a password is, in Unicode characters (NIST SP 800-63B-4, 3.1.1.2, asks for at
// least 8 as part of two factors, and for at least 64 to be permitted).
const (
	minPassword = 8
	maxPassword = 128
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
	return hashOf(password), nil
}

// checkPassword is a *PasswordError for what may not become a password.
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

// hashOf hashes password. A place for hashing must be held.
func hashOf(password Secret) Secret { return Secret(argon2id.Hash(string(password))) }

// comparePassword takes one argon2id hash of time, and with PasswordRules.Legacy one legacy
// hash besides, whatever hash is. outdated: the password is right, and should be hashed
// anew.
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

// unknownHash logs that an account has a hash that nothing verifies: one line a kind.
func (s *Service) unknownHash(hash Secret) {
	kind := argon2id.Kind(string(hash))
	if _, known := s.unknownHashes.LoadOrStore(kind, true); !known {
		s.cfg.Logger.Error("phoneauth: an account has a password hash of a kind that is not known; set PasswordRules.Legacy", "kind", kind)
	}
}
