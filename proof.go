package phoneauth

import (
	"context"
	"errors"
	"time"

	"github.com/phoneauth/phoneauth/internal/keyring"
	"github.com/phoneauth/phoneauth/internal/random"
)

// proofLife is how long a proof is good.
const proofLife = 5 * time.Minute

// Proof says that somebody has received a code on a phone.
type Proof struct {
	// Token is the verification token for [Service.Connect], [Service.ChangePhone] or
	// [Service.Redeem]. It is good once. It is empty in what Redeem returns.
	Token Secret
	// Phone is the number that was proved.
	Phone Phone
	// Purpose is that of the code.
	Purpose Purpose
	// BoundTo is that of the request.
	BoundTo string
	// ExpiresAt is when the proof expires: 5 minutes after the code was checked.
	ExpiresAt time.Time
}

// account is the account of a phone at one epoch. It is zero when the phone has none.
type account struct {
	id    string
	epoch int64
}

// still reports whether a proof that was given for the account a is good for the account
// that the phone has now. It is good for the same account at the same epoch. If there was no
// account, it is good for none and for a new one.
func (a account) still(now account) bool {
	return a == now || a.id == "" && now.epoch == 0
}

// newProof returns a proof for c and the challenge to store for it. The secret of that
// challenge is in the verification token. A proof counts only while the store still holds
// it.
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

// openProof reads a verification token. It returns false for one that is forged or expired.
func (s *Service) openProof(token Secret, now time.Time) (p proofClaims, ok bool) {
	data, ok := s.keys.OpenToken(keyring.Verification, string(token), now)
	if !ok {
		return proofClaims{}, false
	}
	p, ok = s.decodeProof(data)
	return p, ok && now.Before(p.expires())
}

// presented is a verification token that a client brought, and what it must be for.
type presented struct {
	token   Secret
	phone   string // as typed; empty for the number of the proof
	purpose Purpose
	boundTo string
	client  ClientInfo
}

// proved reads the token of p, without calling the store. ErrInvalidToken: the token is
// forged or expired, or is for something else.
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

// redeem uses up the proof. ErrNotFound: the token is authentic and has not expired, but the
// store no longer has its proof. *LimitError: the number was locked after the proof was
// given.
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

// redeemed does what proved and redeem do. ErrInvalidToken: also for a proof that was used.
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

// spent returns the error for the proof of a sign-in that was used.
func (s *Service) spent(ctx context.Context, p proofClaims) error {
	user, err := s.phoneAccount(ctx, p.about.phone)
	if err != nil {
		return err
	}
	// If there is no account, the first request is about to create it.
	return &SpentTokenError{SignedUp: user.ID == "" || !user.CreatedAt.Before(p.at)}
}

// phoneAccount returns the user of a phone, or the zero User if there is none.
func (s *Service) phoneAccount(ctx context.Context, p Phone) (User, error) {
	user, err := s.store.UserByPhone(ctx, p)
	if errors.Is(err, ErrNotFound) {
		return User{}, nil
	}
	return user, err
}
