package phoneauth

import (
	"math"
	"time"

	"github.com/phoneauth/phoneauth/internal/micros"
)

// Limit admits Burst at once, then one each Every: the generic cell rate algorithm
// (GCRA).
//
// It keeps one instant for each key, tat (the "theoretical arrival time"), which is the zero
// time at first. With t the later of tat and now, a cost of c is admitted when
// t + c·Every − now ≤ Burst·Every, and then tat becomes t + c·Every. A refusal's
// RetryAfter is t + c·Every − now − Burst·Every: how long until it would be admitted, if
// c is at most Burst; a cost beyond Burst is never admitted. A store may forget tat once
// now has reached it, because no later answer depends on it. The Service never hands the
// zero Limit to a store.
type Limit struct {
	// Burst is how many are admitted at once, at least 1.
	Burst int
	// Every is after how long one more is admitted, at least 1 µs. It is rounded up to
	// whole microseconds.
	Every time.Duration
}

// Take is one use of a Limit.
type Take struct {
	// Name says which rule this is; it is LimitError.Limit when the take is refused.
	Name string
	// Key is where tat is kept. One key may be used under several Bursts of the same Every.
	Key string
	Limit
	// Cost is how many are taken, asked for or given back: at least 1.
	Cost int
}

// NoTAT is the tat of a key that has none. It is before every instant.
const NoTAT = math.MinInt64

// Taken returns the tat after t was taken at now, both in microseconds since 1970 in UTC.
// *LimitError: t is refused. To ask without taking, ignore the tat that it returns.
func (t *Take) Taken(tat, now int64) (int64, error) {
	next := micros.Add(max(tat, now), t.span())
	wait := micros.Add(micros.Add(next, -now), -micros.Mul(t.Burst, micros.Ceil(t.Every)))
	if wait > 0 {
		return tat, refusal(t.Name, wait)
	}
	return next, nil
}

// GivenBack returns the tat after t was given back. It may be in the past, which counts as no
// tat. A key without a tat keeps none.
func (t *Take) GivenBack(tat int64) int64 {
	if tat == NoTAT {
		return tat
	}
	return micros.Add(tat, -t.span())
}

// span returns by how many microseconds t moves a tat.
func (t *Take) span() int64 { return micros.Mul(max(t.Cost, 1), micros.Ceil(t.Every)) }

// ResendAt returns the earliest instant at which takes would all be admitted again if nobody
// else took. takes were just taken at now, and tats has the tat of each after that. Takes that
// another answer to a human check lifts do not count. Instants are microseconds since 1970 in
// UTC.
//
// Let c be the cost of a take, and a the cost of the takes before it in the list with the
// same key, both in microseconds. The take is admitted at x when
// max(tat, x) + a + c − x ≤ Burst·Every. That is true when tat ≤ x, because it was true the
// first time. Otherwise it is true from x = tat + a + c − Burst·Every on.
func ResendAt(takes []Take, tats []int64, now int64) int64 {
	at := now
	for i := range takes {
		t := &takes[i]
		if liftable(t.Name) {
			continue
		}
		asked := t.span()
		for j := range takes[:i] {
			if takes[j].Key == t.Key {
				asked = micros.Add(asked, takes[j].span())
			}
		}
		at = max(at, micros.Add(micros.Add(tats[i], asked), -micros.Mul(t.Burst, micros.Ceil(t.Every))))
	}
	return at
}

// refusal returns the *LimitError of the rule name, with a wait in microseconds.
func refusal(name string, wait int64) error {
	wait = min(wait, math.MaxInt64/int64(time.Microsecond))
	return &LimitError{Limit: name, RetryAfter: time.Duration(wait) * time.Microsecond}
}

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
	return refusal(l.Name, micros.Add(s.LockedUntil, -now))
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
		s.LockedUntil = micros.Add(now, micros.Ceil(wait))
	}
	s.ForgetAt = max(s.ForgetAt, micros.Add(now, micros.Ceil(l.TTL)))
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

