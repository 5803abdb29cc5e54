package storetest

import (
	"bytes"
	"errors"
	"slices"
	"strings"

	"github.com/phoneauth/phoneauth"
)

// attempting is a store that attempts something else than was asked.
func attempting(change func(s *byHand, a *phoneauth.AttemptParams)) func(*broken, *byHand) {
	return func(w *broken, s *byHand) {
		w.attempt = func(a phoneauth.AttemptParams) (phoneauth.Challenge, error) {
			change(s, &a)
			return s.AttemptChallenge(ctx, a)
		}
	}
}

// attempted is a store that does more after an attempt, or answers something else.
func attempted(change func(s *byHand, a phoneauth.AttemptParams, ch *phoneauth.Challenge, err *error)) func(*broken, *byHand) {
	return func(w *broken, s *byHand) {
		w.attempt = func(a phoneauth.AttemptParams) (phoneauth.Challenge, error) {
			ch, err := s.AttemptChallenge(ctx, a)
			change(s, a, &ch, &err)
			return ch, err
		}
	}
}

// outcome is attempted where the outcome was this error.
func outcome(want error, more func(s *byHand, a phoneauth.AttemptParams, ch *phoneauth.Challenge)) func(*broken, *byHand) {
	return attempted(func(s *byHand, a phoneauth.AttemptParams, ch *phoneauth.Challenge, err *error) {
		if errors.Is(*err, want) {
			more(s, a, ch)
		}
	})
}

// of is the first candidate of a, in a list that is the wrong store's own.
func of(a *phoneauth.AttemptParams) *phoneauth.Candidate {
	a.Candidates = slices.Clone(a.Candidates)
	return &a.Candidates[0]
}

// refund gives back what a took.
func refund(s *byHand, a phoneauth.AttemptParams, _ *phoneauth.Challenge) { s.giveBack(a.Takes, 1) }

