package meter

import (
	"math"
	"time"

	"github.com/phoneauth/phoneauth"
)

// Failures is what a store keeps of a [phoneauth.Failures]. Where it has no record, both
// instants are [Never].
type Failures struct {
	Until  int64 // end of the lock
	Forget int64 // when the count is forgotten unless it is locked then
	Count  int32
}

// End is when nothing of it is left.
func (f Failures) End() int64 { return max(f.Until, f.Forget) }

// Locked is the refusal of of, if it refuses.
func (f Failures) Locked(of *phoneauth.Failures, now int64) error {
	if of.Key == "" || now >= f.Until {
		return nil
	}
	return refused(of.Name, Add(f.Until, -now))
}

// Counted is f with a failure of of at now, when it is not locked.
func (f Failures) Counted(of *phoneauth.Failures, now int64) Failures {
	if now >= f.End() {
		f = Failures{Until: Never, Forget: Never}
	}
	if f.Count < math.MaxInt32 {
		f.Count++
	}
	if wait, ok := step(of.Steps, int(f.Count)); ok {
		f.Until = Add(now, Micros(wait))
	}
	f.Forget = max(f.Forget, Add(now, Micros(of.Forget)))
	return f
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
