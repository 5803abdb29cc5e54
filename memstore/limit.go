package memstore

import (
	"context"
	"math"
	"time"

	"github.com/phoneauth/phoneauth"
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
	again int64 // what the takes add to at when they are asked again; see resendAt
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
		var t *tat
		plan, t = s.planned(plan, keys[i])
		every, cost := micros(takes[i].Every), takes[i].Cost
		if cost < 0 {
			t.at = add(t.at, mul(cost, every))
			continue
		}
		next := add(max(t.at, now), mul(max(cost, 1), every))
		if wait := add(add(next, -now), -mul(takes[i].Burst, every)); wait > 0 {
			return nil, refused(takes[i].Name, wait)
		}
		if cost > 0 {
			t.at = next
		}
	}
	return plan, nil
}

func (s *Store) planned(plan []tat, k key) ([]tat, *tat) {
	for i := range plan {
		if plan[i].key == k {
			return plan, &plan[i]
		}
	}
	t := tat{key: k, at: math.MinInt64}
	if l, ok := s.limits.get(k); ok {
		t.known, t.at = true, int64(l)
	}
	plan = append(plan, t)
	return plan, &plan[len(plan)-1]
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

// resendAt is when takes, asked again after plan, would all be admitted. A take of
// cost c is, when those before it on its key have cost a, at x with
// max(tat, x) + (a+c)·Every − x ≤ Burst·Every. Where tat ≤ x that is so, since it was
// so the first time; else it is so from x = tat + (a+c−Burst)·Every on.
func resendAt(plan []tat, takes []phoneauth.Take, keys []key, now int64) int64 {
	at := now
	for i := range takes {
		t := &plan[0]
		for j := range plan {
			if plan[j].key == keys[i] {
				t = &plan[j]
			}
		}
		every, cost := micros(takes[i].Every), takes[i].Cost
		if cost >= 0 {
			asked := add(t.again, mul(max(cost, 1), every))
			at = max(at, add(add(t.at, asked), -mul(takes[i].Burst, every)))
		}
		t.again = add(t.again, mul(cost, every))
	}
	return at
}
