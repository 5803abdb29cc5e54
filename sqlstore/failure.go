package sqlstore

import (
	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/meter"
)

// A failure counter has the count in amount, the end of the lock in until, and in at
// when the count is forgotten unless it is locked then.

func (c *counter) failures() meter.Failures {
	return meter.Failures{Until: c.until, Forget: c.at, Count: int32s(int(c.amount))}
}

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
	return cs.get(ofFailures, f.Key).failures().Locked(f, now)
}

// fail counts a failure of f, which is not locked.
func (cs *counters) fail(f *phoneauth.Failures, now int64) {
	if f.Key == "" {
		return
	}
	c := cs.get(ofFailures, f.Key)
	counted := c.failures().Counted(f, now)
	c.until, c.at, c.amount, c.write = counted.Until, counted.Forget, float64(counted.Count), true
}

// clear forgets the failures of f.
func (cs *counters) clear(f *phoneauth.Failures) {
	if f.Key != "" {
		cs.get(ofFailures, f.Key).remove = true
	}
}
