package redisstore

import (
	"context"
	"errors"
	"math"
	"slices"

	"github.com/phoneauth/phoneauth"
)

// AttemptChallenge implements [phoneauth.ChallengeStore].
//
// On a cluster, what is compared, counted, taken away and stored is one step, in the
// slot of the challenge. Takes in other slots come before it, and are given back if it
// refuses; what a match gives back and credits in other slots comes after it. If such a
// slot does not answer then, the match stands and the gift is lost: a limit is then
// stricter than it need be.
func (s *Store) AttemptChallenge(ctx context.Context, a phoneauth.Attempt) (phoneauth.Challenge, error) {
	c, err := s.attempt(ctx, &a)
	return c, failed("attempt challenge", err)
}

func (s *Store) attempt(ctx context.Context, a *phoneauth.Attempt) (phoneauth.Challenge, error) {
	home := s.slot(s.key(challengeKind, a.Key))
	if a.Failures.Key != "" && s.slot(s.key(failureKind, a.Failures.Key)) != home ||
		a.Then != nil && s.slot(s.key(challengeKind, a.Then.Key)) != home {
		return phoneauth.Challenge{}, errSlots
	}
	takes, before := split(s.bySlot(a.Takes, nil), home)
	back, after := split(s.bySlot(a.GiveBack, nil), home)
	w := work{Attempt: a, takes: takes.takes, back: back.takes}
	bonusHere := a.Bonus.Take.Key != "" && s.slot(s.key(limitKind, a.Bonus.Take.Key)) == home
	if len(a.Earned) > 0 && bonusHere {
		w.bonus = []phoneauth.Take{a.Bonus.Take}
	}
	earnedHere := bonusHere || a.Bonus.Take.Key == ""
	if earnedHere {
		earned, _ := split(s.bySlot(nil, a.Earned), home)
		w.earned = earned.budgets
	}

	t := taken{store: s, now: a.Now}
	if err := t.takeRuns(ctx, before); err != nil {
		if answer(err) {
			// A lock would have been asked first.
			if lock := s.failure(ctx, a.Failures, a.Now, true); lock != nil {
				return phoneauth.Challenge{}, lock
			}
		}
		return phoneauth.Challenge{}, err
	}
	c, bonus, err := s.compare(ctx, &w)
	if _, limited := errors.AsType[*phoneauth.LimitError](err); limited {
		t.undo(ctx)
	}
	if err != nil {
		return c, err
	}
	s.each(ctx, s.takeCalls(s.credits(ctx, a, c.Sends, bonus, home, earnedHere, after), a.Now))
	return c, nil
}

// credits are what is still to be given on a match in other slots than that of the
// challenge: after, and scores.
func (s *Store) credits(ctx context.Context, a *phoneauth.Attempt, sends int, bonus bool, home int, earnedHere bool, after []group) []group {
	if len(a.Earned) == 0 || !s.cluster {
		return after
	}
	if !earnedHere {
		t := taken{store: s, now: a.Now}
		bonus = t.take(ctx, group{takes: []phoneauth.Take{a.Bonus.Take}}, false) == nil
	}
	var more float64
	if bonus {
		more = a.Bonus.Add
	}
	earned := slices.Clone(a.Earned)
	for i := range earned {
		earned[i].Add, earned[i].Max = float64(sends)*earned[i].Add+more, math.Inf(1)
	}
	for _, g := range s.bySlot(nil, earned) {
		if !earnedHere || g.slot != home {
			after = append(after, g)
		}
	}
	return after
}

// work is the part of an Attempt that is done in the slot of its challenge.
type work struct {
	*phoneauth.Attempt
	takes, back, bonus []phoneauth.Take
	earned             []phoneauth.Budget
}

// compare does it, and says on a match whether there is a bonus.
func (s *Store) compare(ctx context.Context, w *work) (phoneauth.Challenge, bool, error) {
	c := &call{script: attemptScript}
	c.time(w.Now)
	c.key(s.key(challengeKind, w.Key))
	c.text(w.ID)
	c.int(int64(len(w.Digests)))
	for _, digest := range w.Digests {
		c.bytes(digest)
	}
	c.flag(w.Then != nil)
	if w.Then != nil {
		packed, err := packChallenge(w.Then)
		if err != nil {
			return phoneauth.Challenge{}, false, err
		}
		c.key(s.key(challengeKind, w.Then.Key))
		c.bytes(packed)
	}
	s.putFailures(c, w.Failures)
	s.putTakes(c, w.takes)
	s.putTakes(c, w.back)
	s.putTakes(c, w.bonus)
	c.float(w.Bonus.Add)
	s.putBudgets(c, w.earned)

	r, err := s.do(ctx, c)
	if err != nil {
		return phoneauth.Challenge{}, false, err
	}
	switch r.status() {
	case statusRefused:
		return phoneauth.Challenge{}, false, r.refusal(w.Failures.Name, w.takes, nil)
	case statusNotFound:
		return phoneauth.Challenge{}, false, phoneauth.ErrNotFound
	case statusOK, statusMismatch:
	default:
		return phoneauth.Challenge{}, false, errAnswer
	}
	challenge, err := unpackChallenge(w.Key, r.text(1))
	if err == nil && r.status() == statusMismatch {
		err = phoneauth.ErrMismatch
	}
	return challenge, r.int(2) == 1, err
}
