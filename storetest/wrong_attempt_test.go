package storetest

import (
	"bytes"
	"errors"
	"math"
	"slices"

	"github.com/phoneauth/phoneauth"
)

// attempting is a store that attempts something else than was asked.
func attempting(change func(s *reference, a *phoneauth.Attempt)) func(*broken, *reference) {
	return func(w *broken, s *reference) {
		w.attempt = func(a phoneauth.Attempt) (phoneauth.Challenge, error) {
			change(s, &a)
			return s.AttemptChallenge(ctx, a)
		}
	}
}

// attempted is a store that does more after an attempt, or answers something else.
func attempted(change func(s *reference, a phoneauth.Attempt, ch *phoneauth.Challenge, err *error)) func(*broken, *reference) {
	return func(w *broken, s *reference) {
		w.attempt = func(a phoneauth.Attempt) (phoneauth.Challenge, error) {
			ch, err := s.AttemptChallenge(ctx, a)
			change(s, a, &ch, &err)
			return ch, err
		}
	}
}

// outcome is attempted where the outcome was this error.
func outcome(want error, more func(s *reference, a phoneauth.Attempt, ch *phoneauth.Challenge)) func(*broken, *reference) {
	return attempted(func(s *reference, a phoneauth.Attempt, ch *phoneauth.Challenge, err *error) {
		if errors.Is(*err, want) {
			more(s, a, ch)
		}
	})
}

func backOf(takes []phoneauth.Take) []phoneauth.Take {
	takes = slices.Clone(takes)
	for i := range takes {
		takes[i].Cost = -takes[i].Cost
	}
	return takes
}

