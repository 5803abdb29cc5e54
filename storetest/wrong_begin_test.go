package storetest

import (
	"slices"
	"time"

	"github.com/phoneauth/phoneauth"
)

// touching is a store that touches and then changes what came of it.
func touching(change func(live, given phoneauth.Challenge, now *phoneauth.Challenge)) func(*broken, *byHand) {
	return func(w *broken, s *byHand) {
		w.begin = func(b phoneauth.BeginParams) (phoneauth.BeginResult, error) {
			live, ok := s.liveChallenge(b.Challenge.Key, b.Now)
			begun, err := s.BeginChallenge(ctx, b)
			if ok && err == nil {
				change(live, b.Challenge, &begun.Challenge)
				s.challenges[b.Challenge.Key] = begun.Challenge
			}
			return begun, err
		}
	}
}

// beginning is a store that begins something else than was asked.
func beginning(change func(s *byHand, b *phoneauth.BeginParams)) func(*broken, *byHand) {
	return func(w *broken, s *byHand) {
		w.begin = func(b phoneauth.BeginParams) (phoneauth.BeginResult, error) {
			change(s, &b)
			return s.BeginChallenge(ctx, b)
		}
	}
}

// refusing is a store that has done something by the time it refuses to begin.
func refusing(done func(s *byHand, b phoneauth.BeginParams)) func(*broken, *byHand) {
	return func(w *broken, s *byHand) {
		w.begin = func(b phoneauth.BeginParams) (phoneauth.BeginResult, error) {
			begun, err := s.BeginChallenge(ctx, b)
			if err != nil {
				done(s, b)
			}
			return begun, err
		}
	}
}

// begun is a store that answers something else than it did.
func begun(change func(s *byHand, b phoneauth.BeginParams, begun *phoneauth.BeginResult)) func(*broken, *byHand) {
	return func(w *broken, s *byHand) {
		w.begin = func(b phoneauth.BeginParams) (phoneauth.BeginResult, error) {
			begun, err := s.BeginChallenge(ctx, b)
			change(s, b, &begun)
			return begun, err
		}
	}
}

