// Package meter is the arithmetic of limits, failure counters and budgets, as store.go
// of package phoneauth defines them, for the stores that are written in Go. It keeps
// nothing: what a store has kept goes in, what it is to keep comes out.
//
// Instants and spans are int64 microseconds. Sums and products stop at the largest and
// the smallest of them: a wait of 300,000 years is as good as any longer.
package meter

import (
	"math"
	"time"

	"github.com/phoneauth/phoneauth"
)

// Never is before every instant: what stands for one where a store has no record.
const Never = math.MinInt64

// Micros is d in whole microseconds, rounded up: a limit may be stricter by that.
func Micros(d time.Duration) int64 {
	us := int64(d / time.Microsecond)
	if d%time.Microsecond > 0 {
		us++
	}
	return us
}

// Instant is the time of us. That of the zero time is the zero time.
func Instant(us int64) time.Time { return time.UnixMicro(us).UTC() }

// Add is a + b.
func Add(a, b int64) int64 {
	sum := a + b
	switch {
	case a > 0 && b > 0 && sum < 0:
		return math.MaxInt64
	case a < 0 && b < 0 && sum >= 0:
		return math.MinInt64
	}
	return sum
}

// mul is n times d, which is not negative.
func mul(n int, d int64) int64 {
	if d == 0 {
		return 0
	}
	if product := int64(n) * d; product/d == int64(n) {
		return product
	}
	if n < 0 {
		return -math.MaxInt64
	}
	return math.MaxInt64
}

// refused is the answer of a limit that will admit after wait microseconds.
func refused(name string, wait int64) error {
	wait = min(wait, math.MaxInt64/int64(time.Microsecond))
	return &phoneauth.LimitError{Limit: name, RetryAfter: time.Duration(wait) * time.Microsecond}
}
