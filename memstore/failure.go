package memstore

import (
	"context"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/meter"
)

// failure is the counter of a [phoneauth.Failures].
type failure struct{ meter.Failures }

func (f failure) end() int64 { return f.End() }
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
	r, ok := s.failures.get(k)
	if !ok {
		return nil
	}
	return r.Locked(f, now)
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
	if !ok {
		r.Until, r.Forget = meter.Never, meter.Never
	}
	s.failures.put(k, failure{r.Counted(f, now)})
}
