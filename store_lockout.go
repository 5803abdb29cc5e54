package phoneauth

import (
	"math"
	"time"
)

// Lockout counts failures in a row, and locks.
//
// When the count reaches Steps[i].Failures, the key is locked for Steps[i].Wait from
// then; beyond the last step each further failure locks for the last Wait. It is locked
// while now is before the lock's end. The count is forgotten once neither a failure came
// for TTL nor the lock holds. Where time goes back, neither end moves back.
type Lockout struct {
	// Name says which rule this is; it is LimitError.Limit while the key is locked.
	Name string
	Key  string
	// Steps ascend by Failures, the first at least 1.
	Steps []LockoutStep
	// TTL is how long the count is remembered after the last failure.
	TTL time.Duration
}

// LockoutStep locks a Lockout for Wait when its count reaches Failures.
type LockoutStep struct {
	Failures int
	Wait     time.Duration
}

// LockoutState is what a store keeps of a [Lockout]. Instants are microseconds since 1970
// in UTC. The zero state is that of a key without failures.
type LockoutState struct {
	Failures int
	// LockedUntil is the end of the lock, 0 before the first.
	LockedUntil int64
	// ForgetAt is when the count is forgotten, unless it is locked then.
	ForgetAt int64
}

// End is when nothing of s is left: a store may drop it then.
func (s LockoutState) End() int64 { return max(s.LockedUntil, s.ForgetAt) }

// Refusal is the *LimitError of l at now while it is locked, else nil. It is nil for a
// Lockout without a Key.
func (s LockoutState) Refusal(l *Lockout, now int64) error {
	if l.Key == "" || s.Failures == 0 || now >= s.LockedUntil {
		return nil
	}
	return refusal(l.Name, addMicros(s.LockedUntil, -now))
}

// Failed is s after one more failure at now, when it is not locked.
func (s LockoutState) Failed(l *Lockout, now int64) LockoutState {
	if s.Failures == 0 || now >= s.End() {
		s = LockoutState{LockedUntil: 0, ForgetAt: math.MinInt64}
	}
	if s.Failures < math.MaxInt32 {
		s.Failures++
	}
	if wait, ok := l.wait(s.Failures); ok {
		s.LockedUntil = addMicros(now, ceilMicros(wait))
	}
	s.ForgetAt = max(s.ForgetAt, addMicros(now, ceilMicros(l.TTL)))
	return s
}

// wait is the lock that the failure with this count sets, if it sets one.
func (l *Lockout) wait(count int) (time.Duration, bool) {
	for i, step := range l.Steps {
		if count == step.Failures || count > step.Failures && i == len(l.Steps)-1 {
			return step.Wait, true
		}
	}
	return 0, false
}
