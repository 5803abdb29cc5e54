package memstore

import (
	"context"
	"math"
	"time"

	"github.com/phoneauth/phoneauth"
)

// failure is the counter of a [phoneauth.Failures].
type failure struct {
	until  int64 // end of the lock
	forget int64 // when the count is forgotten unless it is locked then
	count  int32
}

func (f failure) end() int64 { return max(f.until, f.forget) }
func (failure) size() int    { return 0 }

// CountFailure implements [phoneauth.ChallengeStore].
func (s *Store) CountFailure(_ context.Context, f phoneauth.Failures, now time.Time) error {
	k, at := s.key(f.Key), now.UnixMicro()

	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep(at)
	if err := s.locked(&f, k, at); err != nil {
		return err
	}
	if !s.fits(s.counting(&f, k), s.open) {
		return ErrFull
	}
	s.count(&f, k, at)
	return nil
}

// ClearFailures implements [phoneauth.ChallengeStore].
func (s *Store) ClearFailures(_ context.Context, name string) error {
	k := s.key(name)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failures.drop(k)
	return nil
}

// locked is the refusal of f, if it refuses.
func (s *Store) locked(f *phoneauth.Failures, k key, now int64) error {
	if r, ok := s.failures.get(k); ok && f.Key != "" && now < r.until {
		return refused(f.Name, add(r.until, -now))
	}
	return nil
}

// counting is what count will add to the store.
func (s *Store) counting(f *phoneauth.Failures, k key) usage {
	if _, ok := s.failures.get(k); ok || f.Key == "" {
		return usage{}
	}
	return usage{1, s.failures.each()}
}

// count counts a failure of f, which is not locked.
func (s *Store) count(f *phoneauth.Failures, k key, now int64) {
	if f.Key == "" {
		return
	}
	r, ok := s.failures.get(k)
	if !ok || now >= r.end() {
		r = failure{until: math.MinInt64, forget: math.MinInt64}
	}
	if r.count < math.MaxInt32 {
		r.count++
	}
	if wait, ok := step(f.Steps, int(r.count)); ok {
		r.until = add(now, micros(wait))
	}
	r.forget = max(r.forget, add(now, micros(f.Forget)))
	s.failures.put(k, r)
}

// step is the lock that the failure with this count sets, if it sets one.
func step(steps []phoneauth.Step, count int) (wait time.Duration, ok bool) {
	for i, step := range steps {
		if count == step.At || count > step.At && i == len(steps)-1 {
			return step.Wait, true
		}
	}
	return 0, false
}
