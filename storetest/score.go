package storetest

import (
	"math"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// sampled returns a charge of whose score only one of many changes is written, while it is
// below -500.
func (c *challenges) sampled(weight float64) phoneauth.Charge {
	ch := c.charge("country")
	ch.SampleBelow, ch.SampleWeight = -500, weight
	return ch
}

var scoreCases = []testCase[*challenges]{
	{"a charge raises the score", "Else the sum becomes the score", func(c *challenges) {
		ch := c.charge("block")
		for _, ch.Amount = range []float64{1, 2.5, 4} {
			require.NoError(c, c.charged(start, ch))
		}
		c.score(ch, 7.5, start, "1, 2.5 and 4")
	}},
	{"a charge is refused beyond Max", "Max is the score not to be exceeded by a charge", func(c *challenges) {
		ch := c.charge("block")
		for range 20 {
			require.NoError(c, c.charged(start, ch))
		}
		limitError(c, c.charged(start, ch), ch.Name)
		c.score(ch, 20, start, "a refusal charges nothing")
	}},
	{"a refused charge names its rule", "it is LimitError.Limit when a charge is refused", func(c *challenges) {
		ch := c.charge("block")
		ch.Max = 0
		for _, ch.Name = range []string{"one", "another"} {
			limitError(c, c.charged(start, ch), ch.Name)
		}
	}},
	{"a score rounds half away from zero", "rounded half away from zero, exceeds Max", func(c *challenges) {
		ch := c.charge("block")
		for _, ch.Max = range []float64{0, 1, 2, 3} {
			ch.Amount = ch.Max + 0.5
			assert.False(c, c.admits(ch, start), "%v exceeds %v", ch.Amount, ch.Max)
			ch.Amount -= 1e-9
			assert.True(c, c.admits(ch, start), "%v does not exceed %v", ch.Amount, ch.Max)
		}
		c.earn(ch, 10, start)
		for _, ch.Max = range []float64{-2, -3} {
			ch.Amount = 10 + ch.Max + 0.5
			assert.True(c, c.admits(ch, start), "%v does not exceed %v", ch.Max+0.5, ch.Max)
			ch.Amount += 1e-9
			assert.False(c, c.admits(ch, start), "%v exceeds %v", ch.Max+0.5+1e-9, ch.Max)
		}
	}},
	{"a credit lowers the score", "Credits lower their scores by Amount", func(c *challenges) {
		ch := c.charge("block")
		c.owe(ch, 10, start)
		c.earn(ch, 2.5, start)
		c.score(ch, 7.5, start, "10 charged, 2.5 credited")
		c.earn(ch, 8, start)
		c.score(ch, -0.5, start, "below zero")
	}},
	{"a credit has no Max", "their Max does not matter", func(c *challenges) {
		ch := c.charge("block")
		ch.Max = -100
		c.owe(ch, 50, start)
		c.earn(ch, 1, start)
		c.score(ch, 49, start, "credited, whatever Max is")
	}},
	{"a debt fades", "after d it is score·e^(−d/DebtDecay)", func(c *challenges) {
		ch := c.charge("block")
		c.owe(ch, 20, start)
		c.score(ch, 20*fade(6, 24), after(6*time.Hour), "after 6 hours")
		c.score(ch, 20*fade(48, 24), after(48*time.Hour), "after two days")
		c.owe(ch, 3, after(6*time.Hour))
		c.score(ch, (20*fade(6, 24)+3)*fade(6, 24), after(12*time.Hour), "it fades from the last change on")
	}},
	{"a credit fades", "score·e^(−d/CreditDecay)", func(c *challenges) {
		ch := c.charge("block")
		c.earn(ch, 20, start)
		c.score(ch, -20*fade(1, 4), after(time.Hour), "after an hour")
		c.score(ch, -20*fade(12, 4), after(12*time.Hour), "after 12 hours")
		c.owe(ch, 3, after(time.Hour))
		c.score(ch, (-20*fade(1, 4)+3)*fade(1, 4), after(2*time.Hour), "it fades from the last change on")
	}},
	{"a score changes its sign", "A positive score fades with the e-fold time DebtDecay, a negative one with the e-fold time CreditDecay", func(c *challenges) {
		ch := c.charge("block")
		c.owe(ch, 5, start)
		c.earn(ch, 8, start)
		c.score(ch, -3*fade(2, 4), after(2*time.Hour), "negative")
		c.owe(ch, 8, after(2*time.Hour))
		c.score(ch, (8-3*fade(2, 4))*fade(12, 24), after(14*time.Hour), "positive")
	}},
	{"a time before the last change fades nothing", "A time before the last change does not fade the score", func(c *challenges) {
		for _, score := range []float64{10, -10} {
			ch := c.charge("block")
			if score > 0 {
				c.owe(ch, score, after(time.Hour))
			} else {
				c.earn(ch, -score, after(time.Hour))
			}
			c.score(ch, score, after(time.Hour), "at the last change")
			c.score(ch, score, start, "an hour before the last change")
			c.next()
		}
	}},
	{"a change with the time going back", "the later of the two is then the last change", func(c *challenges) {
		ch := c.charge("block")
		c.owe(ch, 10, after(time.Hour))
		c.owe(ch, 2, start)
		c.score(ch, 12, after(time.Hour), "charged an hour before the last change, faded nothing since")
		c.score(ch, 12*fade(1, 24), after(2*time.Hour), "faded for one hour, not for two")

		ch = c.charge("block 2")
		c.owe(ch, 10, after(time.Hour))
		c.earn(ch, 2, start)
		c.score(ch, 8*fade(1, 24), after(2*time.Hour), "the same for a credit")
	}},
	{"a faded score is charged", "A charge is refused when the faded score plus its Amount, rounded half away from zero, exceeds Max", func(c *challenges) {
		ch := c.charge("block")
		c.owe(ch, 20, start)
		limitError(c, c.charged(start, ch), ch.Name)
		require.NoError(c, c.charged(after(time.Hour), ch))
		c.score(ch, 20*fade(1, 24)+1, after(time.Hour), "faded for an hour, then charged")
	}},
	{"RetryAfter of a score is enough", "A refusal's RetryAfter is how long until the charge would be admitted", func(c *challenges) {
		for _, owed := range []float64{19.75, 20, 20.4, 35, 400} {
			ch := c.charge("block")
			c.owe(ch, owed, start)
			wait := limitError(c, c.charged(start, ch), ch.Name)
			wait = (wait + tick - 1).Truncate(tick)
			assert.True(c, c.admits(ch, after(wait)), "refused at RetryAfter %v of %v", wait, owed)
			assert.False(c, c.admits(ch, after(wait-time.Millisecond)), "admitted before RetryAfter %v of %v", wait, owed)
			c.next()
		}
	}},
	{"RetryAfter of a score with the time going back", "A refusal's RetryAfter is how long until the charge would be admitted", func(c *challenges) {
		ch := c.charge("block")
		c.owe(ch, 20, after(time.Hour))
		later := limitError(c, c.charged(after(time.Hour), ch), ch.Name)
		assert.Equal(c, time.Hour+later, limitError(c, c.charged(start, ch), ch.Name), "nothing fades before the last change")
	}},
	{"RetryAfter of a score is no longer than its life", "but no longer than until the score is forgotten", func(c *challenges) {
		ch := c.charge("block")
		c.owe(ch, 1e6, start)
		assert.Equal(c, 96*time.Hour, limitError(c, c.charged(start, ch), ch.Name), "four times the longer e-fold time")
		assert.Equal(c, tick, limitError(c, c.charged(after(96*time.Hour-tick), ch), ch.Name))
		require.NoError(c, c.charged(after(96*time.Hour), ch), "it is forgotten")
	}},
	{"RetryAfter of a charge that is never admitted", "Where Max is too small for Amount even at a score of 0, it is how long until the score is forgotten, or would be had it changed now", func(c *challenges) {
		ch := c.charge("block")
		ch.Amount = 30
		assert.Equal(c, 96*time.Hour, limitError(c, c.charged(start, ch), ch.Name), "without a score")
		c.owe(ch, 10, start)
		assert.Equal(c, 96*time.Hour, limitError(c, c.charged(start, ch), ch.Name), "of a score that changed now")
		assert.Equal(c, 95*time.Hour, limitError(c, c.charged(after(time.Hour), ch), ch.Name), "of one that changed an hour ago")
		assert.Equal(c, 96*time.Hour, limitError(c, c.charged(after(96*time.Hour), ch), ch.Name), "of one that is forgotten")
	}},
	{"a score without Max", "+Inf refuses nothing", func(c *challenges) {
		ch := c.charge("country")
		ch.Max, ch.Amount = math.Inf(1), 1e6
		require.NoError(c, c.charged(start, ch))
		require.NoError(c, c.charged(start, ch))
		ch.Max, ch.Amount = 2e6+1, 1
		assert.True(c, c.admits(ch, start), "2e6 are charged")
		ch.Max--
		assert.False(c, c.admits(ch, start), "2e6 are charged")
	}},
	{"a score is kept long enough", "A store may forget a score four times the longer of both e-fold times after its last change", func(c *challenges) {
		ch := c.charge("block")
		ch.DebtDecay, ch.CreditDecay = time.Hour, 10*time.Minute
		c.owe(ch, 1000, start)
		c.score(ch, 1000*fade(4, 1), after(4*time.Hour-tick), "a debt, before 4 times DebtDecay")
		c.next()
		ch = c.charge("block")
		ch.DebtDecay, ch.CreditDecay = 10*time.Minute, time.Hour
		c.earn(ch, 1000, start)
		c.score(ch, -1000*fade(3.9, 1), after(3*time.Hour+54*time.Minute), "a credit, before 4 times CreditDecay")
	}},
	{"a score is forgotten", "it counts as 0 from that instant on, also while the store still has it", func(c *challenges) {
		ch := c.charge("block")
		c.owe(ch, 1e6, start)
		c.score(ch, 0, after(96*time.Hour), "four times DebtDecay after the last change")
		c.owe(ch, 5, after(96*time.Hour))
		c.score(ch, 5, after(96*time.Hour), "charged anew")
	}},
	{"a score rounds its e-fold times up", "Durations are rounded up to whole microseconds", func(c *challenges) {
		ch := c.charge("block")
		ch.Amount, ch.DebtDecay, ch.CreditDecay = 30, time.Hour+1, time.Minute
		assert.Equal(c, 4*(time.Hour+tick), limitError(c, c.charged(start, ch), ch.Name), "four times the longer of both")
		c.owe(ch, 1000, start)
		c.score(ch, 1000*fade(4, 1), after(4*(time.Hour+tick)-tick), "a microsecond before it is forgotten")
		c.score(ch, 0, after(4*(time.Hour+tick)), "forgotten")
	}},
	{"a sampled change is weighted", "while its faded score is below SampleBelow, each change is multiplied by SampleWeight", func(c *challenges) {
		ch := c.sampled(16)
		c.owe(ch, 1, start)
		c.score(ch, 1, start, "above SampleBelow a charge counts once")
		c.earn(ch, 600, start)
		c.score(ch, -599, start, "above SampleBelow a credit counts once")
		c.owe(ch, 1, start)
		c.score(ch, -583, start, "below SampleBelow a charge counts 16 times")
		c.earn(ch, 2, start)
		c.score(ch, -615, start, "below SampleBelow a credit counts 16 times")
	}},
	{"a sampled change of weight 0 is none", "with SampleWeight 0 nothing is written", func(c *challenges) {
		ch := c.sampled(0)
		c.earn(ch, 600, start)
		c.owe(ch, 1, start)
		c.earn(ch, 2, after(tick))
		c.score(ch, -600*fade(1, 4), after(time.Hour), "neither charged nor credited")
	}},
	{"a sampled charge is refused by its Amount", "Whether a charge is refused depends on Amount alone", func(c *challenges) {
		for _, weight := range []float64{0, 16} {
			ch := c.sampled(weight)
			c.earn(ch, 600, start)
			ch.Max, ch.Amount = -570, 29
			assert.True(c, c.admits(ch, start), "-571 does not exceed -570, weight %v", weight)
			ch.Amount = 31
			assert.False(c, c.admits(ch, start), "-569 exceeds -570, weight %v", weight)
			c.next()
		}
	}},
	{"a score at SampleBelow is not sampled", "while its faded score is below SampleBelow", func(c *challenges) {
		ch := c.sampled(16)
		c.earn(ch, 500, start)
		c.owe(ch, 1, start)
		c.score(ch, -499, start, "-500 is not below -500")
	}},
	{"a score that faded above SampleBelow is not sampled", "while its faded score is below SampleBelow", func(c *challenges) {
		ch := c.sampled(16)
		c.earn(ch, 600, start)
		c.owe(ch, 1, after(time.Hour))
		c.score(ch, -600*fade(1, 4)+1, after(time.Hour), "-467 is not below -500")
	}},
	{"SampleBelow 0 turns sampling off", "SampleBelow 0 turns sampling off", func(c *challenges) {
		ch := c.charge("country")
		c.earn(ch, 10, start)
		c.owe(ch, 1, start)
		c.score(ch, -9, start, "without SampleBelow and SampleWeight")
		ch.SampleWeight = 16
		c.owe(ch, 1, start)
		c.score(ch, -8, start, "without SampleBelow")
	}},
	{"scores of other keys are apart", "Score is a decaying sum", func(c *challenges) {
		one, two := c.charge("block"), c.charge("block2")
		c.owe(one, 3, start)
		c.owe(two, 5, start)
		c.score(one, 3, start, "the first")
		c.score(two, 5, start, "the second")
	}},
	{"one score twice in a call", "A list may name one key twice: the second use sees what the first has done", func(c *challenges) {
		ch := c.charge("block")
		ch.Amount = 12
		limitError(c, c.charged(start, ch, ch), ch.Name)
		c.score(ch, 0, start, "neither is charged")
		ch.Amount = 8
		require.NoError(c, c.charged(start, ch, ch))
		c.score(ch, 16, start, "both are charged")
		p := phoneauth.GiveBackParams{Credits: []phoneauth.Charge{ch, ch}, Now: start}
		require.NoError(c, c.store.GiveBack(c.Context(), p))
		c.score(ch, 0, start, "both are credited")
	}},
	{"limits and scores are taken all or none", "TakeLimits asks, takes and charges all that p names, or nothing", func(c *challenges) {
		take, room, full := c.take("phone", 5), c.charge("room"), c.charge("full")
		c.owe(full, 20, start)
		p := phoneauth.TakeParams{Takes: []phoneauth.Take{take}, Charges: []phoneauth.Charge{room, full}, Now: start}
		limitError(c, c.store.TakeLimits(c.Context(), p), full.Name)
		assert.Zero(c, c.busy(take, start), "taken though a charge was refused")
		c.score(room, 0, start, "charged before the refusal")
		c.score(full, 20, start, "the one that refused")
		p.Charges = p.Charges[:1]
		require.NoError(c, c.store.TakeLimits(c.Context(), p))
		assert.Equal(c, every, c.busy(take, start))
		c.score(room, 1, start, "charged when nothing refuses")
	}},
	{"a take refuses before a charge", "in the order p.Asks, p.Takes, p.Charges", func(c *challenges) {
		take, full := c.take("phone", 1), c.charge("full")
		c.spend(start, take)
		c.owe(full, 20, start)
		p := phoneauth.TakeParams{Takes: []phoneauth.Take{take}, Charges: []phoneauth.Charge{full}, Now: start}
		limitError(c, c.store.TakeLimits(c.Context(), p), take.Name)
		p.Asks, p.Takes = p.Takes, nil
		limitError(c, c.store.TakeLimits(c.Context(), p), take.Name)
	}},
	{"GiveBack gives takes and scores back", "GiveBack gives back what p names", func(c *challenges) {
		take, ch := c.take("phone", 5), c.charge("block")
		c.spend(start, cost(take, 3))
		c.owe(ch, 5, start)
		ch.Amount = 2
		p := phoneauth.GiveBackParams{Takes: []phoneauth.Take{take}, Credits: []phoneauth.Charge{ch}, Now: start}
		require.NoError(c, c.store.GiveBack(c.Context(), p))
		assert.Equal(c, 2*every, c.busy(take, start))
		c.score(ch, 3, start, "5 charged, 2 credited")
	}},
}
