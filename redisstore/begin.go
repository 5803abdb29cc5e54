package redisstore

import (
	"context"
	"errors"

	"github.com/phoneauth/phoneauth"
)

// errSlots: what one step must see is in two slots of a cluster, where no step sees it.
var errSlots = errors.New("the keys of the challenges, of their lockout and of what follows them must begin with one {tag}")

// BeginChallenge implements [phoneauth.ChallengeStore].
//
// On a cluster, limits and scores may be in other slots than the challenge. Then the
// slots are asked one after the other, and the challenge is stored in the last step: if
// one refuses, those before it are given back what they gave. Until then another caller
// may be refused by them; never is more admitted than a limit.
func (s *Store) BeginChallenge(ctx context.Context, p phoneauth.BeginParams) (phoneauth.BeginResult, error) {
	result, err := s.begin(ctx, &p)
	return result, failed("begin challenge", err)
}

func (s *Store) begin(ctx context.Context, p *phoneauth.BeginParams) (phoneauth.BeginResult, error) {
	packed, err := packChallenge(&p.Challenge)
	if err != nil {
		return phoneauth.BeginResult{}, err
	}
	home := s.slot(s.key(challengeKind, p.Challenge.Key))
	if p.Lockout.Key != "" && s.slot(s.key(lockoutKind, p.Lockout.Key)) != home {
		return phoneauth.BeginResult{}, errSlots
	}
	first, runs := uses{slot: home}, s.runs(uses{asks: p.Asks, takes: p.Takes, charges: p.Charges})
	if len(runs) > 0 && runs[0].slot == home {
		first, runs = runs[0], runs[1:]
	}
	t := taken{store: s, now: p.Now}
	b := beginning{taken: &t, BeginParams: p, packed: packed}
	if len(runs) == 0 {
		return b.step(ctx, &first, true)
	}

	if _, err := b.step(ctx, &first, false); err != nil {
		return phoneauth.BeginResult{}, err
	}
	for i := range runs {
		if err := t.take(ctx, &runs[i], true); err != nil {
			return phoneauth.BeginResult{}, t.refused(ctx, err)
		}
	}
	result, err := b.step(ctx, &uses{slot: home}, true)
	return result, t.refused(ctx, err)
}

// beginning is a BeginChallenge on its way.
type beginning struct {
	*taken
	*phoneauth.BeginParams
	packed []byte
}

// step does what is to be done where the challenge is, with u: all of it, or all but to
// store.
func (b *beginning) step(ctx context.Context, u *uses, store bool) (phoneauth.BeginResult, error) {
	s := b.taken.store
	c := newRequest(beginScript, b.Now)
	c.key(s.key(challengeKind, b.Challenge.Key))
	c.packed(b.packed)
	c.piece(b.Renew)
	c.life(b.Challenge.ExpiresAt.Sub(b.Now))
	c.bit(store)
	ruled := len(u.asks)+len(u.takes)+len(u.charges) > 0
	c.bit(ruled)
	s.putLockout(c, &b.Lockout)
	if ruled {
		s.putUses(c, u)
	}
	r, err := s.do(ctx, c)
	if err != nil {
		return phoneauth.BeginResult{}, err
	}
	switch r.status() {
	case statusRefused:
		return phoneauth.BeginResult{}, r.refusal(u.names(b.Lockout.Name))
	case statusNotFound:
		return phoneauth.BeginResult{}, phoneauth.ErrNotFound
	case statusOK:
	default:
		return phoneauth.BeginResult{}, errAnswer
	}
	if err := b.add(u, r, !store); err != nil || !store {
		return phoneauth.BeginResult{}, err
	}
	stored := r.text(3)
	if stored == "" {
		stored = string(b.packed)
	}
	challenge, err := unpackChallenge(b.Challenge.Key, stored)
	if err != nil {
		return phoneauth.BeginResult{}, err
	}
	return phoneauth.BeginResult{Challenge: challenge, ResendAt: b.resendAt(b.Takes)}, nil
}
