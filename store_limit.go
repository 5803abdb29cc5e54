package phoneauth

import (
	"math"
	"time"
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
	next := addMicros(max(tat, now), t.span())
	wait := addMicros(addMicros(next, -now), -mulMicros(t.Burst, ceilMicros(t.Every)))
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
	return addMicros(tat, -t.span())
}

// span returns by how many microseconds t moves a tat.
func (t *Take) span() int64 { return mulMicros(max(t.Cost, 1), ceilMicros(t.Every)) }

// ResendAt returns the earliest instant at which takes would all be admitted again if nobody
// else took. takes were just taken at now, and tats has the tat of each after that. Instants
// are microseconds since 1970 in UTC.
//
// Let c be the cost of a take, and a the cost of the takes before it in the list with the
// same key, both in microseconds. The take is admitted at x when
// max(tat, x) + a + c − x ≤ Burst·Every. That is true when tat ≤ x, because it was true the
// first time. Otherwise it is true from x = tat + a + c − Burst·Every on.
func ResendAt(takes []Take, tats []int64, now int64) int64 {
	at := now
	for i := range takes {
		t := &takes[i]
		asked := t.span()
		for j := range takes[:i] {
			if takes[j].Key == t.Key {
				asked = addMicros(asked, takes[j].span())
			}
		}
		at = max(at, addMicros(addMicros(tats[i], asked), -mulMicros(t.Burst, ceilMicros(t.Every))))
	}
	return at
}

// ceilMicros returns d in whole microseconds, rounded up.
func ceilMicros(d time.Duration) int64 {
	us := int64(d / time.Microsecond)
	if d%time.Microsecond > 0 {
		us++
	}
	return us
}

// addMicros returns a + b, but no more than the largest and no less than the smallest int64.
// These are 300,000 years away, so no answer depends on them.
func addMicros(a, b int64) int64 {
	sum := a + b
	switch {
	case a > 0 && b > 0 && sum < 0:
		return math.MaxInt64
	case a < 0 && b < 0 && sum >= 0:
		return math.MinInt64
	}
	return sum
}

// mulMicros returns n times d, but no more than the largest int64. Neither is negative.
func mulMicros(n int, d int64) int64 {
	if d == 0 || int64(n) <= math.MaxInt64/d {
		return int64(n) * d
	}
	return math.MaxInt64
}

// refusal returns the *LimitError of the rule name, with a wait in microseconds.
func refusal(name string, wait int64) error {
	wait = min(wait, math.MaxInt64/int64(time.Microsecond))
	return &LimitError{Limit: name, RetryAfter: time.Duration(wait) * time.Microsecond}
}