var wrongAttempts = []wrongStore{
	{"tries are not counted", "Attempt counts a wrong digest", outcome(phoneauth.ErrMismatch, func(s *reference, a phoneauth.Attempt, ch *phoneauth.Challenge) {
		ch.TriesLeft++
		s.challenges[a.Key] = *ch
	})},
	{"the answer is of before the try", "Attempt counts a wrong digest", outcome(phoneauth.ErrMismatch, func(_ *reference, _ phoneauth.Attempt, ch *phoneauth.Challenge) { ch.TriesLeft++ })},
	{"one try too many", "Attempt with the right digest after the last try", outcome(phoneauth.ErrMismatch, func(s *reference, a phoneauth.Attempt, ch *phoneauth.Challenge) {
		if ch.TriesLeft == 0 {
			s.challenges[a.Key] = *ch
		}
	})},
	{"one try too few", "Attempt with the right digest at the last try", outcome(phoneauth.ErrMismatch, func(s *reference, a phoneauth.Attempt, ch *phoneauth.Challenge) {
		if ch.TriesLeft == 1 {
			delete(s.challenges, a.Key)
		}
	})},
	{"a used-up challenge stays", "Begin stores anew when the tries are used up", outcome(phoneauth.ErrMismatch, func(s *reference, a phoneauth.Attempt, ch *phoneauth.Challenge) {
		if ch.TriesLeft == 0 {
			s.challenges[a.Key] = *ch
		}
	})},
	{"mismatches are no failures", "Attempt counts a mismatch as a failure", attempting(func(s *reference, a *phoneauth.Attempt) { a.Failures = phoneauth.Failures{} })},
	{"the last step locks never again", "a mismatch beyond the last step locks", func(_ *broken, s *reference) { s.lock = lockAt }},
	{"ErrNotFound is a failure", "Attempt without a challenge counts no failure", outcome(phoneauth.ErrNotFound, func(s *reference, a phoneauth.Attempt, _ *phoneauth.Challenge) { s.fail(a.Failures, a.Now) })},
	{"another ID costs a try", "Attempt at a challenge of another ID", outcome(phoneauth.ErrNotFound, func(s *reference, a phoneauth.Attempt, _ *phoneauth.Challenge) {
		if ch, ok := s.challenges[a.Key]; ok {
			ch.TriesLeft--
			s.challenges[a.Key] = ch
		}
	})},
	{"a mismatch never locks", "Attempt locks at a step", outcome(phoneauth.ErrMismatch, func(s *reference, a phoneauth.Attempt, _ *phoneauth.Challenge) {
		c := s.counters[a.Failures.Key]
		c.until = a.Now
		s.counters[a.Failures.Key] = c
	})},
	{"failures are of one challenge", "Attempt counts failures across challenges", attempting(func(_ *reference, a *phoneauth.Attempt) { a.Failures.Key += a.Key })},
	{"an ID is never right", "Attempt at the ID", attempting(func(_ *reference, a *phoneauth.Attempt) {
		if a.ID != "" {
			a.ID += "x"
		}
	})},
	{"the ID is not checked", "Attempt at a challenge of another ID", attempting(func(_ *reference, a *phoneauth.Attempt) { a.ID = "" })},
	{"no ID is none", "a match takes the challenge away", attempting(func(_ *reference, a *phoneauth.Attempt) {
		if a.ID == "" {
			a.ID = "none"
		}
	})},
	{"a code wins twice", "a match takes the challenge away", outcome(nil, func(s *reference, a phoneauth.Attempt, ch *phoneauth.Challenge) { s.challenges[a.Key] = *ch })},
	{"a match costs a try", "Attempt with the right digest at the last try", outcome(nil, func(_ *reference, _ phoneauth.Attempt, ch *phoneauth.Challenge) { ch.TriesLeft-- })},
	{"an empty digest matches", "Attempt with an empty digest", func(_ *broken, s *reference) {
		s.equal = func(digest, presented []byte) bool { return len(presented) == 0 || bytes.Equal(digest, presented) }
	}},
	{"no digest is no try", "Attempt with an empty digest", attempted(func(s *reference, a phoneauth.Attempt, ch *phoneauth.Challenge, err *error) {
		if len(a.Digests) == 0 && errors.Is(*err, phoneauth.ErrMismatch) {
			ch.TriesLeft++
			s.challenges[a.Key] = *ch
		}
	})},
	{"a prefix matches", "Attempt with half a digest", func(_ *broken, s *reference) {
		s.equal = func(digest, presented []byte) bool { return len(presented) > 0 && bytes.HasPrefix(digest, presented) }
	}},
	{"only the first digest counts", "Attempt with many digests", attempting(func(_ *reference, a *phoneauth.Attempt) { a.Digests = a.Digests[:min(1, len(a.Digests))] })},
	{"each digest costs a try", "Attempt with many digests", outcome(phoneauth.ErrMismatch, func(s *reference, a phoneauth.Attempt, ch *phoneauth.Challenge) {
		ch.TriesLeft -= max(0, len(a.Digests)-1)
		s.challenges[a.Key] = *ch
	})},
	{"live at the very expiry", "Attempt at the very expiry", attempting(func(_ *reference, a *phoneauth.Attempt) { a.Now = a.Now.Add(-tick) })},
	{"gone before the expiry", "Attempt at the last microsecond", attempting(func(_ *reference, a *phoneauth.Attempt) { a.Now = a.Now.Add(tick) })},
	{"takes lost on ErrNotFound", "Attempt without a challenge keeps the takes", outcome(phoneauth.ErrNotFound, func(s *reference, a phoneauth.Attempt, _ *phoneauth.Challenge) {
		s.TakeLimits(ctx, backOf(a.Takes), a.Now)
	})},
	{"takes lost on ErrMismatch", "Attempt keeps the takes of a mismatch", outcome(phoneauth.ErrMismatch, func(s *reference, a phoneauth.Attempt, _ *phoneauth.Challenge) {
		s.TakeLimits(ctx, backOf(a.Takes), a.Now)
	})},
	{"takes lost on a match", "a match keeps the takes", outcome(nil, func(s *reference, a phoneauth.Attempt, _ *phoneauth.Challenge) {
		s.TakeLimits(ctx, backOf(a.Takes), a.Now)
	})},
	{"takes kept while locked", "Attempt while locked", attempting(func(s *reference, a *phoneauth.Attempt) {
		if s.TakeLimits(ctx, a.Takes, a.Now) == nil {
			a.Takes = nil
		}
	})},
	{"takes kept when one refuses", "Attempt when a take refuses", attempting(func(s *reference, a *phoneauth.Attempt) {
		for len(a.Takes) > 1 && s.TakeLimits(ctx, a.Takes[:1], a.Now) == nil {
			a.Takes = a.Takes[1:]
		}
	})},
	{"takes are asked before locks", "Attempt asks Failures before Takes", attempting(func(s *reference, a *phoneauth.Attempt) {
		if _, err := s.take(a.Takes, a.Now); err != nil {
			a.Failures = phoneauth.Failures{}
		}
	})},
	{"a lock lets the right code in", "Attempt while locked", attempting(func(s *reference, a *phoneauth.Attempt) {
		if ch, ok := s.live(a.Key, a.Now); ok && slices.ContainsFunc(a.Digests, func(d []byte) bool { return s.equal(ch.Digest, d) }) {
			a.Failures = phoneauth.Failures{}
		}
	})},
	{"the empty key is a counter", "Attempt without Failures", attempting(func(_ *reference, a *phoneauth.Attempt) {
		if a.Failures.Key == "" && len(a.Failures.Steps) > 0 {
			a.Failures.Key = "none"
		}
	})},
}

