package interleavings

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
)

// Stores that break one sentence of their contract: the interleavings find each.

// hijackable applies a pending password to an account that exists.
type hijackable struct{ phoneauth.Store }

func (s hijackable) SignInUser(ctx context.Context, in phoneauth.SignIn) (phoneauth.SignedIn, error) {
	signed, err := s.Store.SignInUser(ctx, in)
	if !errors.Is(err, phoneauth.ErrPhoneTaken) {
		return signed, err
	}
	user, err := s.UserByPhone(ctx, in.Phone)
	if err != nil {
		return signed, err
	}
	user, err = s.UpdateUser(ctx, phoneauth.UserUpdate{
		UserID: user.ID, PasswordHash: &in.PasswordHash, Epoch: user.Epoch, KeepEpoch: true, Now: in.Now,
	})
	return phoneauth.SignedIn{User: user}, err
}

// anyID ignores which challenge an attempt is for.
type anyID struct{ phoneauth.Store }

func (s anyID) AttemptChallenge(ctx context.Context, a phoneauth.AttemptParams) (phoneauth.Challenge, error) {
	for i := range a.Candidates {
		a.Candidates[i].ID = ""
	}
	return s.Store.AttemptChallenge(ctx, a)
}

// sameID does not rename a challenge that is renewed.
type sameID struct{ phoneauth.Store }

func (s sameID) BeginChallenge(ctx context.Context, b phoneauth.BeginParams) (phoneauth.BeginResult, error) {
	if b.Renew != "" {
		b.Challenge.ID = b.Renew
	}
	return s.Store.BeginChallenge(ctx, b)
}

// firstPending keeps the password that a challenge began with.
type firstPending struct {
	phoneauth.Store
	pending map[string][]byte
}

func (s firstPending) BeginChallenge(ctx context.Context, b phoneauth.BeginParams) (phoneauth.BeginResult, error) {
	if first, ok := s.pending[b.Challenge.Key]; ok && b.Renew != "" {
		b.Challenge.Pending = first
	} else {
		s.pending[b.Challenge.Key] = b.Challenge.Pending
	}
	return s.Store.BeginChallenge(ctx, b)
}

// anyCode takes every code for the right one.
type anyCode struct {
	phoneauth.Store
	digests map[string][]byte
}

func (s anyCode) BeginChallenge(ctx context.Context, b phoneauth.BeginParams) (phoneauth.BeginResult, error) {
	begun, err := s.Store.BeginChallenge(ctx, b)
	s.digests[b.Challenge.Key] = begun.Challenge.Digest
	return begun, err
}

func (s anyCode) AttemptChallenge(ctx context.Context, a phoneauth.AttemptParams) (phoneauth.Challenge, error) {
	for i := range a.Candidates {
		if digest, ok := s.digests[a.Candidates[i].Key]; ok {
			a.Candidates[i].Digests = [][]byte{digest}
		}
	}
	return s.Store.AttemptChallenge(ctx, a)
}

// FindsBrokenStores: the interleavings find what is wrong with each of these stores.
func FindsBrokenStores(t *testing.T, o suite.Options) {
	suite.CheapHashes(t)
	for name, c := range map[string]struct {
		game  string
		wrap  func(phoneauth.Store) phoneauth.Store
		wrong string
	}{
		"a pending password reaches an account": {"codes", func(s phoneauth.Store) phoneauth.Store { return hijackable{s} },
			"a token of the attacker's completes"},
		"an attempt is for any challenge": {"passwords", func(s phoneauth.Store) phoneauth.Store { return anyID{s} },
			"a token of the attacker's completes"},
		"a renewed challenge keeps its ID": {"passwords", func(s phoneauth.Store) phoneauth.Store { return sameID{s} },
			"a token of the attacker's completes"},
		"a renewed challenge keeps its password": {"passwords", func(s phoneauth.Store) phoneauth.Store { return firstPending{s, map[string][]byte{}} },
			"the attacker's password signs in"},
		"any code is right": {"codes", func(s phoneauth.Store) phoneauth.Store { return anyCode{s, map[string][]byte{}} },
			"the attacker has a proof"},
	} {
		t.Run(name, func(t *testing.T) {
			o.Parallel(t)
			s := explore(t, o, game{3, games[c.game].moves}, c.wrap)
			assert.Contains(t, s.wrong, c.wrong)
			t.Log(s.wrong, s.nodes)
		})
	}
}