var wrongBegins = []wrongStore{
	{"a resend brings its own code", "touching keeps Digest", touching(func(_, given phoneauth.Challenge, now *phoneauth.Challenge) { now.Digest = given.Digest })},
	{"a resend brings its own ID", "touching keeps ID", touching(func(_, given phoneauth.Challenge, now *phoneauth.Challenge) { now.ID = given.ID })},
	{"a resend brings its own Sealed", "touching keeps Sealed", touching(func(_, given phoneauth.Challenge, now *phoneauth.Challenge) { now.Sealed = given.Sealed })},
	{"a resend resets the tries", "touching keeps TriesLeft", touching(func(_, given phoneauth.Challenge, now *phoneauth.Challenge) { now.TriesLeft = given.TriesLeft })},
	{"a resend costs a try", "touching keeps TriesLeft", touching(func(_, _ phoneauth.Challenge, now *phoneauth.Challenge) { now.TriesLeft-- })},
	{"a resend moves Until", "touching keeps Until", touching(func(_, given phoneauth.Challenge, now *phoneauth.Challenge) { now.Until = given.Until })},
	{"a resend keeps Pending", "touching replaces Pending", touching(func(live, _ phoneauth.Challenge, now *phoneauth.Challenge) { now.Pending = live.Pending })},
	{"a resend without Pending keeps it", "touching replaces Pending by nothing", touching(func(live, given phoneauth.Challenge, now *phoneauth.Challenge) {
		if len(given.Pending) == 0 {
			now.Pending = live.Pending
		}
	})},
	{"a resend keeps Sends", "touching adds Sends", touching(func(live, _ phoneauth.Challenge, now *phoneauth.Challenge) { now.Sends = live.Sends })},
	{"a resend replaces Sends", "touching adds Sends", touching(func(_, given phoneauth.Challenge, now *phoneauth.Challenge) { now.Sends = given.Sends })},
	{"a resend keeps ExpiresAt", "touching moves ExpiresAt", touching(func(live, _ phoneauth.Challenge, now *phoneauth.Challenge) { now.ExpiresAt = live.ExpiresAt })},
	{"a resend never shortens the life", "touching moves ExpiresAt", touching(func(live, _ phoneauth.Challenge, now *phoneauth.Challenge) {
		now.ExpiresAt = later(now.ExpiresAt, live.ExpiresAt)
	})},
	{"a resend ignores Until", "touching never moves ExpiresAt beyond Until", touching(func(_, given phoneauth.Challenge, now *phoneauth.Challenge) { now.ExpiresAt = given.ExpiresAt })},
	{"a resend is never told", "Begin touches a live challenge", begun(func(_ *byHand, b phoneauth.BeginParams, begun *phoneauth.BeginResult) {
		begun.Challenge = b.Challenge
	})},
	{"Begin replaces what lives", "Begin touches a live challenge", beginning(func(s *byHand, b *phoneauth.BeginParams) { delete(s.challenges, b.Challenge.Key) })},
	{"Begin touches what is gone", "Begin stores anew at the very expiry", beginning(func(_ *byHand, b *phoneauth.BeginParams) { b.Now = b.Now.Add(-tick) })},
	{"Begin sees an end too early", "Begin touches until the last microsecond", beginning(func(_ *byHand, b *phoneauth.BeginParams) { b.Now = b.Now.Add(tick) })},
	{"all challenges of a phone are one", "Begin keeps challenges of other keys apart", keyed(func(key string) string { return key[:29] })},
	{"a resend revives what was used", "Begin stores anew after a match", func(w *broken, s *byHand) {
		used := map[string]phoneauth.Challenge{}
		outcome(nil, func(_ *byHand, a phoneauth.AttemptParams, ch *phoneauth.Challenge) { used[of(&a).Key] = *ch })(w, s)
		beginning(func(s *byHand, b *phoneauth.BeginParams) {
			if ch, ok := used[b.Challenge.Key]; ok {
				s.challenges[b.Challenge.Key] = ch
			}
		})(w, s)
	}},
	{"Renew knows earlier IDs", "Renew by an ID that is replaced", func(w *broken, s *byHand) {
		now := map[string]string{}
		w.begin = func(b phoneauth.BeginParams) (phoneauth.BeginResult, error) {
			if id, ok := now[b.Renew]; ok {
				b.Renew = id
			}
			begun, err := s.BeginChallenge(ctx, b)
			if err == nil && b.Renew != "" {
				now[b.Renew] = begun.Challenge.ID
			}
			return begun, err
		}
	}},
	{"the empty key is locked", "Begin without Lockout", func(w *broken, s *byHand) {
		w.begin = func(b phoneauth.BeginParams) (phoneauth.BeginResult, error) {
			if b.Lockout.Key == "" && len(s.lockouts) > 0 {
				return phoneauth.BeginResult{}, &phoneauth.LimitError{Limit: b.Lockout.Name, RetryAfter: time.Hour}
			}
			return s.BeginChallenge(ctx, b)
		}
	}},
	{"ResendAt is for new challenges only", "ResendAt of a touched challenge", begun(func(_ *byHand, b phoneauth.BeginParams, begun *phoneauth.BeginResult) {
		if begun.Challenge.Sends > b.Challenge.Sends {
			begun.ResendAt = b.Now
		}
	})},
	{"Begin stores nothing", "Begin stores the challenge", begun(func(s *byHand, b phoneauth.BeginParams, _ *phoneauth.BeginResult) {
		delete(s.challenges, b.Challenge.Key)
	})},
	{"Renew ignores ID", "Begin with Renew of another ID", beginning(func(s *byHand, b *phoneauth.BeginParams) {
		if live, ok := s.liveChallenge(b.Challenge.Key, b.Now); ok && b.Renew != "" {
			b.Renew = live.ID
		}
	})},
	{"Renew stores anew", "Begin with Renew and no challenge", beginning(func(s *byHand, b *phoneauth.BeginParams) {
		if _, ok := s.liveChallenge(b.Challenge.Key, b.Now); !ok {
			b.Renew = ""
		}
	})},
	{"Renew finds what is gone", "Begin with Renew at the expiry", beginning(func(_ *byHand, b *phoneauth.BeginParams) {
		if b.Renew != "" {
			b.Now = b.Now.Add(-tick)
		}
	})},
	{"Renew keeps the ID", "Renew replaces ID", touching(func(live, _ phoneauth.Challenge, now *phoneauth.Challenge) { now.ID = live.ID })},
	{"Begin ignores locks", "Begin asks Lockout", beginning(func(_ *byHand, b *phoneauth.BeginParams) { b.Lockout = phoneauth.Lockout{} })},
	{"Begin counts a failure", "Begin counts no failure", begun(func(s *byHand, b phoneauth.BeginParams, _ *phoneauth.BeginResult) { s.fail(b.Lockout, b.Now) })},
	{"Begin forgets the failures", "Begin clears no failure", begun(func(s *byHand, b phoneauth.BeginParams, _ *phoneauth.BeginResult) {
		delete(s.lockouts, b.Lockout.Key)
	})},
	{"Begin asks limits before locks", "Begin refuses in order", func(w *broken, s *byHand) {
		w.begin = func(b phoneauth.BeginParams) (phoneauth.BeginResult, error) {
			if _, err := s.taken(b.Asks, b.Takes, b.Now); err != nil {
				return phoneauth.BeginResult{}, err
			}
			return s.BeginChallenge(ctx, b)
		}
	}},
	{"Begin asks scores before limits", "Begin refuses by the first limit", func(w *broken, s *byHand) {
		w.begin = func(b phoneauth.BeginParams) (phoneauth.BeginResult, error) {
			if _, err := s.charged(b.Charges, b.Now); err != nil && b.Lockout.Key == "" && b.Renew == "" {
				return phoneauth.BeginResult{}, err
			}
			return s.BeginChallenge(ctx, b)
		}
	}},
	{"Begin refused has stored", "Begin refused stores nothing", refusing(func(s *byHand, b phoneauth.BeginParams) {
		s.BeginChallenge(ctx, phoneauth.BeginParams{Challenge: b.Challenge, Now: b.Now})
	})},
	{"Begin refused has touched", "Begin refused touches nothing", refusing(func(s *byHand, b phoneauth.BeginParams) {
		s.BeginChallenge(ctx, phoneauth.BeginParams{Challenge: b.Challenge, Now: b.Now})
	})},
	{"Begin refused has taken", "Begin refused takes nothing", refusing(func(s *byHand, b phoneauth.BeginParams) {
		for _, take := range b.Takes {
			s.TakeLimits(ctx, phoneauth.TakeParams{Takes: []phoneauth.Take{take}, Now: b.Now})
		}
	})},
	{"Begin refused has charged", "Begin refused charges nothing", refusing(func(s *byHand, b phoneauth.BeginParams) {
		for _, charge := range b.Charges {
			s.TakeLimits(ctx, phoneauth.TakeParams{Charges: []phoneauth.Charge{charge}, Now: b.Now})
		}
	})},
	{"Begin takes for new challenges only", "Begin takes and charges when nothing refuses", beginning(func(s *byHand, b *phoneauth.BeginParams) {
		if _, ok := s.liveChallenge(b.Challenge.Key, b.Now); ok {
			b.Asks, b.Takes, b.Charges = nil, nil, nil
		}
	})},
	{"Begin asks takes before asks", "Begin refuses by the first limit", func(w *broken, s *byHand) {
		w.begin = func(b phoneauth.BeginParams) (phoneauth.BeginResult, error) {
			if _, err := s.taken(nil, b.Takes, b.Now); err != nil && b.Lockout.Key == "" && b.Renew == "" {
				return phoneauth.BeginResult{}, err
			}
			return s.BeginChallenge(ctx, b)
		}
	}},
	{"Begin takes what it asks", "Begin takes and charges when nothing refuses", beginning(func(_ *byHand, b *phoneauth.BeginParams) {
		b.Asks, b.Takes = nil, append(slices.Clone(b.Asks), b.Takes...)
	})},
	{"Begin sees its own takes when it asks", "Begin asks before it takes", beginning(func(_ *byHand, b *phoneauth.BeginParams) {
		if len(b.Asks) > 0 {
			b.Asks, b.Takes = nil, append(slices.Clone(b.Asks), b.Takes...)
		}
	})},
	{"Begin ignores asks", "Begin refuses in order", beginning(func(_ *byHand, b *phoneauth.BeginParams) { b.Asks = nil })},
	{"ResendAt minds asks", "ResendAt asks no ask", begun(func(s *byHand, b phoneauth.BeginParams, begun *phoneauth.BeginResult) {
		begun.ResendAt = later(begun.ResendAt, s.resendAt(b.Asks, b.Now))
	})},
	{"ResendAt is of a cost of one", "ResendAt with a cost", begun(func(s *byHand, b phoneauth.BeginParams, begun *phoneauth.BeginResult) {
		ones := slices.Clone(b.Takes)
		for i := range ones {
			ones[i].Cost = 1
		}
		begun.ResendAt = s.resendAt(ones, b.Now)
	})},
	{"ResendAt is now", "ResendAt of one limit", begun(func(_ *byHand, b phoneauth.BeginParams, begun *phoneauth.BeginResult) { begun.ResendAt = b.Now })},
	{"ResendAt is of the first limit", "ResendAt of many limits", begun(func(s *byHand, b phoneauth.BeginParams, begun *phoneauth.BeginResult) {
		begun.ResendAt = s.resendAt(b.Takes[:min(1, len(b.Takes))], b.Now)
	})},
	{"ResendAt of each limit alone", "ResendAt of one key twice", begun(func(s *byHand, b phoneauth.BeginParams, begun *phoneauth.BeginResult) {
		begun.ResendAt = b.Now
		for _, take := range b.Takes {
			begun.ResendAt = later(begun.ResendAt, s.resendAt([]phoneauth.Take{take}, b.Now))
		}
	})},
	{"ResendAt is zero for at once", "ResendAt without limits", begun(func(_ *byHand, b phoneauth.BeginParams, begun *phoneauth.BeginResult) {
		if begun.ResendAt.Equal(b.Now) {
			begun.ResendAt = time.Time{}
		}
	})},
	{"ResendAt minds scores", "ResendAt asks no score", begun(func(s *byHand, b phoneauth.BeginParams, begun *phoneauth.BeginResult) {
		if _, err := s.charged(b.Charges, b.Now); err != nil {
			begun.ResendAt = begun.ResendAt.Add(time.Hour)
		}
	})},
	{"Cancel of the first key only", "CancelChallenges takes challenges away", func(w *broken, s *byHand) {
		w.cancel = func(keys ...string) error { return s.CancelChallenges(ctx, keys[:min(1, len(keys))]...) }
	}},
	{"Cancel of nothing is an error", "CancelChallenges without a challenge", func(w *broken, s *byHand) {
		w.cancel = func(keys ...string) error {
			for _, key := range keys {
				if _, ok := s.challenges[key]; !ok {
					return phoneauth.ErrNotFound
				}
			}
			return s.CancelChallenges(ctx, keys...)
		}
	}},
	{"Cancel clears failures", "CancelChallenges leaves the rest", func(w *broken, s *byHand) {
		w.cancel = func(keys ...string) error {
			clear(s.lockouts)
			return s.CancelChallenges(ctx, keys...)
		}
	}},
}
