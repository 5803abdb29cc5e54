package storetest

import (
	"time"

	"github.com/phoneauth/phoneauth"
)

var wrongLockouts = []wrongStore{
	{"failures are not counted", "CountFailure counts one", func(w *broken, s *byHand) {
		w.countFailure = func(l phoneauth.Lockout, now time.Time) error { return s.locked(l, now) }
	}},
	{"a lock is one late", "CountFailure locks at a step", func(_ *broken, s *byHand) {
		s.lock = func(c counter, l phoneauth.Lockout) time.Duration { c.count--; return lock(c, l) }
	}},
	{"failures count while locked", "CountFailure while locked", func(w *broken, s *byHand) {
		w.countFailure = func(l phoneauth.Lockout, now time.Time) error {
			err := s.locked(l, now)
			s.fail(l, now)
			return err
		}
	}},
	{"a lock ends a microsecond late", "a lock ends", func(_ *broken, s *byHand) {
		s.lock = func(c counter, l phoneauth.Lockout) time.Duration {
			if wait := lock(c, l); wait > 0 {
				return wait + tick
			}
			return 0
		}
	}},
	{"a lock ends a microsecond early", "a lock ends", func(_ *broken, s *byHand) {
		s.lock = func(c counter, l phoneauth.Lockout) time.Duration { return lock(c, l) - tick }
	}},
	{"a failure locks up to itself", "a failure that locks nothing locks no clock behind", func(w *broken, s *byHand) {
		w.countFailure = func(l phoneauth.Lockout, now time.Time) error {
			if err := s.locked(l, now); err != nil {
				return err
			}
			s.fail(l, now)
			if c := s.lockouts[l.Key]; c.until.IsZero() {
				c.until = now
				s.lockouts[l.Key] = c
			}
			return nil
		}
	}},
	{"a lock ends after a year", "a lock may have no end in sight", func(_ *broken, s *byHand) {
		s.lock = func(c counter, l phoneauth.Lockout) time.Duration { return min(lock(c, l), 365*24*time.Hour) }
	}},
	{"a lock runs from the first failure", "a lock runs from the failure that reached the step", func(w *broken, s *byHand) {
		var first time.Time
		w.countFailure = func(l phoneauth.Lockout, now time.Time) error {
			if first.IsZero() {
				first = now
			}
			err := s.CountFailure(ctx, l, now)
			if c := s.lockouts[l.Key]; !c.until.IsZero() {
				c.until = first.Add(time.Minute)
				s.lockouts[l.Key] = c
			}
			return err
		}
	}},
	{"between steps every failure locks", "between steps nothing locks", func(_ *broken, s *byHand) {
		s.lock = func(c counter, l phoneauth.Lockout) (wait time.Duration) {
			for _, step := range l.Steps {
				if c.count >= step.Failures {
					wait = step.Wait
				}
			}
			return wait
		}
	}},
	{"beyond the last step nothing locks", "beyond the last step each failure locks", func(_ *broken, s *byHand) { s.lock = lockAt }},
	{"failures are never forgotten", "failures are forgotten", func(_ *broken, s *byHand) {
		s.forgotten = func(counter, phoneauth.Lockout, time.Time) bool { return false }
	}},
	{"failures are forgotten a microsecond late", "failures are forgotten", func(_ *broken, s *byHand) {
		s.forgotten = func(c counter, l phoneauth.Lockout, now time.Time) bool { return forgotten(c, l, now.Add(-tick)) }
	}},
	{"failures are forgotten from the first on", "failures are forgotten", func(w *broken, s *byHand) {
		first := map[string]time.Time{}
		s.forgotten = func(c counter, l phoneauth.Lockout, now time.Time) bool {
			if c.count == 0 {
				first[l.Key] = now
			}
			return !now.Before(first[l.Key].Add(l.TTL))
		}
	}},
	{"failures are forgotten while locked", "failures are kept while locked", func(w *broken, s *byHand) {
		s.forgotten = func(c counter, _ phoneauth.Lockout, now time.Time) bool { return !now.Before(c.forget) }
		w.attempt = func(a phoneauth.AttemptParams) (phoneauth.Challenge, error) {
			if s.forgotten(s.lockouts[a.Lockout.Key], a.Lockout, a.Now) {
				delete(s.lockouts, a.Lockout.Key)
			}
			return s.AttemptChallenge(ctx, a)
		}
	}},
	{"a long lock forgets nothing", "failures are kept while locked", func(_ *broken, s *byHand) {
		s.forgotten = func(c counter, l phoneauth.Lockout, now time.Time) bool {
			return !now.Before(later(c.last, c.until).Add(l.TTL))
		}
	}},
	{"a lock's end forgets the count", "failures after a lock go on", func(_ *broken, s *byHand) {
		s.forgotten = func(c counter, l phoneauth.Lockout, now time.Time) bool {
			return !c.until.IsZero() && !now.Before(c.until) || forgotten(c, l, now)
		}
	}},
	{"the empty key is counted", "CountFailure without a key", func(w *broken, s *byHand) {
		w.countFailure = func(l phoneauth.Lockout, now time.Time) error {
			if l.Key == "" {
				l.Key = "none"
			}
			return s.CountFailure(ctx, l, now)
		}
	}},
	{"a lock has no name", "a lockout names its rule", func(w *broken, s *byHand) {
		w.countFailure = func(l phoneauth.Lockout, now time.Time) error {
			l.Name = "phone"
			return s.CountFailure(ctx, l, now)
		}
	}},
	{"time going back shortens the memory", "failures with the time going back", func(_ *broken, s *byHand) {
		s.forgetAt = func(_ counter, l phoneauth.Lockout, now time.Time) time.Time { return now.Add(l.TTL) }
	}},
	{"time going back starts the count anew", "failures with the time going back", func(_ *broken, s *byHand) {
		s.forgotten = func(c counter, l phoneauth.Lockout, now time.Time) bool {
			return now.Before(c.last) || forgotten(c, l, now)
		}
	}},
	{"time going back ends a lock", "a lock with the time going back", func(w *broken, s *byHand) {
		w.countFailure = func(l phoneauth.Lockout, now time.Time) error {
			if now.Before(s.lockouts[l.Key].last) {
				s.fail(l, now)
				return nil
			}
			return s.CountFailure(ctx, l, now)
		}
	}},
	{"Wait and TTL are cut to microseconds", "a lockout rounds Wait and TTL up", func(_ *broken, s *byHand) {
		s.ceil = func(d time.Duration) time.Duration { return d.Truncate(tick) }
	}},
	{"TTL is cut to microseconds", "a lockout rounds Wait and TTL up", func(_ *broken, s *byHand) {
		s.forgetAt = func(c counter, l phoneauth.Lockout, now time.Time) time.Time {
			return later(c.forget, now.Add(l.TTL.Truncate(tick)))
		}
	}},
	{"ClearFailures keeps the count", "ClearFailures forgets the count", func(w *broken, s *byHand) {
		w.clearFailures = func(key string) error {
			c := s.lockouts[key]
			c.until = time.Time{}
			s.lockouts[key] = c
			return nil
		}
	}},
	{"ClearFailures keeps the lock", "ClearFailures forgets the lock", func(w *broken, s *byHand) {
		w.clearFailures = func(key string) error {
			s.lockouts[key] = counter{until: s.lockouts[key].until}
			return nil
		}
	}},
	{"ClearFailures of nothing is an error", "ClearFailures of nothing", func(w *broken, s *byHand) {
		w.clearFailures = func(key string) error {
			if _, ok := s.lockouts[key]; !ok {
				return phoneauth.ErrNotFound
			}
			return s.ClearFailures(ctx, key)
		}
	}},
	{"ClearFailures clears all", "failures of other keys are apart", func(w *broken, s *byHand) {
		w.clearFailures = func(string) error { clear(s.lockouts); return nil }
	}},
}
