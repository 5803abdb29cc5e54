package sqlstore

import (
	"math"
	"time"

	"github.com/phoneauth/phoneauth"
)

// Instants and spans are int64 microseconds in here and in the tables. Sums and products
// stop at the largest and the smallest of them: a wait of 300,000 years is as good as
// any longer.

// micros is d in whole microseconds, rounded up: a limit may be stricter by that.
func micros(d time.Duration) int64 {
	us := int64(d / time.Microsecond)
	if d%time.Microsecond > 0 {
		us++
	}
	return us
}

// instant is the time of us. That of the zero time is the zero time.
func instant(us int64) time.Time { return time.UnixMicro(us).UTC() }

func add(a, b int64) int64 {
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

// The grains of the column due, in microseconds. See [due].
const (
	minute = int64(time.Minute / time.Microsecond)
	hour   = 60 * minute
	day    = 24 * hour
)

// due is when something ends, in whole grains since 1970, rounded down. The index that
// Purge needs is on it and not on the end itself, so that most changes of a row change
// no index, and equal entries share their place there.
func due(end, grain int64) int32 {
	d := end / grain
	if end%grain < 0 {
		d--
	}
	return int32(max(math.MinInt32, min(d, math.MaxInt32)))
}

// int32s is n as a column of 4 bytes holds it.
func int32s(n int) int32 { return int32(max(math.MinInt32, min(n, math.MaxInt32))) }
