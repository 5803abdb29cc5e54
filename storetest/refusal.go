package storetest

import (
	"strconv"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// refusal is a Begin under the key of ch that everything refuses: Failures, Renew, two
// takes and two budgets. Before each of these stands one that admits.
func (c *challenges) refusal(ch phoneauth.Challenge, now time.Time) phoneauth.Begin {
	c.Helper()
	f := c.failures("failures")
	c.lock(f, start)
	take := func(name string) phoneauth.Take {
		c.spend(start, c.take(name, 1))
		return c.take(name, 1)
	}
	budget := func(name string) phoneauth.Budget {
		b := c.budget(name)
		c.owe(b, 20, start)
		return b
	}
	b := c.touch(ch, now)
	b.Failures, b.Renew = f, "another "+ch.ID
	b.Takes = []phoneauth.Take{c.take("take 0", 5), take("take 1"), c.take("take 2", 5), take("take 3")}
	b.Budgets = []phoneauth.Budget{c.budget("budget 0"), budget("budget 1"), c.budget("budget 2"), budget("budget 3")}
	return b
}

// refusers are the ways in which a refusal may come about, and what to change in it so
// that the next one does.
var refusers = []struct {
	name string
	mend func(*phoneauth.Begin)
}{
	{"failures", func(b *phoneauth.Begin) { b.Failures = phoneauth.Failures{} }},
	{"renew", func(b *phoneauth.Begin) { b.Renew = "" }},
	{"take 1", func(b *phoneauth.Begin) { b.Takes[1] = b.Takes[2] }},
	{"take 3", func(b *phoneauth.Begin) { b.Takes = b.Takes[:3] }},
	{"budget 1", func(b *phoneauth.Begin) { b.Budgets[1] = b.Budgets[2] }},
	{"budget 3", func(b *phoneauth.Begin) { b.Budgets = b.Budgets[:3] }},
}

// refused requires that b is refused by the refuser of this name.
func (c *challenges) refused(b phoneauth.Begin, name string) {
	c.Helper()
	err := c.tryBegin(b)
	if name == "renew" {
		require.ErrorIs(c, err, phoneauth.ErrNotFound, "BeginChallenge with an unmet Renew")
		return
	}
	limitError(c, err, name)
}

// eachRefusal hands the case a Begin for each refuser, the first of those that are left
// to refuse, with a live challenge or without.
func (c *challenges) eachRefusal(live bool, each func(name string, ch phoneauth.Challenge, b phoneauth.Begin)) {
	c.Helper()
	for i, r := range refusers {
		c.next()
		ch := c.challenge("login")
		if live {
			c.open(ch)
		}
		b := c.refusal(ch, after(tick))
		for _, earlier := range refusers[:i] {
			earlier.mend(&b)
		}
		each(r.name, ch, b)
	}
}

var refusalCases = []testCase[*challenges]{
	{"Begin refuses in order", "The order of refusals: b.Failures locked, b.Renew unmet, each of b.Takes, each of b.Budgets", func(c *challenges) {
		c.eachRefusal(true, func(name string, ch phoneauth.Challenge, b phoneauth.Begin) {
			c.refused(b, name)
		})
	}},
	{"Begin refuses by the first limit", "refused, by the first limit in that order to say no", func(c *challenges) {
		c.eachRefusal(false, func(name string, ch phoneauth.Challenge, b phoneauth.Begin) {
			c.refused(b, name)
		})
	}},
	{"Begin refused stores nothing", "Either way nothing is stored", func(c *challenges) {
		c.eachRefusal(false, func(name string, ch phoneauth.Challenge, b phoneauth.Begin) {
			c.refused(b, name)
			c.gone(b.Challenge, b.Now, "refused by "+name, phoneauth.ErrNotFound)
		})
	}},
	{"Begin refused touches nothing", "Either way nothing is stored, touched", func(c *challenges) {
		c.eachRefusal(true, func(name string, ch phoneauth.Challenge, b phoneauth.Begin) {
			c.refused(b, name)
			c.same(ch, c.win(ch, b.Now), "refused by "+name)
		})
	}},
	{"Begin refused takes nothing", "Either way nothing is stored, touched, taken", func(c *challenges) {
		c.eachRefusal(true, func(name string, ch phoneauth.Challenge, b phoneauth.Begin) {
			c.spend(start, c.take("take 2", 5))
			c.refused(b, name)
			assert.Zero(c, c.busy(c.take("take 0", 1), b.Now), "refused by %s", name)
			for _, spent := range []string{"take 1", "take 2", "take 3"} {
				assert.Equal(c, every-tick, c.busy(c.take(spent, 1), b.Now), "refused by %s: %s", name, spent)
			}
		})
	}},
	{"Begin refused charges nothing", "Either way nothing is stored, touched, taken or charged", func(c *challenges) {
		c.eachRefusal(true, func(name string, ch phoneauth.Challenge, b phoneauth.Begin) {
			c.owe(c.budget("budget 2"), 2, start)
			c.refused(b, name)
			for i, want := range []float64{0, 20, 2, 20} {
				c.score(c.budget("budget "+strconv.Itoa(i)), want, b.Now, "refused by "+name)
			}
		})
	}},
	{"Begin takes and charges when nothing refuses", "BeginChallenge asks and takes what b names", func(c *challenges) {
		for _, live := range []bool{false, true} {
			c.next()
			ch := c.challenge("login")
			if live {
				c.open(ch)
			}
			one, two, b := c.take("one", 5), c.take("two", 5), c.budget("budget")
			one.Cost, b.Add = 3, 2
			begin := c.touch(ch, start)
			begin.Takes, begin.Budgets = []phoneauth.Take{one, two}, []phoneauth.Budget{b}
			c.begin(begin)
			assert.Equal(c, 3*every, c.busy(one, start), "three of the first limit")
			assert.Equal(c, every, c.busy(two, start), "one of the second")
			c.score(b, 2, start, "the budget")
		}
	}},
	{"Begin asks Failures", "b.Failures locked", func(c *challenges) {
		f := c.failures("phone")
		c.lock(f, start)
		b := phoneauth.Begin{Challenge: c.challenge("login"), Failures: f, Now: after(time.Minute)}
		assert.Equal(c, 59*time.Minute, limitError(c, c.tryBegin(b), f.Name))
		b.Now = after(time.Hour - tick)
		b.Challenge.ExpiresAt, b.Challenge.Until = after(2*time.Hour), after(2*time.Hour)
		assert.Equal(c, tick, limitError(c, c.tryBegin(b), f.Name))
		b.Now = after(time.Hour)
		c.begin(b)
	}},
	{"Begin counts no failure", "Failures is asked, never counted", func(c *challenges) {
		f := c.failures("phone")
		require.NoError(c, c.count(f, start))
		for range 20 {
			c.begin(phoneauth.Begin{Challenge: c.challenge("login"), Failures: f, Now: start})
		}
		c.counted(f, 1, start, "after 20 of Begin")
	}},
	{"Begin without Failures", "A zero Key asks nothing", func(c *challenges) {
		f := c.failures("phone")
		c.lock(f, start)
		f.Key = ""
		c.begin(phoneauth.Begin{Challenge: c.challenge("login"), Failures: f, Now: start})
	}},
	{"Begin clears no failure", "Failures is asked, never counted", func(c *challenges) {
		f := c.failures("phone")
		for range 4 {
			require.NoError(c, c.count(f, start))
		}
		ch := c.challenge("login")
		c.begin(phoneauth.Begin{Challenge: ch, Failures: f, Now: start})
		c.begin(phoneauth.Begin{Challenge: ch, Failures: f, Now: after(time.Minute)})
		c.counted(f, 4, after(time.Minute), "after a new challenge and a resend")
	}},
	{"Begin with Renew and no challenge", "b.Renew names no live challenge under this Key", func(c *challenges) {
		b := phoneauth.Begin{Challenge: c.challenge("login"), Renew: "unknown", Now: start}
		require.ErrorIs(c, c.tryBegin(b), phoneauth.ErrNotFound)
		c.gone(b.Challenge, start, "stored in spite of Renew", phoneauth.ErrNotFound)

		other := c.open(c.challenge("other"))
		b.Renew = other.ID
		require.ErrorIs(c, c.tryBegin(b), phoneauth.ErrNotFound, "Renew names one of another Key")
		c.gone(b.Challenge, start, "stored in spite of Renew", phoneauth.ErrNotFound)
		c.same(other, c.win(other, start), "the one of another Key")
	}},
	{"Begin with Renew of another ID", "b.Renew names no live challenge under this Key", func(c *challenges) {
		ch := c.open(c.challenge("login"))
		b := c.touch(ch, start)
		b.Renew = b.Challenge.ID
		require.ErrorIs(c, c.tryBegin(b), phoneauth.ErrNotFound)
		c.same(ch, c.win(ch, start), "the one that Renew does not name")
	}},
	{"Begin with Renew at the expiry", "b.Renew names no live challenge under this Key", func(c *challenges) {
		ch := c.open(c.challenge("login"))
		b := c.touch(ch, ch.ExpiresAt)
		b.Renew = ch.ID
		require.ErrorIs(c, c.tryBegin(b), phoneauth.ErrNotFound, "gone at ExpiresAt")
		c.gone(b.Challenge, ch.ExpiresAt, "stored in spite of Renew", phoneauth.ErrNotFound)

		ch = c.open(c.challenge("login 2"))
		b = c.touch(ch, ch.ExpiresAt.Add(-tick))
		b.Renew = ch.ID
		assert.Equal(c, b.Challenge.ID, c.begin(b).Challenge.ID, "live a microsecond before")
	}},
}

// resend begins a challenge with these takes at now, and returns ResendAt from then.
func (c *challenges) resend(now time.Time, takes ...phoneauth.Take) time.Duration {
	c.Helper()
	at := c.begin(phoneauth.Begin{Challenge: c.passing(now), Takes: takes, Now: now}).ResendAt
	assertUTC(c, at)
	return at.Sub(now)
}

var resendCases = []testCase[*challenges]{
	{"ResendAt without limits", "Begin.Now when that is at once", func(c *challenges) {
		assert.Zero(c, c.resend(start))
		assert.Zero(c, c.resend(start, c.take("phone", 2)), "with room for one more")
	}},
	{"ResendAt of one limit", "ResendAt is the earliest time at which Takes, asked again, would all be admitted", func(c *challenges) {
		take := c.take("phone", 1)
		assert.Equal(c, every, c.resend(start, take))
		limitError(c, c.takeLimits(after(every-tick), take), take.Name)
		assert.Equal(c, every, c.resend(after(every), take), "when asked again at ResendAt")
	}},
	{"ResendAt of many limits", "would all be admitted", func(c *challenges) {
		hourly, daily, cheap := c.take("hourly", 2), c.take("daily", 2), c.take("cheap", 9)
		hourly.Every, daily.Every, daily.Cost = time.Hour, 24*time.Hour, 2
		assert.Equal(c, 48*time.Hour, c.resend(start, cheap, daily, hourly), "two a day, one after the other")
		hourly.Key, daily.Key, daily.Cost = c.key("h"), c.key("d"), 1
		assert.Zero(c, c.resend(start, hourly, daily))
		assert.Equal(c, 24*time.Hour, c.resend(start, hourly, daily), "the last of the day and of the hour")
	}},
	{"ResendAt of a touched challenge", "ResendAt is the earliest time at which Takes, asked again, would all be admitted", func(c *challenges) {
		ch, take := c.challenge("login"), c.take("phone", 2)
		b := phoneauth.Begin{Challenge: ch, Takes: []phoneauth.Take{take}, Now: start}
		c.begin(b)
		b.Now = after(time.Second)
		at := c.begin(b).ResendAt
		assert.WithinRange(c, at, after(every), after(every))
	}},
	{"ResendAt of one key twice", "would all be admitted if nobody else took", func(c *challenges) {
		take := c.take("phone", 3)
		assert.Equal(c, every, c.resend(start, take, take), "one more at once, but not two")
		strict, ask := c.take("phone 2", 1), c.take("phone 2", 5)
		ask.Cost = 0
		assert.Equal(c, every, c.resend(start, ask, strict), "the stricter of two Bursts")
	}},
	{"ResendAt asks no budget", "at which Takes, asked again", func(c *challenges) {
		b := c.budget("country")
		b.Max = 1
		begun := c.begin(phoneauth.Begin{Challenge: c.challenge("login"), Budgets: []phoneauth.Budget{b}, Now: start})
		assert.WithinRange(c, begun.ResendAt, start, start)
	}},
}