// Score is a decaying sum that limits codes which nobody verifies (SMS pumping). Charges
// raise it. Credits lower it, also below zero.
//
// A positive score fades with the e-fold time DebtDecay, a negative one with the e-fold
// time CreditDecay: after d it is score·e^(−d/DebtDecay) or score·e^(−d/CreditDecay).
// A charge is refused when the faded score plus its Amount, rounded half away from zero,
// exceeds Max. Else the sum becomes the score. A time before the last change does not fade
// the score, and the later of the two is then the last change. A store may forget a score
// four times the longer of both e-fold times after its last change; it counts as 0 from
// that instant on, also while the store still has it. A score of 0 is as good as none.
//
// A refusal's RetryAfter is how long until the charge would be admitted, but no longer
// than until the score is forgotten. Where Max is too small for Amount even at a score of
// 0, it is how long until the score is forgotten, or would be had it changed now.
type Score struct {
	// Name says which rule this is; it is LimitError.Limit when a charge is refused.
	Name string
	// Key is the key of the score.
	Key string
	// Max is the score not to be exceeded by a charge; +Inf refuses nothing.
	Max float64
	// DebtDecay and CreditDecay are e-fold times, more than 0.
	DebtDecay, CreditDecay time.Duration
	// SampleBelow and SampleWeight reduce the writes to a key that many operations use:
	// while its faded score is below SampleBelow, each change is multiplied by
	// SampleWeight, and with SampleWeight 0 nothing is written. Whether a charge is refused
	// depends on Amount alone. SampleBelow 0 turns sampling off.
	SampleBelow, SampleWeight float64
}

// Charge is a change of a Score.
type Charge struct {
	Score
	// Amount is what a charge adds or a credit subtracts. It is more than 0.
	Amount float64
}

// ScoreState is what a store keeps of a [Score]. Instants are microseconds since 1970 in
// UTC. The zero state is that of a key without a score.
type ScoreState struct {
	// Value is the score at ChangedAt.
	Value float64
	// ChangedAt is the time of the last change. ForgetAt is when the score is forgotten.
	ChangedAt, ForgetAt int64
}

// Faded returns the score at now.
func (s ScoreState) Faded(of *Score, now int64) float64 {
	since := micros.Add(now, -s.ChangedAt)
	switch {
	case s.Value == 0 || now >= s.ForgetAt:
		return 0
	case since <= 0:
		return s.Value
	}
	over := of.DebtDecay
	if s.Value < 0 {
		over = of.CreditDecay
	}
	return s.Value * math.Exp(-float64(since)*float64(time.Microsecond)/float64(over))
}

// Charged returns s after the charge c at now. *LimitError: c is refused, and s is returned
// unchanged.
func (s ScoreState) Charged(c *Charge, now int64) (ScoreState, error) {
	faded := s.Faded(&c.Score, now)
	if exceeds(faded+c.Amount, c.Max) {
		return s, refusal(c.Name, s.wait(c, faded, now))
	}
	return s.changed(&c.Score, faded, c.Amount, now), nil
}

// Credited returns s after by was subtracted at now. A by of 0 changes nothing.
func (s ScoreState) Credited(of *Score, by float64, now int64) ScoreState {
	if by == 0 {
		return s
	}
	return s.changed(of, s.Faded(of, now), -by, now)
}

// Sampled reports whether changes of this score are not written while it is below
// SampleBelow. A store may then read its row without a lock.
func (of *Score) Sampled() bool { return of.SampleBelow != 0 && of.SampleWeight == 0 }

// changed returns s after a change by by, or by what sampling makes of by.
func (s ScoreState) changed(of *Score, faded, by float64, now int64) ScoreState {
	if of.SampleBelow != 0 && faded < of.SampleBelow {
		if by *= of.SampleWeight; of.SampleWeight == 0 {
			return s
		}
	}
	at := now
	if s.Value != 0 {
		at = max(s.ChangedAt, now)
	}
	return ScoreState{Value: faded + by, ChangedAt: at, ForgetAt: micros.Add(at, of.lifetime())}
}

// lifetime returns for how many microseconds a score is remembered after a change.
func (of *Score) lifetime() int64 {
	return micros.Mul(4, micros.Ceil(max(of.DebtDecay, of.CreditDecay)))
}

// exceeds decides whether a charge is refused. Round rounds half away from zero.
func exceeds(sum, most float64) bool { return math.Round(sum) > most }

// wait returns for how many microseconds a charge that is refused now will be refused.
func (s ScoreState) wait(c *Charge, faded float64, now int64) int64 {
	longest := c.lifetime()
	if s.Value != 0 && s.ForgetAt > now {
		longest = micros.Add(s.ForgetAt, -now)
	}
	longest = max(longest, 1)
	below := math.Floor(c.Max) + 0.5 - c.Amount // a score below it is admitted
	if below <= 0 {
		return longest
	}
	decay := float64(c.DebtDecay) / float64(time.Microsecond)
	wait := int64(max(1, min(math.Ceil(decay*math.Log(faded/below)), float64(longest))))
	// The clock may be behind the last change. Fading then begins later.
	wait = micros.Add(wait, max(0, micros.Add(s.ChangedAt, -now)))
	if wait < longest && exceeds(s.Faded(&c.Score, micros.Add(now, wait))+c.Amount, c.Max) {
		wait++
	}
	return min(wait, longest)
}
