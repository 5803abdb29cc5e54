package storetest

import (
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// steps locks for a minute at 2 failures, and for an hour from 4 on.
func (c *challenges) steps(name string) phoneauth.Lockout {
	l := c.lockout(name)
	l.Steps = []phoneauth.LockoutStep{{Failures: 2, Wait: time.Minute}, {Failures: 4, Wait: time.Hour}}
	return l
}

var lockoutCases = []testCase[*challenges]{
	{"CountFailure counts one", "CountFailure counts one failure of l", func(c *challenges) {
		l := c.lockout("phone")
		c.fail(l, 3, start)
		c.counted(l, 3, start, "after 3 of CountFailure")
	}},
	{"CountFailure locks at a step", "locks l.Key when the count reaches a step", func(c *challenges) {
		l := c.steps("phone")
		c.fail(l, 1, start)
		c.locked(l, 0, start, "1 failure")
		c.fail(l, 1, start)
		c.locked(l, time.Minute, start, "2 failures")
	}},
	{"CountFailure while locked", "it is locked at now, nothing was counted", func(c *challenges) {
		l := c.steps("phone")
		c.fail(l, 2, start)
		for _, at := range []time.Duration{0, time.Second, time.Minute - tick} {
			assert.Equal(c, time.Minute-at, limitError(c, c.count(l, after(at)), l.Name))
		}
		c.fail(l, 1, after(time.Minute))
		c.locked(l, 0, after(time.Minute), "3 failures: what came while it was locked is not counted")
	}},
	{"CountFailure without a key", "with an empty Key it does nothing", func(c *challenges) {
		l := c.steps("phone")
		l.Key = ""
		for range 5 {
			require.NoError(c, c.count(l, start))
		}
	}},
	{"a lockout names its rule", "it is LimitError.Limit while the key is locked", func(c *challenges) {
		l := c.steps("phone")
		c.fail(l, 2, start)
		for _, l.Name = range []string{"one", "another"} {
			limitError(c, c.count(l, start), l.Name)
		}
	}},
	{"a lock ends", "It is locked while now is before the lock's end", func(c *challenges) {
		l := c.steps("phone")
		c.fail(l, 2, after(time.Second))
		c.locked(l, tick, after(61*time.Second-tick), "a microsecond before the end")
		c.locked(l, 0, after(61*time.Second), "at the end")
	}},
	{"a failure that locks nothing locks no clock behind", "It is locked while now is before the lock's end", func(c *challenges) {
		l := c.steps("phone")
		c.fail(l, 1, after(time.Second))
		c.locked(l, 0, start, "before the failure, which reached no step")
		c.fail(l, 1, start)
		c.locked(l, time.Minute, start, "2 failures")
	}},
	{"a lock may have no end in sight", "It is locked while now is before the lock's end", func(c *challenges) {
		l := c.steps("phone")
		l.Steps[0].Wait = phoneauth.UntilUnlock
		c.fail(l, 2, start)
		const years = 50 * 365 * 24 * time.Hour
		c.locked(l, phoneauth.UntilUnlock-years, after(years), "fifty years later")
		require.NoError(c, c.store.ClearFailures(c.Context(), l.Key))
		c.locked(l, 0, after(years), "cleared")
	}},
	{"a lock runs from the failure that reached the step", "the key is locked for Steps[i].Wait from then", func(c *challenges) {
		l := c.steps("phone")
		c.fail(l, 1, start)
		c.fail(l, 1, after(time.Hour))
		c.locked(l, time.Minute, after(time.Hour), "from the second failure on")
	}},
	{"between steps nothing locks", "When the count reaches Steps[i].Failures, the key is locked for Steps[i].Wait", func(c *challenges) {
		l := c.steps("phone")
		c.fail(l, 2, start)
		c.fail(l, 1, after(time.Minute))
		c.locked(l, 0, after(time.Minute), "3 failures")
		c.fail(l, 1, after(time.Minute))
		c.locked(l, time.Hour, after(time.Minute), "4 failures")
	}},
	{"beyond the last step each failure locks", "beyond the last step each further failure locks for the last Wait", func(c *challenges) {
		l := c.steps("phone")
		c.fail(l, 2, start)
		now := after(time.Minute)
		c.fail(l, 1, now)
		for range 4 {
			c.fail(l, 1, now)
			c.locked(l, time.Hour, now, "4 failures and more")
			now = now.Add(time.Hour)
			c.locked(l, 0, now, "an hour later")
		}
	}},
	{"failures are forgotten", "The count is forgotten once neither a failure came for TTL nor the lock holds", func(c *challenges) {
		l := c.lockout("phone")
		c.fail(l, 5, start)
		c.fail(l, 1, after(l.TTL-tick))
		c.counted(l, 6, after(2*l.TTL-2*tick), "each failure starts TTL anew")

		l = c.lockout("phone 2")
		c.fail(l, 5, start)
		c.counted(l, 0, after(l.TTL), "TTL after the last")
	}},
	{"failures are kept while locked", "nor the lock holds", func(c *challenges) {
		l := c.steps("phone")
		l.Steps[1].Wait = 48 * time.Hour
		c.fail(l, 2, start)
		c.fail(l, 2, after(time.Minute))
		end := after(time.Minute + 48*time.Hour)
		c.locked(l, tick, end.Add(-tick), "locked for longer than TTL")
		c.fail(l, 1, end)
		c.locked(l, 0, end, "forgotten when the lock ends: this is the first")
		c.fail(l, 1, end)
		c.locked(l, time.Minute, end, "and this the second")
	}},
	{"failures after a lock go on", "Lockout counts failures in a row, and locks", func(c *challenges) {
		l := c.steps("phone")
		c.fail(l, 2, start)
		c.fail(l, 1, after(time.Hour))
		c.fail(l, 1, after(2*time.Hour))
		c.locked(l, time.Hour, after(2*time.Hour), "the fourth, though the lock is long over")
	}},
	{"failures with the time going back", "Where time goes back, neither end moves back", func(c *challenges) {
		l := c.lockout("phone")
		c.fail(l, 5, after(time.Hour))
		c.fail(l, 1, start)
		c.counted(l, 6, after(time.Hour+l.TTL-tick), "remembered until TTL after the latest failure")

		l = c.lockout("phone 2")
		c.fail(l, 5, after(time.Hour))
		c.fail(l, 1, start)
		c.counted(l, 0, after(time.Hour+l.TTL), "and no longer")
	}},
	{"a lock with the time going back", "Where time goes back, neither end moves back", func(c *challenges) {
		l := c.steps("phone")
		c.fail(l, 2, after(time.Hour))
		assert.Equal(c, time.Hour+time.Minute, limitError(c, c.count(l, start), l.Name), "locked until the same end")
		c.locked(l, tick, after(time.Hour+time.Minute-tick), "a microsecond before the end")
		c.locked(l, 0, after(time.Hour+time.Minute), "at the end")
	}},
	{"a lockout rounds Wait and TTL up", "Durations are rounded up to whole microseconds", func(c *challenges) {
		l := c.steps("phone")
		l.Steps[0].Wait = time.Minute + 1
		c.fail(l, 2, start)
		c.locked(l, time.Minute+tick, start, "a minute and a part of a microsecond")

		l = c.lockout("phone 2")
		l.TTL = time.Hour + 1
		c.fail(l, 3, start)
		c.counted(l, 3, after(time.Hour), "an hour and a part of a microsecond")
		l.Key = c.key("phone 3")
		c.fail(l, 3, start)
		c.counted(l, 0, after(time.Hour+tick), "an hour and a microsecond")
	}},
	{"ClearFailures forgets the count", "ClearFailures forgets the count", func(c *challenges) {
		l := c.lockout("phone")
		c.fail(l, 9, start)
		require.NoError(c, c.store.ClearFailures(c.Context(), l.Key))
		c.counted(l, 0, start, "after ClearFailures")
	}},
	{"ClearFailures forgets the lock", "ClearFailures forgets the count and the lock of key", func(c *challenges) {
		l := c.lockout("phone")
		c.lock(l, start)
		require.NoError(c, c.store.ClearFailures(c.Context(), l.Key))
		c.locked(l, 0, start, "after ClearFailures")
		c.counted(l, 0, start, "after ClearFailures")
	}},
	{"ClearFailures of nothing", "A key without either is no error", func(c *challenges) {
		require.NoError(c, c.store.ClearFailures(c.Context(), c.key("unknown")))
	}},
	{"failures of other keys are apart", "locks l.Key", func(c *challenges) {
		one, two := c.lockout("phone"), c.lockout("phone2")
		c.fail(one, 3, start)
		c.lock(two, start)
		require.NoError(c, c.store.ClearFailures(c.Context(), two.Key))
		c.counted(one, 3, start, "whatever becomes of the other")
	}},
}
