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
// for TTL nor the lock holds. Where time goes back, neither end moves back. A Lockout with
// an empty Key counts nothing and never locks.
type Lockout struct {
	// Name says which rule this is; it is LimitError.Limit while the key is locked.
	Name string
	// Key is the key of the count.
	Key string
	// Steps ascend by Failures. The first is at least 1.
	Steps []LockoutStep
	// TTL is how long the count is remembered after the last failure.
	TTL time.Duration
}

// LockoutStep locks a Lockout for Wait when its count reaches Failures.
type LockoutStep struct {
	// Failures is the count that locks, at least 1.
	Failures int
	// Wait is how long the lock lasts, at least 1 s. See [UntilUnlock].
	Wait time.Duration
}

// LockoutState is what a store keeps of a [Lockout]. Instants are microseconds since 1970
// in UTC. The zero state is that of a key without failures.
type LockoutState struct {
	// Failures is the count of failures in a row.
	Failures int
	// LockedUntil is the end of the lock. It is 0 before the first lock.
	LockedUntil int64
	// ForgetAt is when the count is forgotten, unless it is locked then.
	ForgetAt int64
}

// End returns when s is forgotten. A store may remove it from then on.
func (s LockoutState) End() int64 { return max(s.LockedUntil, s.ForgetAt) }

// Refusal returns the *LimitError of l if it is locked at now, else nil. It is nil for a
// Lockout with an empty Key.
func (s LockoutState) Refusal(l *Lockout, now int64) error {
	if l.Key == "" || s.Failures == 0 || now >= s.LockedUntil {
		return nil
	}
	return refusal(l.Name, addMicros(s.LockedUntil, -now))
}

// Failed returns s after one more failure at now. Call it only when s is not locked.
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

// wait returns how long the failure with this count locks. It returns false if the failure
// does not lock.
func (l *Lockout) wait(count int) (time.Duration, bool) {
	for i, step := range l.Steps {
		if count == step.Failures || count > step.Failures && i == len(l.Steps)-1 {
			return step.Wait, true
		}
	}
	return 0, false
}
