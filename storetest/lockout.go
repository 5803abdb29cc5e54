package storetest

import (
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// steps locks for a minute at 2 failures, and for an hour from 4 on.
func (c *challenges) steps(name string) phoneauth.Failures {
	f := c.failures(name)
	f.Steps = []phoneauth.Step{{At: 2, Wait: time.Minute}, {At: 4, Wait: time.Hour}}
	return f
}

// fail counts n failures, all of which must be counted.
func (c *challenges) fail(f phoneauth.Failures, n int, now time.Time) {
	c.Helper()
	for range n {
		require.NoError(c, c.count(f, now), "CountFailure")
	}
}

// locked checks that f is locked at now and for how long.
func (c *challenges) locked(f phoneauth.Failures, wait time.Duration, now time.Time, message string) {
	c.Helper()
	b := phoneauth.Begin{Challenge: c.passing(now), Failures: f, Now: now}
	if wait == 0 {
		require.NoError(c, c.tryBegin(b), message)
		return
	}
	assert.Equal(c, wait, limitError(c, c.tryBegin(b), f.Name), message)
}

var failureCases = []testCase[*challenges]{
	{"CountFailure counts one", "CountFailure counts one failure of f", func(c *challenges) {
		f := c.failures("phone")
		c.fail(f, 3, start)
		c.counted(f, 3, start, "after 3 of CountFailure")
	}},
	{"CountFailure locks at a step", "locks f.Key when the count reaches a step", func(c *challenges) {
		f := c.steps("phone")
		c.fail(f, 1, start)
		c.locked(f, 0, start, "1 failure")
		c.fail(f, 1, start)
		c.locked(f, time.Minute, start, "2 failures")
	}},
	{"CountFailure while locked", "it is locked at now, nothing was counted", func(c *challenges) {
		f := c.steps("phone")
		c.fail(f, 2, start)
		for _, at := range []time.Duration{0, time.Second, time.Minute - tick} {
			assert.Equal(c, time.Minute-at, limitError(c, c.count(f, after(at)), f.Name))
		}
		c.fail(f, 1, after(time.Minute))
		c.locked(f, 0, after(time.Minute), "3 failures: what came while it was locked is not counted")
	}},
	{"a lock ends", "It is locked while now is before the lock's end", func(c *challenges) {
		f := c.steps("phone")
		c.fail(f, 2, after(time.Second))
		c.locked(f, tick, after(61*time.Second-tick), "a microsecond before the end")
		c.locked(f, 0, after(61*time.Second), "at the end")
	}},
	{"a failure that locks nothing locks no clock behind", "It is locked while now is before the lock's end", func(c *challenges) {
		f := c.steps("phone")
		c.fail(f, 1, after(time.Second))
		c.locked(f, 0, start, "before the failure, which reached no step")
		c.fail(f, 1, start)
		c.locked(f, time.Minute, start, "2 failures")
	}},
	{"a lock may have no end in sight", "It is locked while now is before the lock's end", func(c *challenges) {
		f := c.steps("phone")
		f.Steps[0].Wait = phoneauth.UntilUnlock
		c.fail(f, 2, start)
		const years = 50 * 365 * 24 * time.Hour
		c.locked(f, phoneauth.UntilUnlock-years, after(years), "fifty years later")
		require.NoError(c, c.store.ClearFailures(c.Context(), f.Key))
		c.locked(f, 0, after(years), "cleared")
	}},
	{"a lock runs from the failure that reached the step", "the key is locked for Steps[i].Wait from then", func(c *challenges) {
		f := c.steps("phone")
		c.fail(f, 1, start)
		c.fail(f, 1, after(time.Hour))
		c.locked(f, time.Minute, after(time.Hour), "from the second failure on")
	}},
	{"between steps nothing locks", "When the count reaches Steps[i].At, the key is locked for Steps[i].Wait", func(c *challenges) {
		f := c.steps("phone")
		c.fail(f, 2, start)
		c.fail(f, 1, after(time.Minute))
		c.locked(f, 0, after(time.Minute), "3 failures")
		c.fail(f, 1, after(time.Minute))
		c.locked(f, time.Hour, after(time.Minute), "4 failures")
	}},
	{"beyond the last step each failure locks", "beyond the last step each further failure locks for the last Wait", func(c *challenges) {
		f := c.steps("phone")
		c.fail(f, 2, start)
		now := after(time.Minute)
		c.fail(f, 1, now)
		for range 4 {
			c.fail(f, 1, now)
			c.locked(f, time.Hour, now, "4 failures and more")
			now = now.Add(time.Hour)
			c.locked(f, 0, now, "an hour later")
		}
	}},
	{"a mismatch beyond the last step locks", "beyond the last step each further failure locks for the last Wait", func(c *challenges) {
		f, ch := c.steps("phone"), c.challenge("login")
		f.Steps = f.Steps[:1]
		ch.TriesLeft = 30
		c.open(ch)
		a := wrong(ch, start)
		a.Failures = f
		c.miss(a)
		for range 3 {
			c.miss(a)
			_, err := c.attempt(a)
			assert.Equal(c, time.Minute, limitError(c, err, f.Name))
			a.Now = a.Now.Add(time.Minute)
		}
	}},
	{"failures are forgotten", "The count is forgotten once neither a failure came for Forget nor the lock holds", func(c *challenges) {
		f := c.failures("phone")
		c.fail(f, 5, start)
		c.fail(f, 1, after(f.Forget-tick))
		c.counted(f, 6, after(2*f.Forget-2*tick), "each failure starts Forget anew")

		f = c.failures("phone 2")
		c.fail(f, 5, start)
		c.counted(f, 0, after(f.Forget), "at Forget after the last")
	}},
	{"failures are kept while locked", "nor the lock holds", func(c *challenges) {
		f := c.steps("phone")
		f.Steps[1].Wait = 48 * time.Hour
		c.fail(f, 2, start)
		c.fail(f, 2, after(time.Minute))
		end := after(time.Minute + 48*time.Hour)
		c.locked(f, tick, end.Add(-tick), "locked for longer than Forget")
		c.fail(f, 1, end)
		c.locked(f, 0, end, "forgotten when the lock ends: this is the first")
		c.fail(f, 1, end)
		c.locked(f, time.Minute, end, "and this the second")
	}},
	{"failures after a lock go on", "Failures is a counter of failures in a row", func(c *challenges) {
		f := c.steps("phone")
		c.fail(f, 2, start)
		c.fail(f, 1, after(time.Hour))
		c.fail(f, 1, after(2*time.Hour))
		c.locked(f, time.Hour, after(2*time.Hour), "the fourth, though the lock is long over")
	}},
	{"ClearFailures forgets the count", "ClearFailures forgets the count", func(c *challenges) {
		f := c.failures("phone")
		c.fail(f, 9, start)
		require.NoError(c, c.store.ClearFailures(c.Context(), f.Key))
		c.counted(f, 0, start, "after ClearFailures")
	}},
	{"ClearFailures forgets the lock", "ClearFailures forgets the count and the lock of key", func(c *challenges) {
		f := c.failures("phone")
		c.lock(f, start)
		require.NoError(c, c.store.ClearFailures(c.Context(), f.Key))
		c.locked(f, 0, start, "after ClearFailures")
		c.counted(f, 0, start, "after ClearFailures")
	}},
	{"ClearFailures of nothing", "A key without either is no error", func(c *challenges) {
		require.NoError(c, c.store.ClearFailures(c.Context(), c.key("unknown")))
	}},
	{"failures of other keys are apart", "locks f.Key", func(c *challenges) {
		one, two := c.failures("phone"), c.failures("phone2")
		c.fail(one, 3, start)
		c.lock(two, start)
		require.NoError(c, c.store.ClearFailures(c.Context(), two.Key))
		c.counted(one, 3, start, "whatever becomes of the other")
	}},
}
