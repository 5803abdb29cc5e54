package storetest

import (
	"crypto/rand"
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// start is when every case begins: years from the clock's time, so that a store that
// reads the clock is found out, and with an odd microsecond, so that one that rounds is.
var start = time.Date(2021, 3, 4, 5, 6, 7, 123_457_000, time.UTC)

// farAway are times that no clock shows.
var farAway = []time.Time{start.AddDate(-40, 0, 0), start.AddDate(100, 0, 0)}

// tick is the smallest time that counts.
const tick = time.Microsecond

// after returns the time d after start.
func after(d time.Duration) time.Time { return start.Add(d) }

// unique tells keys, ids and names of this case from all others.
func unique() string { return rand.Text() }

// assertUTC checks that a store returns times in UTC.
func assertUTC(t testing.TB, times ...time.Time) {
	t.Helper()
	for _, at := range times {
		assert.Equal(t, time.UTC, at.Location(), "Times are UTC: %v", at)
	}
}

// plain returns b, with nil in place of an empty slice.
func plain(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	return b
}

// limitError requires that err is a refusal by the limit of this name, and returns how
// long to wait.
func limitError(t testing.TB, err error, name string) time.Duration {
	t.Helper()
	var refused *phoneauth.LimitError
	require.ErrorAs(t, err, &refused, "expected *LimitError of %q", name)
	require.Equal(t, name, refused.Limit, "the limit that refused")
	require.Positive(t, refused.RetryAfter, "RetryAfter is how long to wait, more than 0")
	return refused.RetryAfter
}

// fade returns what is left of a score of 1 after so many hours.
func fade(hours, eFold float64) float64 { return math.Exp(-hours / eFold) }

// limited reports whether err is a refusal by the limit of this name.
func limited(err error, name string) bool {
	refused, ok := errors.AsType[*phoneauth.LimitError](err)
	return ok && refused.Limit == name
}

// probe begins the message of a check that does not test the rule of its case: it asks
// the store, by other verbs, what the verb under test has done. Where it fails and the
// earlier cases pass, the rule of the case is broken.
const probe = "probe: "

// uuid returns a new random UUID, as the Service makes them for users.
func uuid() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
