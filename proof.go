package phoneauth

import (
	"context"
	"errors"
	"strconv"
	"time"
)

// proof is that somebody held the phone of a target. It is stored, as a challenge whose
// secret is in the verification token, and the token says the rest: proved is what the
// store has, not what a token claims.
type proof struct {
	target
	secret  string
	at      time.Time
	account account // the phone's at that time
}

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

func (p proof) expires() time.Time { return p.at.Add(proofLife) }

func (s *Service) newProof(t target, now time.Time) proof {
	return proof{target: t, secret: randomSecret(), at: now}
}

// proofKey differs from proof to proof: several of one phone are good at once.
func (s *Service) proofKey(p proof) string {
	return tagged(p.print, "p") + s.keys.print("proof", p.secret)
}

// proofChallenge is how p is stored.
func (s *Service) proofChallenge(p proof) *Challenge {
	key := s.proofKey(p)
	return &Challenge{
		Key:       key,
		ID:        "proof",
		Digest:    s.keys.digest(key, p.secret),
		TriesLeft: 1,
		ExpiresAt: p.expires(),
		Until:     p.expires(),
	}
}

// signProof makes the verification token.
func (s *Service) signProof(p proof) (Secret, error) {
	data := appendFields(nil, p.secret, strconv.FormatInt(p.at.UnixMicro(), 10),
		p.account.id, strconv.FormatInt(p.account.epoch, 10))
	data = appendTarget(data, p.target)
	return s.keys.sealToken(verificationToken, data, p.expires())
}

// openProof is the reverse, for a token that is authentic and has not expired.
func (s *Service) openProof(token Secret, now time.Time) (p proof, ok bool) {
	f, ok := s.keys.openToken(verificationToken, token, now, 4+targetFields)
	if !ok {
		return proof{}, false
	}
	at, err1 := strconv.ParseInt(f[1], 10, 64)
	epoch, err2 := strconv.ParseInt(f[3], 10, 64)
	t, ok := s.targetOf(f[4:])
	p = proof{target: t, secret: f[0], at: time.UnixMicro(at).UTC(), account: account{f[2], epoch}}
	return p, ok && err1 == nil && err2 == nil && now.Before(p.expires())
}

// errProofGone: the token is authentic and has not expired, but the store has no proof.
var errProofGone = errors.New("phoneauth: proof is gone")

func invalidIfGone(err error) error {
	if errors.Is(err, errProofGone) {
		return ErrInvalidToken
	}
	return err
}

// redeem takes the proof that token names away. phone, unless empty, must be its phone.
func (s *Service) redeem(ctx context.Context, phone string, token Secret, purpose Purpose, subject string) (proof, error) {
	now := s.now()
	p, ok := s.openProof(token, now)
	same, err := s.numbers.same(phone, p.phone)
	if err != nil {
		return proof{}, err
	}
	if !ok || !same || p.purpose != purpose || p.subject != subject {
		return proof{}, ErrInvalidToken
	}
	key := s.proofKey(p)
	_, err = s.store.AttemptChallenge(ctx, Attempt{
		Key:      key,
		Digests:  s.keys.digests(key, p.secret),
		Failures: s.phoneFailures(p.target), // asked: a lock that came after the proof holds
		Now:      now,
	})
	switch {
	case errors.Is(err, ErrNotFound):
		return p, errProofGone
	case errors.Is(err, ErrMismatch):
		return proof{}, ErrInvalidToken
	case err != nil:
		return proof{}, s.limited(ctx, p.target, err)
	}
	return p, nil
}

// whyGone says of a gone sign-in proof what a client should hear that asked twice.
func (s *Service) whyGone(ctx context.Context, p proof) error {
	user, err := s.store.UserByPhone(ctx, p.phone)
	switch {
	case errors.Is(err, ErrNotFound):
		return ErrPhoneTaken // the first request is about to make the account
	case err != nil:
		return err
	case user.CreatedAt.Before(p.at):
		return ErrInvalidToken
	}
	return ErrPhoneTaken
}

// accountOf is the user of t's phone now, zero where there is none. For a known device it
// is ErrInvalidCode when that is not the one, or not at the epoch, that it belongs to.
func (s *Service) accountOf(ctx context.Context, t target) (User, error) {
	user, err := s.store.UserByPhone(ctx, t.phone)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return User{}, err
	}
	if t.device.known() && (user.ID != t.device.userID || user.Epoch != t.device.epoch) {
		return User{}, ErrInvalidCode
	}
	return user, nil
}