var wrongAttempts = []wrongStore{
	{"tries are not counted", "Attempt counts a wrong digest", outcome(phoneauth.ErrMismatch, func(s *byHand, a phoneauth.AttemptParams, ch *phoneauth.Challenge) {
		ch.TriesLeft++
		s.challenges[of(&a).Key] = *ch
	})},
	{"the answer is of before the try", "Attempt counts a wrong digest", outcome(phoneauth.ErrMismatch, func(_ *byHand, _ phoneauth.AttemptParams, ch *phoneauth.Challenge) { ch.TriesLeft++ })},
	{"one try too many", "Attempt with the right digest after the last try", outcome(phoneauth.ErrMismatch, func(s *byHand, a phoneauth.AttemptParams, ch *phoneauth.Challenge) {
		if ch.TriesLeft == 0 {
			s.challenges[of(&a).Key] = *ch
		}
	})},
	{"one try too few", "Attempt with the right digest at the last try", outcome(phoneauth.ErrMismatch, func(s *byHand, a phoneauth.AttemptParams, ch *phoneauth.Challenge) {
		if ch.TriesLeft == 1 {
			delete(s.challenges, of(&a).Key)
		}
	})},
	{"a used-up challenge stays", "Begin stores anew when the tries are used up", outcome(phoneauth.ErrMismatch, func(s *byHand, a phoneauth.AttemptParams, ch *phoneauth.Challenge) {
		if ch.TriesLeft == 0 {
			s.challenges[of(&a).Key] = *ch
		}
	})},
	{"mismatches are no failures", "Attempt counts a mismatch as a failure", attempting(func(s *byHand, a *phoneauth.AttemptParams) { a.Lockout = phoneauth.Lockout{} })},
	{"the last step locks never again", "a mismatch beyond the last step locks", func(_ *broken, s *byHand) { s.lock = lockAt }},
	{"ErrNotFound is a failure", "Attempt without a challenge counts no failure", outcome(phoneauth.ErrNotFound, func(s *byHand, a phoneauth.AttemptParams, _ *phoneauth.Challenge) { s.fail(a.Lockout, a.Now) })},
	{"another ID costs a try", "Attempt at a challenge of another ID", outcome(phoneauth.ErrNotFound, func(s *byHand, a phoneauth.AttemptParams, _ *phoneauth.Challenge) {
		if ch, ok := s.challenges[of(&a).Key]; ok {
			ch.TriesLeft--
			s.challenges[of(&a).Key] = ch
		}
	})},
	{"a mismatch never locks", "Attempt locks at a step", outcome(phoneauth.ErrMismatch, func(s *byHand, a phoneauth.AttemptParams, _ *phoneauth.Challenge) {
		c := s.lockouts[a.Lockout.Key]
		c.until = a.Now
		s.lockouts[a.Lockout.Key] = c
	})},
	{"failures are of one challenge", "Attempt counts failures across challenges", attempting(func(_ *byHand, a *phoneauth.AttemptParams) { a.Lockout.Key += of(a).Key })},
	{"an ID is never right", "Attempt at the ID", attempting(func(_ *byHand, a *phoneauth.AttemptParams) {
		if c := of(a); c.ID != "" {
			c.ID += "x"
		}
	})},
	{"the ID is not checked", "Attempt at a challenge of another ID", attempting(func(_ *byHand, a *phoneauth.AttemptParams) { of(a).ID = "" })},
	{"no ID is none", "a match takes the challenge away", attempting(func(_ *byHand, a *phoneauth.AttemptParams) {
		if c := of(a); c.ID == "" {
			c.ID = "none"
		}
	})},
	{"a code wins twice", "a match takes the challenge away", outcome(nil, func(s *byHand, a phoneauth.AttemptParams, ch *phoneauth.Challenge) { s.challenges[of(&a).Key] = *ch })},
	{"a match costs a try", "Attempt with the right digest at the last try", outcome(nil, func(_ *byHand, _ phoneauth.AttemptParams, ch *phoneauth.Challenge) { ch.TriesLeft-- })},
	{"an empty digest matches", "Attempt with an empty digest", func(_ *broken, s *byHand) {
		s.equal = func(digest, presented []byte) bool { return len(presented) == 0 || bytes.Equal(digest, presented) }
	}},
	{"no digest is no try", "Attempt with an empty digest", attempted(func(s *byHand, a phoneauth.AttemptParams, ch *phoneauth.Challenge, err *error) {
		if len(of(&a).Digests) == 0 && errors.Is(*err, phoneauth.ErrMismatch) {
			ch.TriesLeft++
			s.challenges[of(&a).Key] = *ch
		}
	})},
	{"a prefix matches", "Attempt with half a digest", func(_ *broken, s *byHand) {
		s.equal = func(digest, presented []byte) bool { return len(presented) > 0 && bytes.HasPrefix(digest, presented) }
	}},
	{"only the first digest counts", "Attempt with many digests", attempting(func(_ *byHand, a *phoneauth.AttemptParams) {
		c := of(a)
		c.Digests = c.Digests[:min(1, len(c.Digests))]
	})},
	{"each digest costs a try", "Attempt with many digests", outcome(phoneauth.ErrMismatch, func(s *byHand, a phoneauth.AttemptParams, ch *phoneauth.Challenge) {
		ch.TriesLeft -= max(0, len(of(&a).Digests)-1)
		s.challenges[of(&a).Key] = *ch
	})},
	{"live at the very expiry", "Attempt at the very expiry", attempting(func(_ *byHand, a *phoneauth.AttemptParams) { a.Now = a.Now.Add(-tick) })},
	{"gone before the expiry", "Attempt at the last microsecond", attempting(func(_ *byHand, a *phoneauth.AttemptParams) { a.Now = a.Now.Add(tick) })},
	{"takes lost on ErrNotFound", "Attempt without a challenge keeps the takes", outcome(phoneauth.ErrNotFound, refund)},
	{"takes lost on ErrMismatch", "Attempt keeps the takes of a mismatch", outcome(phoneauth.ErrMismatch, refund)},
	{"takes lost on a match", "a match keeps the takes", outcome(nil, refund)},
	{"takes kept while locked", "Attempt while locked", attempting(func(s *byHand, a *phoneauth.AttemptParams) {
		if s.TakeLimits(ctx, phoneauth.TakeParams{Takes: a.Takes, Now: a.Now}) == nil {
			a.Takes = nil
		}
	})},
	{"takes kept when one refuses", "Attempt when a take refuses", attempting(func(s *byHand, a *phoneauth.AttemptParams) {
		for len(a.Takes) > 1 && s.TakeLimits(ctx, phoneauth.TakeParams{Takes: a.Takes[:1], Now: a.Now}) == nil {
			a.Takes = a.Takes[1:]
		}
	})},
	{"takes are asked before locks", "Attempt asks Lockout before Takes", attempting(func(s *byHand, a *phoneauth.AttemptParams) {
		if _, err := s.taken(nil, a.Takes, a.Now); err != nil {
			a.Lockout = phoneauth.Lockout{}
		}
	})},
	{"a lock lets the right code in", "Attempt while locked", attempting(func(s *byHand, a *phoneauth.AttemptParams) {
		c := of(a)
		if ch, ok := s.liveChallenge(c.Key, a.Now); ok && slices.ContainsFunc(c.Digests, func(d []byte) bool { return s.equal(ch.Digest, d) }) {
			a.Lockout = phoneauth.Lockout{}
		}
	})},
	{"the empty key is a counter", "Attempt without Lockout", attempting(func(_ *byHand, a *phoneauth.AttemptParams) {
		if a.Lockout.Key == "" && len(a.Lockout.Steps) > 0 {
			a.Lockout.Key = "none"
		}
	})},
	{"the last live candidate is compared", "the first live candidate is compared", choosing(func(all []phoneauth.Candidate) { slices.Reverse(all) })},
	{"candidates are compared in the order of keys", "the order of candidates is that of the list", choosing(func(all []phoneauth.Candidate) {
		slices.SortFunc(all, func(x, y phoneauth.Candidate) int { return strings.Compare(x.Key, y.Key) })
	})},
	{"all candidates are compared", "a later candidate is not compared", func(w *broken, s *byHand) {
		w.attempt = func(a phoneauth.AttemptParams) (ch phoneauth.Challenge, err error) {
			for i := range a.Candidates {
				one := a
				one.Candidates = a.Candidates[i : i+1]
				if ch, err = s.AttemptChallenge(ctx, one); err == nil {
					break
				}
			}
			return ch, err
		}
	}},
	{"every candidate loses a try", "one candidate loses a try", outcome(phoneauth.ErrMismatch, func(s *byHand, a phoneauth.AttemptParams, _ *phoneauth.Challenge) {
		for _, c := range a.Candidates[1:] {
			if ch, ok := s.challenges[c.Key]; ok {
				ch.TriesLeft--
				s.challenges[c.Key] = ch
			}
		}
	})},
	{"the first candidate is the only one", "a candidate that is not live is passed over", attempting(func(_ *byHand, a *phoneauth.AttemptParams) {
		a.Candidates = a.Candidates[:1]
	})},
	{"candidates are found by key, whatever their ID", "candidates of one key", choosing(func(all []phoneauth.Candidate) {
		for i := range all {
			all[i].ID = all[0].ID
		}
	})},
	{"the try is the first candidate's", "a wrong digest of a later candidate", outcome(phoneauth.ErrMismatch, func(_ *byHand, a phoneauth.AttemptParams, ch *phoneauth.Challenge) {
		if ch.Key != a.Candidates[0].Key {
			*ch = phoneauth.Challenge{Key: a.Candidates[0].Key}
		}
	})},
	{"no live candidate is a mismatch", "no candidate is live", attempted(func(_ *byHand, a phoneauth.AttemptParams, _ *phoneauth.Challenge, err *error) {
		if len(a.Candidates) > 1 && errors.Is(*err, phoneauth.ErrNotFound) {
			*err = phoneauth.ErrMismatch
		}
	})},
	{"OnMatch is the first candidate's", "each candidate has its own OnMatch", choosing(func(all []phoneauth.Candidate) {
		for i := range all {
			all[i].OnMatch = all[0].OnMatch
		}
	})},
}

// choosing is a store that has other candidates than were asked.
func choosing(change func(all []phoneauth.Candidate)) func(*broken, *byHand) {
	return attempting(func(_ *byHand, a *phoneauth.AttemptParams) {
		of(a)
		change(a.Candidates)
	})
}
