// Package micros computes with microseconds in an int64. Sums and products stop at the ends of
// the range.
package micros

import (
	"math"
	"time"
)

// Ceil returns d in whole microseconds, rounded up.
func Ceil(d time.Duration) int64 {
	us := int64(d / time.Microsecond)
	if d%time.Microsecond > 0 {
		us++
	}
	return us
}

// Add returns a + b, but no more than the largest and no less than the smallest int64.
// These are 300,000 years away, so no answer depends on them.
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

// Mul returns n times d, but no more than the largest int64. Neither is negative.
func Mul(n int, d int64) int64 {
	if d == 0 || int64(n) <= math.MaxInt64/d {
		return int64(n) * d
	}
	return math.MaxInt64
}
