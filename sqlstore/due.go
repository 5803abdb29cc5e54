package sqlstore

import (
	"math"
	"time"
)

// The grains of the column due, in microseconds. See [due].
const (
	minute = int64(time.Minute / time.Microsecond)
	hour   = 60 * minute
	day    = 24 * hour
)

// due returns when something ends, in whole grains since 1970, rounded down. The index that
// Purge needs is on it and not on the end itself, so that most changes of a row change
// no index, and equal entries share their place there.
func due(end, grain int64) int32 {
	d := end / grain
	if end%grain < 0 {
		d--
	}
	return int32(max(math.MinInt32, min(d, math.MaxInt32)))
}

// int32s returns n as a column of 4 bytes can hold it.
func int32s(n int) int32 { return int32(max(math.MinInt32, min(n, math.MaxInt32))) }

// instant returns the time of us microseconds since 1970, in UTC. The microseconds of the zero
// time give the zero time.
func instant(us int64) time.Time { return time.UnixMicro(us).UTC() }
