package phoneauth

import (
	"math"
	"time"
)

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
	since := addMicros(now, -s.ChangedAt)
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
	return ScoreState{Value: faded + by, ChangedAt: at, ForgetAt: addMicros(at, of.lifetime())}
}

// lifetime returns for how many microseconds a score is remembered after a change.
func (of *Score) lifetime() int64 {
	return mulMicros(4, ceilMicros(max(of.DebtDecay, of.CreditDecay)))
}

// exceeds decides whether a charge is refused. Round rounds half away from zero.
func exceeds(sum, most float64) bool { return math.Round(sum) > most }

// wait returns for how many microseconds a charge that is refused now will be refused.
func (s ScoreState) wait(c *Charge, faded float64, now int64) int64 {
	longest := c.lifetime()
	if s.Value != 0 && s.ForgetAt > now {
		longest = addMicros(s.ForgetAt, -now)
	}
	longest = max(longest, 1)
	below := math.Floor(c.Max) + 0.5 - c.Amount // a score below it is admitted
	if below <= 0 {
		return longest
	}
	decay := float64(c.DebtDecay) / float64(time.Microsecond)
	wait := int64(max(1, min(math.Ceil(decay*math.Log(faded/below)), float64(longest))))
	// The clock may be behind the last change. Fading then begins later.
	wait = addMicros(wait, max(0, addMicros(s.ChangedAt, -now)))
	if wait < longest && exceeds(s.Faded(&c.Score, addMicros(now, wait))+c.Amount, c.Max) {
		wait++
	}
	return min(wait, longest)
}
