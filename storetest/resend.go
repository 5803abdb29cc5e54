package storetest

import (
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/phoneauth/phoneauth"
)

// resend begins a challenge with these takes at now, and returns ResendAt from then.
func (c *challenges) resend(now time.Time, takes ...phoneauth.Take) time.Duration {
	c.Helper()
	at := c.begin(phoneauth.BeginParams{Challenge: c.passing(now), Takes: takes, Now: now}).ResendAt
	assertUTC(c, at)
	return at.Sub(now)
}

var resendCases = []testCase[*challenges]{
	{"ResendAt without limits", "BeginParams.Now when that is at once", func(c *challenges) {
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
		b := phoneauth.BeginParams{Challenge: ch, Takes: []phoneauth.Take{take}, Now: start}
		c.begin(b)
		b.Now = after(time.Second)
		at := c.begin(b).ResendAt
		assert.WithinRange(c, at, after(every), after(every))
	}},
	{"ResendAt of one key twice", "would all be admitted if nobody else took", func(c *challenges) {
		take := c.take("phone", 3)
		assert.Equal(c, every, c.resend(start, take, take), "one more at once, but not two")
		wide, strict := c.take("phone 2", 5), c.take("phone 2", 2)
		assert.Equal(c, 2*every, c.resend(start, wide, strict), "the stricter of two Bursts")
	}},
	{"ResendAt asks no score", "at which Takes, asked again", func(c *challenges) {
		ch := c.charge("country")
		ch.Max = 1
		begun := c.begin(phoneauth.BeginParams{Challenge: c.challenge("login"), Charges: []phoneauth.Charge{ch}, Now: start})
		assert.WithinRange(c, begun.ResendAt, start, start)
	}},
	{"ResendAt asks no ask", "at which Takes, asked again", func(c *challenges) {
		ask, take := c.take("phone", 9), c.take("phone", 9)
		ask.Burst = 1
		begun := c.begin(phoneauth.BeginParams{Challenge: c.challenge("login"), Asks: []phoneauth.Take{ask}, Takes: []phoneauth.Take{take}, Now: start})
		assert.WithinRange(c, begun.ResendAt, start, start)
	}},
	{"ResendAt with a cost", "would all be admitted if nobody else took", func(c *challenges) {
		take := cost(c.take("phone", 5), 3)
		assert.Equal(c, every, c.resend(start, take), "3 of 5 are taken, and 3 asked again")
	}},
}
