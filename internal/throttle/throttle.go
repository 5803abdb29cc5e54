// Package throttle bounds how often each of many callers may do something in this process. It
// needs the same small memory however many callers there are.
package throttle

import (
	"hash/maphash"
	"sync/atomic"
	"time"
)

// slots is how many callers are told apart. Callers that share a slot share its allowance.
// Which ones share differs from process to process.
const slots = 1 << 14

// Throttle admits burst at once from a caller, and then one every interval. It is safe for
// concurrent use.
type Throttle struct {
	burst int64
	every int64 // in microseconds
	seed  maphash.Seed
	next  [slots]atomic.Int64 // when the allowance is whole again, in microseconds
}

// New returns a Throttle.
func New(burst int, every time.Duration) *Throttle {
	return &Throttle{burst: int64(burst), every: every.Microseconds(), seed: maphash.MakeSeed()}
}

// Admit takes one from the allowance of caller at now. If there is none left, it takes
// nothing and returns how long until there is.
func (t *Throttle) Admit(caller string, now time.Time) (wait time.Duration) {
	slot := &t.next[maphash.String(t.seed, caller)%slots]
	at := now.UnixMicro()
	for {
		next := slot.Load()
		after := max(next, at) + t.every
		if over := after - at - t.burst*t.every; over > 0 {
			return time.Duration(over) * time.Microsecond
		}
		if slot.CompareAndSwap(next, after) {
			return 0
		}
	}
}
