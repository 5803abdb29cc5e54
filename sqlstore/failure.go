package sqlstore

import (
	"math"
	"time"

	"github.com/phoneauth/phoneauth"
)

// A failure counter has the count in amount, the end of the lock in until, and in at
// when the count is forgotten unless it is locked then.

func (cs *counters) nameFailures(f *phoneauth.Failures) {
	if f.Key != "" {
		cs.name(ofFailures, f.Key)
	}
}

// locked is the refusal of f, if it refuses.
func (cs *counters) locked(f *phoneauth.Failures, now int64) error {
	if f.Key == "" {
		return nil
	}
	if c := cs.get(ofFailures, f.Key); now < c.until {
		return refused(f.Name, add(c.until, -now))
	}
	return nil
}

// fail counts a failure of f, which is not locked.
func (cs *counters) fail(f *phoneauth.Failures, now int64) {
	if f.Key == "" {
		return
	}
	c := cs.get(ofFailures, f.Key)
	if now >= max(c.at, c.until) {
		c.forget()
	}
	c.write = true
	if c.amount < math.MaxInt32 {
		c.amount++
	}
	if wait, ok := step(f.Steps, int(c.amount)); ok {
		c.until = add(now, micros(wait))
	}
	c.at = max(c.at, add(now, micros(f.Forget)))
}

// clear forgets the failures of f.
func (cs *counters) clear(f *phoneauth.Failures) {
	if f.Key != "" {
		cs.get(ofFailures, f.Key).remove = true
	}
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
