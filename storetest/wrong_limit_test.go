package storetest

import (
	"maps"
	"slices"
	"time"

	"github.com/phoneauth/phoneauth"
)

// taking is a store that takes something else than was asked.
func taking(change func(take *phoneauth.Take)) func(*broken, *reference) {
	return func(w *broken, s *reference) {
		w.takeLimits = func(takes []phoneauth.Take, now time.Time) error {
			takes = slices.Clone(takes)
			for i := range takes {
				change(&takes[i])
			}
			return s.TakeLimits(ctx, takes, now)
		}
	}
}

// answering is a store that answers a refusal of its own.
func answering(change func(take phoneauth.Take, refused *phoneauth.LimitError)) func(*broken, *reference) {
	return func(w *broken, s *reference) {
		w.takeLimits = func(takes []phoneauth.Take, now time.Time) error {
			err := s.TakeLimits(ctx, takes, now)
			if refused, ok := err.(*phoneauth.LimitError); ok {
				change(takes[0], refused)
			}
			return err
		}
	}
}

// lockAt is a lock that knows its steps only.
func lockAt(c counter, f phoneauth.Failures) time.Duration {
	for _, step := range f.Steps {
		if c.count == step.At {
			return step.Wait
		}
	}
	return 0
}

var wrongLimits = []wrongStore{
	{"a burst of one more", "a limit admits its burst", taking(func(t *phoneauth.Take) {
		if t.Cost > 0 {
			t.Burst++
		}
	})},
	{"a limit is a microsecond late", "a limit admits its burst", func(w *broken, s *reference) {
		w.takeLimits = func(takes []phoneauth.Take, now time.Time) error {
			if len(takes) > 0 && s.tats[takes[0].Key].After(now) {
				now = now.Add(-tick)
			}
			return s.TakeLimits(ctx, takes, now)
		}
	}},
	{"a limit knows seconds only", "a limit is exact to the microsecond", func(w *broken, s *reference) {
		w.takeLimits = func(takes []phoneauth.Take, now time.Time) error {
			return s.TakeLimits(ctx, takes, now.Truncate(time.Second))
		}
	}},
	{"a limit saves up for ever", "a limit saves up no more than its burst", func(_ *broken, s *reference) {
		s.later = func(tat, now time.Time) time.Time {
			if tat.IsZero() {
				return now
			}
			return tat
		}
	}},
	{"a limit with the time going back is refilled", "a limit with the time going back", func(w *broken, s *reference) {
		var last time.Time
		w.takeLimits = func(takes []phoneauth.Take, now time.Time) error {
			if now.Before(last) {
				clear(s.tats)
			}
			last = now
			return s.TakeLimits(ctx, takes, now)
		}
	}},
	{"a refusal postpones", "a cost of many", func(w *broken, s *reference) {
		w.takeLimits = func(takes []phoneauth.Take, now time.Time) error {
			err := s.TakeLimits(ctx, takes, now)
			if err != nil && takes[0].Cost > 0 {
				s.tats[takes[0].Key] = s.tats[takes[0].Key].Add(every)
			}
			return err
		}
	}},
	{"a cost beyond the burst is cut", "a cost beyond the burst", taking(func(t *phoneauth.Take) { t.Cost = min(t.Cost, t.Burst) })},
	{"a cost is one", "a cost of many", taking(func(t *phoneauth.Take) { t.Cost = min(t.Cost, 1) })},
	{"a cost of zero takes", "a cost of zero takes nothing", taking(func(t *phoneauth.Take) {
		if t.Cost == 0 {
			t.Cost = 1
		}
	})},
	{"a cost of zero is always admitted", "a cost of zero is refused", func(w *broken, s *reference) {
		w.takeLimits = func(takes []phoneauth.Take, now time.Time) error {
			return s.TakeLimits(ctx, slices.DeleteFunc(slices.Clone(takes), func(t phoneauth.Take) bool { return t.Cost == 0 }), now)
		}
	}},
	{"a negative cost is ignored", "a negative cost gives back", taking(func(t *phoneauth.Take) { t.Cost = max(t.Cost, 0) })},
	{"a negative cost gives back one", "a negative cost gives back", taking(func(t *phoneauth.Take) { t.Cost = max(t.Cost, -1) })},
	{"a negative cost is asked, too", "a negative cost is admitted", func(w *broken, s *reference) {
		w.takeLimits = func(takes []phoneauth.Take, now time.Time) error {
			for _, take := range takes {
				if take.Cost < 0 {
					if _, err := s.take([]phoneauth.Take{cost(take, 0)}, now); err != nil {
						return err
					}
				}
			}
			return s.TakeLimits(ctx, takes, now)
		}
	}},
	{"giving back makes room without end", "a negative cost gives no more than the burst", func(_ *broken, s *reference) {
		s.later = func(tat, now time.Time) time.Time {
			if tat.Before(now.Add(-time.Hour)) {
				return now
			}
			return tat
		}
	}},
	{"limits are taken until one refuses", "limits are taken all or none", func(w *broken, s *reference) {
		w.takeLimits = func(takes []phoneauth.Take, now time.Time) error {
			for i := range takes {
				if err := s.TakeLimits(ctx, takes[i:i+1], now); err != nil {
					return err
				}
			}
			return nil
		}
	}},
	{"the last limit to refuse is named", "the first limit to refuse is named", func(w *broken, s *reference) {
		w.takeLimits = func(takes []phoneauth.Take, now time.Time) error {
			err := s.TakeLimits(ctx, takes, now)
			for _, take := range takes {
				if _, refused := s.take([]phoneauth.Take{take}, now); refused != nil {
					err = refused
				}
			}
			return err
		}
	}},
	{"no limits are an error", "no limits", func(w *broken, s *reference) {
		w.takeLimits = func(takes []phoneauth.Take, now time.Time) error {
			if len(takes) == 0 {
				return phoneauth.ErrNotFound
			}
			return s.TakeLimits(ctx, takes, now)
		}
	}},
	{"one key twice is taken once", "one key twice in a call", func(w *broken, s *reference) {
		w.takeLimits = func(takes []phoneauth.Take, now time.Time) error {
			tats := map[string]time.Time{}
			for _, take := range takes {
				one, err := s.take([]phoneauth.Take{take}, now)
				if err != nil {
					return err
				}
				maps.Copy(tats, one)
			}
			maps.Copy(s.tats, tats)
			return nil
		}
	}},
	{"each burst has an instant of its own", "one key under two bursts", taking(func(t *phoneauth.Take) { t.Key += string(rune('a' + t.Burst)) })},
	{"all keys are one", "limits of other keys are apart", taking(func(t *phoneauth.Take) { t.Key = "one" })},
	{"a refusal has no name", "a refusal names its rule", answering(func(t phoneauth.Take, refused *phoneauth.LimitError) { refused.Limit = t.Key })},
	{"RetryAfter is Every", "RetryAfter of a limit", answering(func(t phoneauth.Take, refused *phoneauth.LimitError) { refused.RetryAfter = t.Every })},
	{"RetryAfter is whole seconds", "RetryAfter of a limit", answering(func(_ phoneauth.Take, refused *phoneauth.LimitError) {
		refused.RetryAfter = refused.RetryAfter.Truncate(time.Second)
	})},
	{"a limit forgets too early", "limits at random", func(w *broken, s *reference) {
		w.takeLimits = func(takes []phoneauth.Take, now time.Time) error {
			maps.DeleteFunc(s.tats, func(_ string, tat time.Time) bool { return tat.Sub(now) < every/2 })
			return s.TakeLimits(ctx, takes, now)
		}
	}},
	{"a limit reads the clock", "limits far from now", func(w *broken, s *reference) {
		w.takeLimits = func(takes []phoneauth.Take, _ time.Time) error { return s.TakeLimits(ctx, takes, time.Now()) }
	}},

	{"failures are not counted", "CountFailure counts one", func(w *broken, s *reference) {
		w.countFailure = func(f phoneauth.Failures, now time.Time) error { return s.locked(f, now) }
	}},
	{"a lock is one late", "CountFailure locks at a step", func(_ *broken, s *reference) {
		s.lock = func(c counter, f phoneauth.Failures) time.Duration { c.count--; return lock(c, f) }
	}},
	{"failures count while locked", "CountFailure while locked", func(w *broken, s *reference) {
		w.countFailure = func(f phoneauth.Failures, now time.Time) error {
			err := s.locked(f, now)
			s.fail(f, now)
			return err
		}
	}},
	{"a lock ends a microsecond late", "a lock ends", func(_ *broken, s *reference) {
		s.lock = func(c counter, f phoneauth.Failures) time.Duration {
			if wait := lock(c, f); wait > 0 {
				return wait + tick
			}
			return 0
		}
	}},
	{"a lock ends a microsecond early", "a lock ends", func(_ *broken, s *reference) {
		s.lock = func(c counter, f phoneauth.Failures) time.Duration { return lock(c, f) - tick }
	}},
	{"a failure locks up to itself", "a failure that locks nothing locks no clock behind", func(w *broken, s *reference) {
		w.countFailure = func(f phoneauth.Failures, now time.Time) error {
			if err := s.locked(f, now); err != nil {
				return err
			}
			s.fail(f, now)
			if c := s.counters[f.Key]; c.until.IsZero() {
				c.until = now
				s.counters[f.Key] = c
			}
			return nil
		}
	}},
	{"a lock ends after a year", "a lock may have no end in sight", func(_ *broken, s *reference) {
		s.lock = func(c counter, f phoneauth.Failures) time.Duration { return min(lock(c, f), 365*24*time.Hour) }
	}},
	{"a lock runs from the first failure", "a lock runs from the failure that reached the step", func(w *broken, s *reference) {
		var first time.Time
		w.countFailure = func(f phoneauth.Failures, now time.Time) error {
			if first.IsZero() {
				first = now
			}
			err := s.CountFailure(ctx, f, now)
			if c := s.counters[f.Key]; !c.until.IsZero() {
				c.until = first.Add(time.Minute)
				s.counters[f.Key] = c
			}
			return err
		}
	}},
	{"between steps every failure locks", "between steps nothing locks", func(_ *broken, s *reference) {
		s.lock = func(c counter, f phoneauth.Failures) (wait time.Duration) {
			for _, step := range f.Steps {
				if c.count >= step.At {
					wait = step.Wait
				}
			}
			return wait
		}
	}},
	{"beyond the last step nothing locks", "beyond the last step each failure locks", func(_ *broken, s *reference) { s.lock = lockAt }},
	{"failures are never forgotten", "failures are forgotten", func(_ *broken, s *reference) {
		s.forgotten = func(counter, phoneauth.Failures, time.Time) bool { return false }
	}},
	{"failures are forgotten a microsecond late", "failures are forgotten", func(_ *broken, s *reference) {
		s.forgotten = func(c counter, f phoneauth.Failures, now time.Time) bool { return forgotten(c, f, now.Add(-tick)) }
	}},
	{"failures are forgotten from the first on", "failures are forgotten", func(w *broken, s *reference) {
		first := map[string]time.Time{}
		s.forgotten = func(c counter, f phoneauth.Failures, now time.Time) bool {
			if c.count == 0 {
				first[f.Key] = now
			}
			return !now.Before(first[f.Key].Add(f.Forget))
		}
	}},
	{"failures are forgotten while locked", "failures are kept while locked", func(w *broken, s *reference) {
		s.forgotten = func(c counter, f phoneauth.Failures, now time.Time) bool { return !now.Before(c.last.Add(f.Forget)) }
		w.begin = func(b phoneauth.Begin) (phoneauth.Begun, error) {
			if s.forgotten(s.counters[b.Failures.Key], b.Failures, b.Now) {
				delete(s.counters, b.Failures.Key)
			}
			return s.BeginChallenge(ctx, b)
		}
	}},
	{"a long lock forgets nothing", "failures are kept while locked", func(_ *broken, s *reference) {
		s.forgotten = func(c counter, f phoneauth.Failures, now time.Time) bool {
			return !now.Before(later(c.last, c.until).Add(f.Forget))
		}
	}},
	{"a lock's end forgets the count", "failures after a lock go on", func(_ *broken, s *reference) {
		s.forgotten = func(c counter, f phoneauth.Failures, now time.Time) bool {
			return !c.until.IsZero() && !now.Before(c.until) || forgotten(c, f, now)
		}
	}},
	{"ClearFailures keeps the count", "ClearFailures forgets the count", func(w *broken, s *reference) {
		w.clearFailures = func(key string) error {
			c := s.counters[key]
			c.until = time.Time{}
			s.counters[key] = c
			return nil
		}
	}},
	{"ClearFailures keeps the lock", "ClearFailures forgets the lock", func(w *broken, s *reference) {
		w.clearFailures = func(key string) error {
			s.counters[key] = counter{until: s.counters[key].until}
			return nil
		}
	}},
	{"ClearFailures of nothing is an error", "ClearFailures of nothing", func(w *broken, s *reference) {
		w.clearFailures = func(key string) error {
			if _, ok := s.counters[key]; !ok {
				return phoneauth.ErrNotFound
			}
			return s.ClearFailures(ctx, key)
		}
	}},
	{"ClearFailures clears all", "failures of other keys are apart", func(w *broken, s *reference) {
		w.clearFailures = func(string) error { clear(s.counters); return nil }
	}},
}
