package storetest

import (
	"maps"
	"math"
	"slices"
	"time"

	"github.com/phoneauth/phoneauth"
)

// taking is a store that takes or charges something else than was asked.
func taking(change func(s *byHand, p *phoneauth.TakeParams)) func(*broken, *byHand) {
	return func(w *broken, s *byHand) {
		w.takeLimits = func(p phoneauth.TakeParams) error {
			p.Asks, p.Takes, p.Charges = slices.Clone(p.Asks), slices.Clone(p.Takes), slices.Clone(p.Charges)
			change(s, &p)
			return s.TakeLimits(ctx, p)
		}
	}
}

// takingEach is taking where each take and each ask changes.
func takingEach(change func(take *phoneauth.Take)) func(*broken, *byHand) {
	return taking(func(_ *byHand, p *phoneauth.TakeParams) {
		for _, takes := range [][]phoneauth.Take{p.Asks, p.Takes} {
			for i := range takes {
				change(&takes[i])
			}
		}
	})
}

// taken is a store that does more after TakeLimits, or answers something else.
func taken(change func(s *byHand, p phoneauth.TakeParams, err *error)) func(*broken, *byHand) {
	return func(w *broken, s *byHand) {
		w.takeLimits = func(p phoneauth.TakeParams) error {
			err := s.TakeLimits(ctx, p)
			change(s, p, &err)
			return err
		}
	}
}

// answering is a store that answers a refusal of its own.
func answering(change func(take phoneauth.Take, refused *phoneauth.LimitError)) func(*broken, *byHand) {
	return taken(func(_ *byHand, p phoneauth.TakeParams, err *error) {
		if refused, ok := (*err).(*phoneauth.LimitError); ok {
			change(slices.Concat(p.Asks, p.Takes)[0], refused)
		}
	})
}

// giving is a store that gives back something else than was asked.
func giving(change func(s *byHand, p *phoneauth.GiveBackParams)) func(*broken, *byHand) {
	return func(w *broken, s *byHand) {
		w.giveBackOf = func(p phoneauth.GiveBackParams) error {
			p.Takes, p.Credits = slices.Clone(p.Takes), slices.Clone(p.Credits)
			change(s, &p)
			return s.GiveBack(ctx, p)
		}
	}
}

// oneByOne takes until one refuses.
func oneByOne(w *broken, s *byHand) {
	w.takeLimits = func(p phoneauth.TakeParams) error {
		for i := range p.Asks {
			if err := s.TakeLimits(ctx, phoneauth.TakeParams{Asks: p.Asks[i : i+1], Now: p.Now}); err != nil {
				return err
			}
		}
		for i := range p.Takes {
			if err := s.TakeLimits(ctx, phoneauth.TakeParams{Takes: p.Takes[i : i+1], Now: p.Now}); err != nil {
				return err
			}
		}
		return s.TakeLimits(ctx, phoneauth.TakeParams{Charges: p.Charges, Now: p.Now})
	}
}

