package storetest

import (
	"slices"
	"time"

	"github.com/phoneauth/phoneauth"
)

// matching is a store that does something else on a match than was asked.
func matching(change func(s *byHand, m *phoneauth.OnMatch)) func(*broken, *byHand) {
	return attempting(func(s *byHand, a *phoneauth.AttemptParams) {
		of(a)
		for i := range a.Candidates {
			change(s, &a.Candidates[i].OnMatch)
		}
	})
}

// storing is a store whose OnMatch.Store comes to something else.
func storing(change func(was, proof *phoneauth.Challenge)) func(*broken, *byHand) {
	return outcome(nil, func(s *byHand, a phoneauth.AttemptParams, ch *phoneauth.Challenge) {
		if m := of(&a).OnMatch; m.Store != nil {
			proof := spared(*m.Store)
			change(ch, &proof)
			s.challenges[proof.Key] = proof
		}
	})
}

// crediting is a store that credits something else than was matched.
func crediting(change func(s *byHand, m *phoneauth.OnMatch, sends *int, now time.Time)) func(*broken, *byHand) {
	return func(w *broken, s *byHand) {
		w.attempt = func(a phoneauth.AttemptParams) (phoneauth.Challenge, error) {
			m := a.Candidates[0].OnMatch
			of(&a).OnMatch.Credits = nil
			ch, err := s.AttemptChallenge(ctx, a)
			if err == nil && len(m.Credits) > 0 {
				sends := ch.Sends
				change(s, &m, &sends, a.Now)
				s.creditMatch(m, sends, a.Now)
			}
			return ch, err
		}
	}
}

// mismatched is a store that does on a mismatch what is for a match.
func mismatched(done func(s *byHand, m phoneauth.OnMatch, now time.Time)) func(*broken, *byHand) {
	return outcome(phoneauth.ErrMismatch, func(s *byHand, a phoneauth.AttemptParams, ch *phoneauth.Challenge) {
		done(s, of(&a).OnMatch, a.Now)
	})
}

