package storetest

import (
	"strconv"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// refusal returns a Begin under the key of ch that everything refuses: Lockout, Renew, two
// asks, two takes and two charges. Before each of the latter stands one that admits.
func (c *challenges) refusal(ch phoneauth.Challenge, now time.Time) phoneauth.BeginParams {
	c.Helper()
	l := c.lockout("lockout")
	c.lock(l, start)
	take := func(name string) phoneauth.Take {
		c.spend(start, c.take(name, 1))
		return c.take(name, 1)
	}
	charge := func(name string) phoneauth.Charge {
		ch := c.charge(name)
		c.owe(ch, 20, start)
		return ch
	}
	b := c.touch(ch, now)
	b.Lockout, b.Renew = l, "another "+ch.ID
	b.Asks = []phoneauth.Take{c.take("ask 0", 5), take("ask 1"), c.take("ask 2", 5), take("ask 3")}
	b.Takes = []phoneauth.Take{c.take("take 0", 5), take("take 1"), c.take("take 2", 5), take("take 3")}
	b.Charges = []phoneauth.Charge{c.charge("charge 0"), charge("charge 1"), c.charge("charge 2"), charge("charge 3")}
	return b
}

// refusers are the ways in which a refusal may come about, and what to change in it so
// that the next one does.
var refusers = []struct {
	name string
	mend func(*phoneauth.BeginParams)
}{
	{"lockout", func(b *phoneauth.BeginParams) { b.Lockout = phoneauth.Lockout{} }},
	{"renew", func(b *phoneauth.BeginParams) { b.Renew = "" }},
	{"ask 1", func(b *phoneauth.BeginParams) { b.Asks[1] = b.Asks[2] }},
	{"ask 3", func(b *phoneauth.BeginParams) { b.Asks = b.Asks[:3] }},
	{"take 1", func(b *phoneauth.BeginParams) { b.Takes[1] = b.Takes[2] }},
	{"take 3", func(b *phoneauth.BeginParams) { b.Takes = b.Takes[:3] }},
	{"charge 1", func(b *phoneauth.BeginParams) { b.Charges[1] = b.Charges[2] }},
	{"charge 3", func(b *phoneauth.BeginParams) { b.Charges = b.Charges[:3] }},
}

// refused requires that b is refused by the refuser of this name.
func (c *challenges) refused(b phoneauth.BeginParams, name string) {
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
func (c *challenges) eachRefusal(live bool, each func(name string, ch phoneauth.Challenge, b phoneauth.BeginParams)) {
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
	{"Begin refuses in order", "The order of refusals: p.Lockout is locked, p.Renew is unmet, each of p.Asks, each of p.Takes, each of p.Charges", func(c *challenges) {
		c.eachRefusal(true, func(name string, ch phoneauth.Challenge, b phoneauth.BeginParams) {
			c.refused(b, name)
		})
	}},
	{"Begin refuses by the first limit", "the first limit in that order that refuses", func(c *challenges) {
		c.eachRefusal(false, func(name string, ch phoneauth.Challenge, b phoneauth.BeginParams) {
			c.refused(b, name)
		})
	}},
	{"Begin refused stores nothing", "Either way nothing is stored", func(c *challenges) {
		c.eachRefusal(false, func(name string, ch phoneauth.Challenge, b phoneauth.BeginParams) {
			c.refused(b, name)
			c.gone(b.Challenge, b.Now, "refused by "+name, phoneauth.ErrNotFound)
		})
	}},
	{"Begin refused touches nothing", "Either way nothing is stored, touched", func(c *challenges) {
		c.eachRefusal(true, func(name string, ch phoneauth.Challenge, b phoneauth.BeginParams) {
			c.refused(b, name)
			c.same(ch, c.win(ch, b.Now), "refused by "+name)
		})
	}},
	{"Begin refused takes nothing", "Either way nothing is stored, touched, taken", func(c *challenges) {
		c.eachRefusal(true, func(name string, ch phoneauth.Challenge, b phoneauth.BeginParams) {
			c.spend(start, c.take("take 2", 5))
			c.refused(b, name)
			assert.Zero(c, c.busy(c.take("take 0", 1), b.Now), "refused by %s", name)
			for _, asked := range []string{"ask 0", "ask 2"} {
				assert.Zero(c, c.busy(c.take(asked, 1), b.Now), "refused by %s: %s", name, asked)
			}
			for _, spent := range []string{"take 1", "take 2", "take 3"} {
				assert.Equal(c, every-tick, c.busy(c.take(spent, 1), b.Now), "refused by %s: %s", name, spent)
			}
		})
	}},
	{"Begin refused charges nothing", "Either way nothing is stored, touched, taken or charged", func(c *challenges) {
		c.eachRefusal(true, func(name string, ch phoneauth.Challenge, b phoneauth.BeginParams) {
			c.owe(c.charge("charge 2"), 2, start)
			c.refused(b, name)
			for i, want := range []float64{0, 20, 2, 20} {
				c.score(c.charge("charge "+strconv.Itoa(i)), want, b.Now, "refused by "+name)
			}
		})
	}},
	{"Begin takes and charges when nothing refuses", "BeginChallenge asks, takes and charges what p names", func(c *challenges) {
		for _, live := range []bool{false, true} {
			c.next()
			ch := c.challenge("login")
			if live {
				c.open(ch)
			}
			asked, one, two, score := c.take("asked", 1), c.take("one", 5), c.take("two", 5), c.charge("score")
			one.Cost, score.Amount = 3, 2
			b := c.touch(ch, start)
			b.Asks, b.Takes, b.Charges = []phoneauth.Take{asked}, []phoneauth.Take{one, two}, []phoneauth.Charge{score}
			c.begin(b)
			assert.Zero(c, c.busy(asked, start), "an ask takes nothing")
			assert.Equal(c, 3*every, c.busy(one, start), "three of the first limit")
			assert.Equal(c, every, c.busy(two, start), "one of the second")
			c.score(score, 2, start, "the score")
		}
	}},
	{"Begin asks before it takes", "Asks must all be admitted, and take nothing", func(c *challenges) {
		take := c.take("phone", 1)
		b := phoneauth.BeginParams{Challenge: c.challenge("login"), Asks: []phoneauth.Take{take, take}, Takes: []phoneauth.Take{take}, Now: start}
		c.begin(b)
		limitError(c, c.tryBegin(b), take.Name)
	}},
	{"Begin asks Lockout", "p.Lockout is locked", func(c *challenges) {
		l := c.lockout("phone")
		c.lock(l, start)
		b := phoneauth.BeginParams{Challenge: c.challenge("login"), Lockout: l, Now: after(time.Minute)}
		assert.Equal(c, 59*time.Minute, limitError(c, c.tryBegin(b), l.Name))
		b.Now = after(time.Hour - tick)
		b.Challenge.ExpiresAt, b.Challenge.Until = after(2*time.Hour), after(2*time.Hour)
		assert.Equal(c, tick, limitError(c, c.tryBegin(b), l.Name))
		b.Now = after(time.Hour)
		c.begin(b)
	}},
	{"Begin counts no failure", "Lockout is asked, never counted", func(c *challenges) {
		l := c.lockout("phone")
		require.NoError(c, c.count(l, start))
		for range 20 {
			c.begin(phoneauth.BeginParams{Challenge: c.challenge("login"), Lockout: l, Now: start})
		}
		c.counted(l, 1, start, "after 20 of Begin")
	}},
	{"Begin without Lockout", "An empty Key asks nothing", func(c *challenges) {
		l := c.lockout("phone")
		c.lock(l, start)
		l.Key = ""
		c.begin(phoneauth.BeginParams{Challenge: c.challenge("login"), Lockout: l, Now: start})
	}},
	{"Begin clears no failure", "Lockout is asked, never counted", func(c *challenges) {
		l := c.lockout("phone")
		c.fail(l, 4, start)
		ch := c.challenge("login")
		c.begin(phoneauth.BeginParams{Challenge: ch, Lockout: l, Now: start})
		c.begin(phoneauth.BeginParams{Challenge: ch, Lockout: l, Now: after(time.Minute)})
		c.counted(l, 4, after(time.Minute), "after a new challenge and a resend")
	}},
	{"Begin with Renew and no challenge", "p.Renew names no live challenge under this Key", func(c *challenges) {
		b := phoneauth.BeginParams{Challenge: c.challenge("login"), Renew: "unknown", Now: start}
		require.ErrorIs(c, c.tryBegin(b), phoneauth.ErrNotFound)
		c.gone(b.Challenge, start, "stored in spite of Renew", phoneauth.ErrNotFound)

		other := c.open(c.challenge("other"))
		b.Renew = other.ID
		require.ErrorIs(c, c.tryBegin(b), phoneauth.ErrNotFound, "Renew names one of another Key")
		c.gone(b.Challenge, start, "stored in spite of Renew", phoneauth.ErrNotFound)
		c.same(other, c.win(other, start), "the one of another Key")
	}},
	{"Begin with Renew of another ID", "p.Renew names no live challenge under this Key", func(c *challenges) {
		ch := c.open(c.challenge("login"))
		b := c.touch(ch, start)
		b.Renew = b.Challenge.ID
		require.ErrorIs(c, c.tryBegin(b), phoneauth.ErrNotFound)
		c.same(ch, c.win(ch, start), "the one that Renew does not name")
	}},
	{"Begin with Renew at the expiry", "p.Renew names no live challenge under this Key", func(c *challenges) {
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
