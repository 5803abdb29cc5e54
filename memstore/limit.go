package memstore

import (
	"context"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/meter"
)

// limit is the tat of a [phoneauth.Limit], which is also its end: a tat that now has
// reached is as good as none.
type limit int64

func (l limit) end() int64 { return int64(l) }
func (limit) size() int    { return 0 }

// tat is what the takes of one verb make of one limit. It is written when nothing can
// refuse any more, so a refusal has nothing to undo; until then the takes of the verb
// see one another here.
type tat struct {
	key   key
	known bool // there is a record
	at    int64
}

// tats usually fit on the stack of the verb.
type tats [8]tat

func (s *Store) takeKeys(into []key, takes []phoneauth.Take) []key {
	for i := range takes {
		into = append(into, s.key(takes[i].Key))
	}
	return into
}

// TakeLimits implements [phoneauth.ChallengeStore].
func (s *Store) TakeLimits(_ context.Context, takes []phoneauth.Take, now time.Time) error {
	var keyBuf [8]key
	keys := s.takeKeys(keyBuf[:0], takes)
	at := now.UnixMicro()

	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep(at)
	var buf tats
	plan, err := s.admit(buf[:0], takes, keys, at)
	if err != nil {
		return err
	}
	if !s.fits(s.taking(plan, at), s.open) {
		return ErrFull
	}
	s.take(plan, at)
	return nil
}

// admit adds takes to plan, or says which of them is refused.
func (s *Store) admit(plan []tat, takes []phoneauth.Take, keys []key, now int64) ([]tat, error) {
	for i := range takes {
		t := planned(plan, keys[i])
		if t == nil {
			plan = append(plan, s.limit(keys[i]))
			t = &plan[len(plan)-1]
		}
		at, err := meter.Take(&takes[i], t.at, now)
		if err != nil {
			return nil, err
		}
		t.at = at
	}
	return plan, nil
}

func planned(plan []tat, k key) *tat {
	for i := range plan {
		if plan[i].key == k {
			return &plan[i]
		}
	}
	return nil
}

func (s *Store) limit(k key) tat {
	if l, ok := s.limits.get(k); ok {
		return tat{k, true, int64(l)}
	}
	return tat{k, false, meter.Never}
}

// taking is what take will add to the store.
func (s *Store) taking(plan []tat, now int64) (more usage) {
	for i := range plan {
		if plan[i].made(now) {
			more = more.plus(usage{1, s.limits.each()})
		}
	}
	return more
}

// made reports whether take makes a record. An instant that has passed needs none.
func (t *tat) made(now int64) bool { return !t.known && t.at > now }

// take does what admit has planned.
func (s *Store) take(plan []tat, now int64) {
	for i := range plan {
		if t := &plan[i]; t.known || t.made(now) {
			s.limits.put(t.key, limit(t.at))
		}
	}
}

// giveBack does takes that nothing refuses: their costs are negative.
func (s *Store) giveBack(takes []phoneauth.Take, keys []key, now int64) {
	var buf tats
	if plan, err := s.admit(buf[:0], takes, keys, now); err == nil {
		s.take(plan, now)
	}
}

// resendAt is when takes, asked again after plan, would all be admitted.
func resendAt(plan []tat, takes []phoneauth.Take, keys []key, now int64) int64 {
	return meter.ResendAt(takes, now, func(i int) int64 { return planned(plan, keys[i]).at })
}