var wrongMatches = []wrongStore{
	{"Store is not stored", "a match stores Store", matching(func(_ *byHand, m *phoneauth.OnMatch) { m.Store = nil })},
	{"Store is stored without a match", "Store is stored on a match only", attempted(func(s *byHand, a phoneauth.AttemptParams, _ *phoneauth.Challenge, _ *error) {
		if m := of(&a).OnMatch; m.Store != nil {
			s.challenges[m.Store.Key] = *m.Store
		}
	})},
	{"Store touches", "Store replaces what lives under its key", matching(func(s *byHand, m *phoneauth.OnMatch) {
		if m.Store != nil {
			if live, ok := s.challenges[m.Store.Key]; ok {
				m.Store = &live
			}
		}
	})},
	{"Store is taken away with the challenge", "Store under the key of the challenge", outcome(nil, func(s *byHand, a phoneauth.AttemptParams, _ *phoneauth.Challenge) { delete(s.challenges, of(&a).Key) })},
	{"Store has the old ID", "Store has its own ID", storing(func(was, proof *phoneauth.Challenge) { proof.ID = was.ID })},
	{"Store never ends", "Store is gone at its expiry", storing(func(_, proof *phoneauth.Challenge) { proof.ExpiresAt = proof.ExpiresAt.Add(tick) })},
	{"a match clears no failures", "a match clears the failures", attempted(func(s *byHand, a phoneauth.AttemptParams, _ *phoneauth.Challenge, err *error) {
		if *err == nil && a.Lockout.Key != "" {
			s.lockouts[a.Lockout.Key] = counter{count: 9, last: a.Now, forget: a.Now.Add(a.Lockout.TTL)}
		}
	})},
	{"nothing is refunded", "a match refunds", matching(func(_ *byHand, m *phoneauth.OnMatch) { m.Refunds = nil })},
	{"one is refunded, whatever the cost", "a match refunds", matching(func(_ *byHand, m *phoneauth.OnMatch) {
		m.Refunds = slices.Clone(m.Refunds)
		for i := range m.Refunds {
			m.Refunds[i].Cost = 1
		}
	})},
	{"refunds are for each send", "a match refunds", matching(func(_ *byHand, m *phoneauth.OnMatch) {
		m.SendRefunds, m.Refunds = append(slices.Clone(m.SendRefunds), m.Refunds...), nil
	})},
	{"send refunds are given once", "a match refunds sends", matching(func(_ *byHand, m *phoneauth.OnMatch) {
		m.Refunds, m.SendRefunds = append(slices.Clone(m.Refunds), m.SendRefunds...), nil
	})},
	{"send refunds are given at least once", "a match of no sends refunds none", outcome(nil, func(s *byHand, a phoneauth.AttemptParams, ch *phoneauth.Challenge) {
		if ch.Sends == 0 {
			s.giveBack(of(&a).OnMatch.SendRefunds, 1)
		}
	})},
	{"a mismatch refunds", "only a match refunds", mismatched(func(s *byHand, m phoneauth.OnMatch, _ time.Time) { s.giveBack(m.Refunds, 1) })},
	{"a mismatch gives its takes back", "Attempt keeps the takes of a mismatch", mismatched(func(s *byHand, m phoneauth.OnMatch, _ time.Time) { s.giveBack(m.Refunds, 1) })},
	{"refunds come before takes", "a match refunds what it takes", attempting(func(s *byHand, a *phoneauth.AttemptParams) {
		m := &of(a).OnMatch
		s.giveBack(m.Refunds, 1)
		m.Refunds = nil
	})},
	{"ClearScores is ignored", "a match clears scores", matching(func(_ *byHand, m *phoneauth.OnMatch) { m.ClearScores = nil })},
	{"ClearScores clears the first", "a match clears scores", matching(func(_ *byHand, m *phoneauth.OnMatch) { m.ClearScores = m.ClearScores[:min(1, len(m.ClearScores))] })},
	{"ClearScores clears debts alone", "a match clears scores", matching(func(s *byHand, m *phoneauth.OnMatch) {
		m.ClearScores = slices.DeleteFunc(slices.Clone(m.ClearScores), func(key string) bool { return s.scores[key].value < 0 })
	})},
	{"a mismatch clears scores", "only a match clears scores", mismatched(func(s *byHand, m phoneauth.OnMatch, _ time.Time) {
		for _, key := range m.ClearScores {
			delete(s.scores, key)
		}
	})},
	{"scores are cleared before they are credited", "a match does what stands first in OnMatch first", attempting(func(s *byHand, a *phoneauth.AttemptParams) {
		m := &of(a).OnMatch
		for _, key := range m.ClearScores {
			delete(s.scores, key)
		}
		m.ClearScores = nil
	})},
	{"the reward is taken before refunds", "a match does what stands first in OnMatch first", func(w *broken, s *byHand) {
		w.attempt = func(a phoneauth.AttemptParams) (phoneauth.Challenge, error) {
			refunds := a.Candidates[0].OnMatch.Refunds
			of(&a).OnMatch.Refunds = nil
			ch, err := s.AttemptChallenge(ctx, a)
			if err == nil {
				s.giveBack(refunds, 1)
			}
			return ch, err
		}
	}},

	{"a credit ignores Sends", "a match credits once a send", crediting(func(_ *byHand, _ *phoneauth.OnMatch, sends *int, _ time.Time) { *sends = 1 })},
	{"a credit ignores later Sends", "a match credits the sends of touching", crediting(func(_ *byHand, _ *phoneauth.OnMatch, sends *int, _ time.Time) { *sends = min(*sends, 1) })},
	{"a credit is at least one", "a match of no sends credits the reward alone", crediting(func(_ *byHand, _ *phoneauth.OnMatch, sends *int, _ time.Time) { *sends = max(*sends, 1) })},
	{"a credit has the wrong sign", "a match credits once a send", crediting(func(_ *byHand, m *phoneauth.OnMatch, sends *int, _ time.Time) { *sends = -*sends })},
	{"the reward has the wrong sign", "a match credits the reward", crediting(func(_ *byHand, m *phoneauth.OnMatch, _ *int, _ time.Time) { m.Reward.Amount = -m.Reward.Amount })},
	{"there is no reward", "a match credits the reward", crediting(func(_ *byHand, m *phoneauth.OnMatch, _ *int, _ time.Time) { m.Reward.Amount = 0 })},
	{"the reward is for each send", "a match credits the reward", crediting(func(_ *byHand, m *phoneauth.OnMatch, sends *int, _ time.Time) { m.Reward.Amount *= float64(*sends) })},
	{"the reward is for the first score only", "a match credits the reward", crediting(func(s *byHand, m *phoneauth.OnMatch, sends *int, now time.Time) {
		first := *m
		first.Credits = m.Credits[:1]
		s.creditMatch(first, *sends, now)
		m.Credits = m.Credits[1:]
	})},
	{"the reward is a change of its own", "the reward and the sends are one change", crediting(func(s *byHand, m *phoneauth.OnMatch, sends *int, now time.Time) {
		plain := *m
		plain.Reward = phoneauth.Reward{}
		s.creditMatch(plain, *sends, now)
		*sends = 0
	})},
	{"the reward is given each time", "the reward is given once", crediting(func(s *byHand, m *phoneauth.OnMatch, _ *int, _ time.Time) { delete(s.tats, m.Reward.Take.Key) })},
	{"a reward without a key is given", "a match without a reward", crediting(func(_ *byHand, m *phoneauth.OnMatch, _ *int, _ time.Time) { m.Reward.Take.Key += " " })},
	{"the reward is a limit", "a refused reward refuses nothing", attempting(func(_ *byHand, a *phoneauth.AttemptParams) {
		if m := of(a).OnMatch; len(m.Credits) > 0 {
			a.Takes = append(slices.Clone(a.Takes), m.Reward.Take)
		}
	})},
	{"the reward is taken with nothing to credit", "the reward is taken with Credits only", outcome(nil, func(s *byHand, a phoneauth.AttemptParams, _ *phoneauth.Challenge) {
		if m := of(&a).OnMatch; len(m.Credits) == 0 {
			s.TakeLimits(ctx, phoneauth.TakeParams{Takes: []phoneauth.Take{m.Reward.Take}, Now: a.Now})
		}
	})},
	{"a mismatch credits", "only a match credits", mismatched(func(s *byHand, m phoneauth.OnMatch, now time.Time) { s.creditMatch(m, 1, now) })},
	{"a credit minds Max", "the credits of a match have no Max", crediting(func(s *byHand, m *phoneauth.OnMatch, _ *int, now time.Time) {
		if _, err := s.charged(m.Credits, now); err != nil {
			m.Credits = nil
		}
	})},
	{"a credit forgets the score", "a match credits once a send", crediting(func(s *byHand, m *phoneauth.OnMatch, _ *int, _ time.Time) {
		for _, c := range m.Credits {
			delete(s.scores, c.Key)
		}
	})},
	{"a credit does not fade first", "a match credits the faded score", crediting(func(s *byHand, m *phoneauth.OnMatch, _ *int, now time.Time) {
		for _, c := range m.Credits {
			was := s.scores[c.Key]
			was.at = now
			s.scores[c.Key] = was
		}
	})},
	{"a score is credited once", "a match credits one score twice", crediting(func(_ *byHand, m *phoneauth.OnMatch, _ *int, _ time.Time) {
		m.Credits = slices.CompactFunc(slices.Clone(m.Credits), func(x, y phoneauth.Charge) bool { return x.Key == y.Key })
	})},
}
