package storetest

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/phoneauth/phoneauth"
)

// reading is a store that says something else than it has.
func reading(change func(p phoneauth.StateParams, s *phoneauth.State)) func(*broken, *byHand) {
	return func(w *broken, s *byHand) {
		w.readState = func(p phoneauth.StateParams) (phoneauth.State, error) {
			state, err := s.ReadState(ctx, p)
			change(p, &state)
			return state, err
		}
	}
}

// spoiling is a store that changes something when it is read.
func spoiling(change func(s *byHand, p phoneauth.StateParams)) func(*broken, *byHand) {
	return func(w *broken, s *byHand) {
		w.readState = func(p phoneauth.StateParams) (phoneauth.State, error) {
			state, err := s.ReadState(ctx, p)
			change(s, p)
			return state, err
		}
	}
}

var wrongStates = []wrongStore{
	{"ReadState leaves out what is not there", "ReadState of nothing", reading(func(_ phoneauth.StateParams, s *phoneauth.State) {
		s.Challenges = slices.DeleteFunc(s.Challenges, func(c phoneauth.Challenge) bool { return c.Key == "" })
	})},
	{"ReadState of a challenge says its key in any case", "ReadState of nothing", reading(func(p phoneauth.StateParams, s *phoneauth.State) {
		for i := range s.Challenges {
			s.Challenges[i].Key = p.Challenges[i]
		}
	})},
	{"ReadState sorts its answers", "ReadState of challenges", reading(func(_ phoneauth.StateParams, s *phoneauth.State) {
		slices.SortFunc(s.Challenges, func(x, y phoneauth.Challenge) int { return -strings.Compare(x.Key, y.Key) })
	})},
	{"ReadState says challenges that are gone", "ReadState of challenges", func(w *broken, s *byHand) {
		w.readState = func(p phoneauth.StateParams) (phoneauth.State, error) {
			state, err := s.ReadState(ctx, p)
			for i, key := range p.Challenges {
				state.Challenges[i] = spared(s.challenges[key])
			}
			return state, err
		}
	}},
	{"ReadState hides the tries", "ReadState of challenges", reading(func(_ phoneauth.StateParams, s *phoneauth.State) {
		for i := range s.Challenges {
			if s.Challenges[i].Key != "" {
				s.Challenges[i].TriesLeft = 5
			}
		}
	})},
	{"ReadState says locks alone", "ReadState of lockouts", reading(func(p phoneauth.StateParams, s *phoneauth.State) {
		for i, l := range s.Lockouts {
			if p.Now.UnixMicro() >= l.LockedUntil {
				s.Lockouts[i] = phoneauth.LockoutState{}
			}
		}
	})},
	{"ReadState says locks since 1970", "ReadState of lockouts", reading(func(_ phoneauth.StateParams, s *phoneauth.State) {
		for i := range s.Lockouts {
			s.Lockouts[i].LockedUntil /= 1000
		}
	})},
	{"ReadState says counts that are forgotten", "ReadState of lockouts", func(_ *broken, s *byHand) {
		s.forgotten = func(counter, phoneauth.Lockout, time.Time) bool { return false }
	}},
	{"ReadState takes as it asks", "ReadState of limits", func(w *broken, s *byHand) {
		w.readState = func(p phoneauth.StateParams) (phoneauth.State, error) {
			was := maps.Clone(s.tats)
			state, err := s.ReadState(ctx, p)
			for i, take := range p.Takes {
				state.Waits[i] = max(0, s.waitFor(take, s.tats[take.Key], p.Now))
				s.tats[take.Key] = later(s.tats[take.Key], p.Now).Add(s.span(take))
			}
			s.tats = was
			return state, err
		}
	}},
	{"ReadState waits for one of each", "ReadState of limits", func(w *broken, s *byHand) {
		w.readState = func(p phoneauth.StateParams) (phoneauth.State, error) {
			p.Takes = slices.Clone(p.Takes)
			for i := range p.Takes {
				p.Takes[i].Cost = 1
			}
			return s.ReadState(ctx, p)
		}
	}},
	{"ReadState says waits below 0", "ReadState of limits", func(w *broken, s *byHand) {
		w.readState = func(p phoneauth.StateParams) (phoneauth.State, error) {
			state, err := s.ReadState(ctx, p)
			for i, take := range p.Takes {
				state.Waits[i] = s.waitFor(take, s.tats[take.Key], p.Now)
			}
			return state, err
		}
	}},
	{"ReadState does not fade scores", "ReadState of scores", func(w *broken, s *byHand) {
		w.readState = func(p phoneauth.StateParams) (phoneauth.State, error) {
			state, err := s.ReadState(ctx, p)
			for i, of := range p.Scores {
				state.Scores[i] = s.scores[of.Key].value
			}
			return state, err
		}
	}},
	{"ReadState says no credits", "ReadState of scores", reading(func(_ phoneauth.StateParams, s *phoneauth.State) {
		for i := range s.Scores {
			s.Scores[i] = max(0, s.Scores[i])
		}
	})},
	{"ReadState takes", "ReadState changes nothing", spoiling(func(s *byHand, p phoneauth.StateParams) {
		s.TakeLimits(ctx, phoneauth.TakeParams{Takes: p.Takes, Now: start})
	})},
	{"ReadState removes what is gone", "ReadState changes nothing", spoiling(func(s *byHand, p phoneauth.StateParams) { s.Purge(ctx, p.Now) })},
	{"ReadState counts a failure", "ReadState changes nothing", spoiling(func(s *byHand, p phoneauth.StateParams) {
		for _, key := range p.Lockouts {
			c := s.lockouts[key]
			c.count++
			s.lockouts[key] = c
		}
	})},
	{"ReadState costs a try", "ReadState changes nothing", spoiling(func(s *byHand, p phoneauth.StateParams) {
		for _, key := range p.Challenges {
			ch := s.challenges[key]
			ch.TriesLeft--
			s.challenges[key] = ch
		}
	})},
	{"ReadState says what was at first", "ReadState agrees with the other verbs", func(w *broken, s *byHand) {
		var first *phoneauth.State
		w.readState = func(p phoneauth.StateParams) (phoneauth.State, error) {
			if first == nil {
				state, _ := s.ReadState(ctx, p)
				first = &state
			}
			return *first, nil
		}
	}},
	{"ReadState reads one after the other", "race: ReadState is of one moment", func(w *broken, s *byHand) {
		w.readState = func(p phoneauth.StateParams) (phoneauth.State, error) {
			var all phoneauth.State
			for i := range p.Takes {
				pause()
				one, _ := s.ReadState(ctx, phoneauth.StateParams{Takes: p.Takes[i : i+1], Now: p.Now})
				all.Waits = append(all.Waits, one.Waits...)
			}
			pause()
			rest, err := s.ReadState(ctx, phoneauth.StateParams{Challenges: p.Challenges, Lockouts: p.Lockouts, Scores: p.Scores, Now: p.Now})
			rest.Waits = all.Waits
			return rest, err
		}
	}},
}
