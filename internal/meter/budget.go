package meter

import (
	"math"
	"time"

	"github.com/phoneauth/phoneauth"
)

// Budget is what a store keeps of a [phoneauth.Budget]. Where it has no record, both
// instants are [Never].
type Budget struct {
	Score  float64
	At     int64 // of the last change
	Forget int64
}

// Faded is the score at now, which is 0 for one that is forgotten.
func (b Budget) Faded(of *phoneauth.Budget, now int64) float64 {
	since := Add(now, -b.At)
	switch {
	case b.Score == 0 || now >= b.Forget:
		return 0
	case since <= 0:
		return b.Score
	}
	over := of.Owed
	if b.Score < 0 {
		over = of.Earned
	}
	return b.Score * math.Exp(-float64(since)*float64(time.Microsecond)/float64(over))
}

// Charged is b with the charge of of at now, or its refusal: b is as it was then.
func (b Budget) Charged(of *phoneauth.Budget, now int64) (Budget, error) {
	faded := b.Faded(of, now)
	if exceeds(faded+of.Add, of.Max) {
		return b, refused(of.Name, b.wait(of, faded, now))
	}
	return b.changed(of, faded, of.Add, now), nil
}

// Credited is b with so many times the Add of of, and more.
func (b Budget) Credited(of *phoneauth.Budget, sends int, more float64, now int64) Budget {
	sum := float64(sends)*of.Add + more
	if sum == 0 {
		return b
	}
	return b.changed(of, b.Faded(of, now), sum, now)
}

// changed is the score faded plus by, or what Thin makes of it.
func (b Budget) changed(of *phoneauth.Budget, faded, by float64, now int64) Budget {
	if of.Thin != 0 && faded < of.Thin {
		if by *= of.Weight; of.Weight == 0 {
			return b
		}
	}
	at := max(b.At, now)
	return Budget{Score: faded + by, At: at, Forget: Add(at, life(of))}
}

// life is how long a score is remembered after a change.
func life(of *phoneauth.Budget) int64 { return mul(4, Micros(max(of.Owed, of.Earned))) }

// exceeds is the test of a charge. Round rounds half away from zero.
func exceeds(sum, most float64) bool { return math.Round(sum) > most }

// wait is how long a charge that is refused now will be: at most until the score is
// forgotten, even where Max has no room for Add and no wait would do.
func (b Budget) wait(of *phoneauth.Budget, faded float64, now int64) int64 {
	longest := life(of)
	if b.Forget > now {
		longest = Add(b.Forget, -now)
	}
	longest = max(longest, 1)
	below := math.Floor(of.Max) + 0.5 - of.Add // a score below it is admitted
	if below <= 0 {
		return longest
	}
	owed := float64(of.Owed) / float64(time.Microsecond)
	wait := int64(max(1, min(math.Ceil(owed*math.Log(faded/below)), float64(longest))))
	// The clock may be behind the last change; then fading is still to begin.
	wait = Add(wait, max(0, Add(b.At, -now)))
	if wait < longest && exceeds(b.Faded(of, Add(now, wait))+of.Add, of.Max) {
		wait++
	}
	return min(wait, longest)
}