var wrongEffects = []wrongStore{
	{"Then is not stored", "a match stores Then", attempting(func(_ *reference, a *phoneauth.Attempt) { a.Then = nil })},
	{"Then is stored without a match", "Then is stored on a match only", attempted(func(s *reference, a phoneauth.Attempt, _ *phoneauth.Challenge, _ *error) {
		if a.Then != nil {
			s.challenges[a.Then.Key] = *a.Then
		}
	})},
	{"Then touches", "Then replaces what lives under its key", attempting(func(s *reference, a *phoneauth.Attempt) {
		if a.Then != nil {
			if live, ok := s.live(a.Then.Key, a.Now); ok {
				a.Then = &live
			}
		}
	})},
	{"Then is taken away with the challenge", "Then under the key of the challenge", outcome(nil, func(s *reference, a phoneauth.Attempt, _ *phoneauth.Challenge) { delete(s.challenges, a.Key) })},
	{"Then has the old ID", "Then has its own ID", outcome(nil, func(s *reference, a phoneauth.Attempt, ch *phoneauth.Challenge) {
		if a.Then != nil {
			then := *a.Then
			then.ID = ch.ID
			s.challenges[then.Key] = then
		}
	})},
	{"Then never ends", "Then is gone at its expiry", outcome(nil, func(s *reference, a phoneauth.Attempt, _ *phoneauth.Challenge) {
		if a.Then != nil {
			then := *a.Then
			then.ExpiresAt = then.ExpiresAt.Add(tick)
			s.challenges[then.Key] = then
		}
	})},
	{"a match clears no failures", "a match clears the failures", attempted(func(s *reference, a phoneauth.Attempt, _ *phoneauth.Challenge, err *error) {
		if *err == nil && a.Failures.Key != "" {
			s.counters[a.Failures.Key] = counter{count: 9, last: a.Now}
		}
	})},
	{"nothing is given back", "a match gives back", attempting(func(_ *reference, a *phoneauth.Attempt) { a.GiveBack = nil })},
	{"one is given back, whatever the cost", "a match gives back", attempting(func(_ *reference, a *phoneauth.Attempt) {
		a.GiveBack = slices.Clone(a.GiveBack)
		for i := range a.GiveBack {
			a.GiveBack[i].Cost = -1
		}
	})},
	{"a mismatch gives back", "only a match gives back", outcome(phoneauth.ErrMismatch, func(s *reference, a phoneauth.Attempt, _ *phoneauth.Challenge) {
		s.TakeLimits(ctx, a.GiveBack, a.Now)
	})},
	{"Earned ignores Sends", "Earned is credited once a send", earning(func(s *reference, a *phoneauth.Attempt, sends *int) { *sends = 1 })},
	{"Earned ignores later Sends", "Earned counts the sends of touching", earning(func(s *reference, a *phoneauth.Attempt, sends *int) { *sends = min(*sends, 1) })},
	{"Earned is at least one", "Earned of no sends", earning(func(s *reference, a *phoneauth.Attempt, sends *int) { *sends = max(*sends, 1) })},
	{"Earned has no bonus", "Earned with the bonus", earning(func(_ *reference, a *phoneauth.Attempt, _ *int) { a.Bonus.Add = 0 })},
	{"the bonus is for the first score only", "Earned with the bonus", earning(func(s *reference, a *phoneauth.Attempt, sends *int) {
		s.credit(phoneauth.Attempt{Earned: a.Earned[:1], Bonus: a.Bonus, Now: a.Now}, *sends)
		a.Earned = a.Earned[1:]
	})},
	{"the bonus is given each time", "the bonus is given once", earning(func(s *reference, a *phoneauth.Attempt, _ *int) { delete(s.tats, a.Bonus.Take.Key) })},
	{"the bonus is a limit", "a refused bonus refuses nothing", attempting(func(_ *reference, a *phoneauth.Attempt) {
		if len(a.Earned) > 0 {
			a.Takes = append(slices.Clone(a.Takes), a.Bonus.Take)
		}
	})},
	{"the bonus is taken with nothing earned", "the bonus is taken with Earned only", outcome(nil, func(s *reference, a phoneauth.Attempt, _ *phoneauth.Challenge) {
		if len(a.Earned) == 0 {
			s.TakeLimits(ctx, []phoneauth.Take{a.Bonus.Take}, a.Now)
		}
	})},
	{"a mismatch earns", "Earned is credited on a match only", outcome(phoneauth.ErrMismatch, func(s *reference, a phoneauth.Attempt, ch *phoneauth.Challenge) { s.credit(a, ch.Sends) })},
	{"Earned minds Max", "Earned has no Max", earning(func(s *reference, a *phoneauth.Attempt, _ *int) {
		if _, err := s.charge(a.Earned, a.Now); err != nil {
			a.Earned = nil
		}
	})},
	{"Earned forgets what was owed", "Earned is credited once a send", earning(func(s *reference, a *phoneauth.Attempt, _ *int) {
		for _, b := range a.Earned {
			delete(s.scores, b.Key)
		}
	})},
	{"Earned does not fade first", "Earned is credited to the faded score", earning(func(s *reference, a *phoneauth.Attempt, _ *int) {
		for _, b := range a.Earned {
			s.scores[b.Key] = score{s.scores[b.Key].value, a.Now}
		}
	})},
	{"Earned is credited upwards", "Earned is credited once a send", earning(func(_ *reference, a *phoneauth.Attempt, _ *int) {
		a.Earned = slices.Clone(a.Earned)
		for i := range a.Earned {
			a.Earned[i].Add = math.Abs(a.Earned[i].Add)
		}
	})},
	{"errors tell keys", "error texts", attempted(func(_ *reference, a phoneauth.Attempt, _ *phoneauth.Challenge, err *error) {
		if *err != nil {
			*err = errors.Join(*err, errors.New(a.Key))
		}
	})},
}

// earning is a store that credits something else than was earned.
func earning(change func(s *reference, a *phoneauth.Attempt, sends *int)) func(*broken, *reference) {
	return func(w *broken, s *reference) {
		w.attempt = func(a phoneauth.Attempt) (phoneauth.Challenge, error) {
			plain := a
			plain.Earned = nil
			ch, err := s.AttemptChallenge(ctx, plain)
			if err == nil && len(a.Earned) > 0 {
				sends := ch.Sends
				change(s, &a, &sends)
				s.credit(a, sends)
			}
			return ch, err
		}
	}
}
