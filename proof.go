package phoneauth

import (
	"context"
	"errors"
	"time"

	"github.com/phoneauth/phoneauth/internal/keyring"
	"github.com/phoneauth/phoneauth/internal/random"
)

// proofLife is how long a verification token is good.
const proofLife = 5 * time.Minute

// account is the account of a phone at one of its epochs; zero where there is none.
type account struct {
	id    string
	epoch int64
}

// still reports whether a proof that was given when the phone's account was a is good
// for the account it has now: the same one at the same epoch, or where there was none,
// none or one that is new.
func (a account) still(now account) bool {
	return a == now || a.id == "" && now.epoch == 0
}

// newProof is the proof that whoever answers c's code right holds the phone. It is stored
// as a challenge whose secret is in the verification token: a proof counts only while the
// store still holds it.
func (s *Service) newProof(c *call) (proofClaims, *Challenge) {
	p := proofClaims{secret: random.Secret(), at: c.now, about: c.target}
	key := s.proofKey(c.print, p.secret)
	return p, &Challenge{
		Key:       key,
		ID:        "proof",
		Digest:    s.keys.Digest(key, p.secret),
		TriesLeft: 1,
		ExpiresAt: p.expires(),
		Until:     p.expires(),
	}
}

func (p proofClaims) expires() time.Time { return p.at.Add(proofLife) }

// openProof reads a verification token that is authentic and has not expired.
func (s *Service) openProof(token Secret, now time.Time) (p proofClaims, ok bool) {
	data, ok := s.keys.OpenToken(keyring.Verification, string(token), now)
	if !ok {
		return proofClaims{}, false
	}
	p, ok = s.decodeProof(data)
	return p, ok && now.Before(p.expires())
}

// presented is a verification token that came back, and what it is to be for.
type presented struct {
	token   Secret
	phone   string // as typed; empty for the proof's own, whatever that is
	purpose Purpose
	boundTo string
	client  ClientInfo
}

// proved reads the token of p. ErrInvalidToken: it is none, or is for something else. It
// asks no store.
func (s *Service) proved(p presented) (*call, proofClaims, error) {
	c := s.started(p.client)
	proof, ok := s.openProof(p.token, c.now)
	same, err := s.numbers.same(p.phone, proof.about.phone)
	if err != nil {
		return nil, proofClaims{}, err
	}
	if !ok || !same || proof.about.purpose != p.purpose || proof.about.boundTo != p.boundTo {
		return nil, proofClaims{}, ErrInvalidToken
	}
	c.target = proof.about
	c.account = proof.account
	c.test = s.testNumber(c.phone, c.now)
	return c, proof, nil
}

// redeem takes the proof away. ErrNotFound: the token is authentic and has not expired, but
// the store has no proof any more. A lock that came after the proof holds.
func (s *Service) redeem(ctx context.Context, c *call, p proofClaims) error {
	key := s.proofKey(c.print, p.secret)
	_, err := s.store.AttemptChallenge(ctx, AttemptParams{
		Candidates: []Candidate{{Key: key, Digests: s.keys.Digests(key, p.secret)}},
		Lockout:    s.codeLockout(c),
		Now:        c.now,
	})
	if errors.Is(err, ErrMismatch) {
		return ErrInvalidToken
	}
	return s.limited(ctx, c, err)
}

// redeemed is proved and redeem in one, where a spent token is as invalid as any other.
func (s *Service) redeemed(ctx context.Context, p presented) (*call, error) {
	c, proof, err := s.proved(p)
	if err != nil {
		return nil, err
	}
	err = s.redeem(ctx, c, proof)
	if errors.Is(err, ErrNotFound) {
		err = ErrInvalidToken
	}
	return c, err
}

// spent says of a sign-in proof that is gone what a client should hear that asked twice.
func (s *Service) spent(ctx context.Context, p proofClaims) error {
	user, err := s.phoneAccount(ctx, p.about.phone)
	if err != nil {
		return err
	}
	// Without an account the first request is about to make it.
	return &SpentTokenError{SignedUp: user.ID == "" || !user.CreatedAt.Before(p.at)}
}

// phoneAccount is the user of a phone, zero where there is none.
func (s *Service) phoneAccount(ctx context.Context, p Phone) (User, error) {
	user, err := s.store.UserByPhone(ctx, p)
	if errors.Is(err, ErrNotFound) {
		return User{}, nil
	}
	return user, err
}
