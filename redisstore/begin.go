package redisstore

import (
	"context"
	"errors"
	"time"

	"github.com/phoneauth/phoneauth"
)

// errSlots: what one step must see is in two slots of a cluster, where no step sees it.
var errSlots = errors.New("the keys of a challenge, of its failures and of what follows it must begin with one {tag}")

// BeginChallenge implements [phoneauth.ChallengeStore].
//
// On a cluster, takes and budgets may be in other slots than the challenge. Then the
// slots are asked one after the other, and the challenge is stored in the last step: if
// one refuses, those before it are given back what they gave. Until then another caller
// may be refused by them; never is more admitted than a limit.
func (s *Store) BeginChallenge(ctx context.Context, b phoneauth.Begin) (phoneauth.Begun, error) {
	begun, err := s.begin(ctx, &b)
	return begun, failed("begin challenge", err)
}

func (s *Store) begin(ctx context.Context, b *phoneauth.Begin) (phoneauth.Begun, error) {
	packed, err := packChallenge(&b.Challenge)
	if err != nil {
		return phoneauth.Begun{}, err
	}
	home := s.slot(s.key(challengeKind, b.Challenge.Key))
	if b.Failures.Key != "" && s.slot(s.key(failureKind, b.Failures.Key)) != home {
		return phoneauth.Begun{}, errSlots
	}
	t := taken{store: s, now: b.Now}
	first := group{slot: home}
	runs := s.runs(b.Takes, b.Budgets)
	if len(runs) > 0 && runs[0].slot == home {
		first, runs = runs[0], runs[1:]
	}
	if len(runs) == 0 {
		return t.begin(ctx, b, packed, first, true)
	}

	firm, back := lenient(b.Takes)
	runs = s.runs(firm, b.Budgets)
	first = group{slot: home}
	if len(runs) > 0 && runs[0].slot == home {
		first, runs = runs[0], runs[1:]
	}
	if _, err := t.begin(ctx, b, packed, first, false); err != nil {
		return phoneauth.Begun{}, err
	}
	if err := t.takeRuns(ctx, runs); err != nil {
		return phoneauth.Begun{}, err
	}
	begun, err := t.begin(ctx, b, packed, group{slot: home}, true)
	if err != nil {
		if answer(err) {
			t.undo(ctx)
		}
		return phoneauth.Begun{}, err
	}
	s.each(ctx, s.takeCalls(s.bySlot(back, nil), b.Now))
	return begun, nil
}

// begin does what is to be done where the challenge is: all of it, or all but to store.
func (t *taken) begin(ctx context.Context, b *phoneauth.Begin, packed []byte, g group, store bool) (phoneauth.Begun, error) {
	s := t.store
	c := &call{script: beginScript}
	c.time(b.Now)
	c.key(s.key(challengeKind, b.Challenge.Key))
	c.bytes(packed)
	c.text(b.Renew)
	c.flag(store)
	s.putFailures(c, b.Failures)
	s.putTakes(c, g.takes)
	s.putBudgets(c, g.budgets)
	r, err := s.do(ctx, c)
	if err != nil {
		return phoneauth.Begun{}, err
	}
	switch r.status() {
	case statusRefused:
		return phoneauth.Begun{}, r.refusal(b.Failures.Name, g.takes, g.budgets)
	case statusNotFound:
		return phoneauth.Begun{}, phoneauth.ErrNotFound
	case statusOK:
	default:
		return phoneauth.Begun{}, errAnswer
	}
	t.add(g, r)
	if touched := r.text(3); touched != "" {
		packed = []byte(touched)
	}
	challenge, err := unpackChallenge(b.Challenge.Key, string(packed))
	if err != nil {
		return phoneauth.Begun{}, err
	}
	return phoneauth.Begun{Challenge: challenge, ResendAt: time.UnixMicro(t.resend).UTC()}, nil
}