var wrongLimits = []wrongStore{
	{"a burst of one more", "a limit admits its burst", takingEach(func(t *phoneauth.Take) { t.Burst++ })},
	{"a limit is a microsecond late", "a limit admits its burst", taking(func(s *byHand, p *phoneauth.TakeParams) {
		if len(p.Takes) > 0 && s.tats[p.Takes[0].Key].After(p.Now) {
			p.Now = p.Now.Add(-tick)
		}
	})},
	{"a limit knows seconds only", "a limit is exact to the microsecond", taking(func(_ *byHand, p *phoneauth.TakeParams) { p.Now = p.Now.Truncate(time.Second) })},
	{"a limit saves up for ever", "a limit saves up no more than its burst", func(_ *broken, s *byHand) {
		s.later = func(tat, now time.Time) time.Time {
			if tat.IsZero() {
				return now
			}
			return tat
		}
	}},
	{"a limit with the time going back is refilled", "a limit with the time going back", func(w *broken, s *byHand) {
		var last time.Time
		taking(func(s *byHand, p *phoneauth.TakeParams) {
			if p.Now.Before(last) {
				clear(s.tats)
			}
			last = p.Now
		})(w, s)
	}},
	{"Every is cut to microseconds", "a limit rounds Every up", func(_ *broken, s *byHand) {
		s.ceil = func(d time.Duration) time.Duration { return d.Truncate(tick) }
	}},
	{"Every is exact to the nanosecond", "a limit rounds Every up", func(_ *broken, s *byHand) { s.ceil = func(d time.Duration) time.Duration { return d } }},
	{"a refusal postpones", "a cost of many", taken(func(s *byHand, p phoneauth.TakeParams, err *error) {
		if *err != nil && len(p.Takes) > 0 {
			s.tats[p.Takes[0].Key] = s.tats[p.Takes[0].Key].Add(every)
		}
	})},
	{"a cost beyond the burst is cut", "a cost beyond the burst", takingEach(func(t *phoneauth.Take) { t.Cost = min(t.Cost, t.Burst) })},
	{"a cost beyond the burst waits for ever", "a cost beyond the burst", answering(func(t phoneauth.Take, refused *phoneauth.LimitError) {
		if t.Cost > t.Burst {
			refused.RetryAfter = math.MaxInt64
		}
	})},
	{"a cost is one", "a cost of many", takingEach(func(t *phoneauth.Take) { t.Cost = 1 })},
	{"asks take", "an ask takes nothing", taking(func(_ *byHand, p *phoneauth.TakeParams) { p.Takes, p.Asks = append(p.Asks, p.Takes...), nil })},
	{"asks are always admitted", "an ask is refused", taking(func(_ *byHand, p *phoneauth.TakeParams) { p.Asks = nil })},
	{"an ask is of one", "an ask is refused", taking(func(_ *byHand, p *phoneauth.TakeParams) {
		for i := range p.Asks {
			p.Asks[i].Cost = 1
		}
	})},
	{"asks come after takes", "one key asked and taken in a call", func(w *broken, s *byHand) {
		w.takeLimits = func(p phoneauth.TakeParams) error {
			tats, err := s.taken(nil, p.Takes, p.Now)
			if err != nil {
				return err
			}
			was := maps.Clone(s.tats)
			maps.Copy(s.tats, tats)
			_, err = s.taken(p.Asks, nil, p.Now)
			s.tats = was
			if err != nil {
				return err
			}
			return s.TakeLimits(ctx, p)
		}
	}},
	{"takes are kept when an ask is refused", "an ask that is refused takes nothing", taken(func(s *byHand, p phoneauth.TakeParams, err *error) {
		if *err != nil && len(p.Asks) > 0 {
			s.TakeLimits(ctx, phoneauth.TakeParams{Takes: p.Takes, Now: p.Now})
		}
	})},
	{"giving back does nothing", "GiveBack makes room", giving(func(_ *byHand, p *phoneauth.GiveBackParams) { p.Takes = nil })},
	{"giving back gives one", "GiveBack makes room", giving(func(_ *byHand, p *phoneauth.GiveBackParams) {
		for i := range p.Takes {
			p.Takes[i].Cost = 1
		}
	})},
	{"giving back is refused", "GiveBack is never refused", func(w *broken, s *byHand) {
		w.giveBackOf = func(p phoneauth.GiveBackParams) error {
			if _, err := s.taken(p.Takes, nil, p.Now); err != nil {
				return err
			}
			return s.GiveBack(ctx, p)
		}
	}},
	{"giving back what nobody took is an error", "GiveBack is never refused", func(w *broken, s *byHand) {
		w.giveBackOf = func(p phoneauth.GiveBackParams) error {
			for _, take := range p.Takes {
				if _, ok := s.tats[take.Key]; !ok {
					return phoneauth.ErrNotFound
				}
			}
			return s.GiveBack(ctx, p)
		}
	}},
	{"giving back makes room without end", "GiveBack gives no more than the burst", func(_ *broken, s *byHand) {
		s.later = func(tat, now time.Time) time.Time {
			if tat.IsZero() {
				return now
			}
			return tat
		}
	}},
	{"giving back of nothing is an error", "GiveBack of nothing", func(w *broken, s *byHand) {
		w.giveBackOf = func(p phoneauth.GiveBackParams) error {
			if len(p.Takes)+len(p.Credits) == 0 {
				return phoneauth.ErrNotFound
			}
			return s.GiveBack(ctx, p)
		}
	}},
	{"limits are taken until one refuses", "limits are taken all or none", oneByOne},
	{"the last limit to refuse is named", "the first limit to refuse is named", taken(func(s *byHand, p phoneauth.TakeParams, err *error) {
		for _, take := range slices.Concat(p.Asks, p.Takes) {
			if _, refused := s.taken(nil, []phoneauth.Take{take}, p.Now); refused != nil {
				*err = refused
			}
		}
	})},
	{"takes refuse before asks", "the first limit to refuse is named", taking(func(_ *byHand, p *phoneauth.TakeParams) {
		p.Asks = append(slices.Clone(p.Takes), p.Asks...)
	})},
	{"no limits are an error", "no limits", func(w *broken, s *byHand) {
		w.takeLimits = func(p phoneauth.TakeParams) error {
			if len(p.Asks)+len(p.Takes)+len(p.Charges) == 0 {
				return phoneauth.ErrNotFound
			}
			return s.TakeLimits(ctx, p)
		}
	}},
	{"one key twice is taken once", "one key twice in a call", func(w *broken, s *byHand) {
		w.takeLimits = func(p phoneauth.TakeParams) error {
			tats := map[string]time.Time{}
			for _, take := range p.Takes {
				one, err := s.taken(p.Asks, []phoneauth.Take{take}, p.Now)
				if err != nil {
					return err
				}
				maps.Copy(tats, one)
			}
			maps.Copy(s.tats, tats)
			return nil
		}
	}},
	{"each burst has an instant of its own", "one key under two bursts", takingEach(func(t *phoneauth.Take) { t.Key += string(rune('a' + t.Burst)) })},
	{"all keys are one", "limits of other keys are apart", takingEach(func(t *phoneauth.Take) { t.Key = "one" })},
	{"a refusal has no name", "a refusal names its rule", answering(func(t phoneauth.Take, refused *phoneauth.LimitError) { refused.Limit = t.Key })},
	{"RetryAfter is Every", "RetryAfter of a limit", answering(func(t phoneauth.Take, refused *phoneauth.LimitError) { refused.RetryAfter = t.Every })},
	{"RetryAfter is whole seconds", "RetryAfter of a limit", answering(func(_ phoneauth.Take, refused *phoneauth.LimitError) {
		refused.RetryAfter = refused.RetryAfter.Truncate(time.Second)
	})},
	{"a limit forgets too early", "limits at random", taking(func(s *byHand, p *phoneauth.TakeParams) {
		maps.DeleteFunc(s.tats, func(_ string, tat time.Time) bool { return tat.Sub(p.Now) < every/2 })
	})},
	{"a limit reads the clock", "limits far from now", taking(func(_ *byHand, p *phoneauth.TakeParams) { p.Now = time.Now() })},
}
