package storetest

import (
	"math"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// thin is a budget that takes part only in one of many changes, while it is below -500.
func (c *challenges) thin(weight float64) phoneauth.Budget {
	b := c.budget("country")
	b.Thin, b.Weight = -500, weight
	return b
}

var budgetCases = []testCase[*challenges]{
	{"a budget is charged", "Else the sum becomes the score", func(c *challenges) {
		b := c.budget("block")
		for _, add := range []float64{1, 2.5, 4} {
			b.Add = add
			require.NoError(c, c.charge(b, start))
		}
		c.score(b, 7.5, start, "1, 2.5 and 4")
	}},
	{"a budget refuses beyond Max", "Max is the score not to be exceeded by a charge", func(c *challenges) {
		b := c.budget("block")
		for range 20 {
			require.NoError(c, c.charge(b, start))
		}
		limitError(c, c.charge(b, start), b.Name)
		c.score(b, 20, start, "a refusal charges nothing")
	}},
	{"a budget rounds half away from zero", "rounded half away from zero, exceeds Max", func(c *challenges) {
		b := c.budget("block")
		for _, b.Max = range []float64{0, 1, 2, 3} {
			b.Add = b.Max + 0.5
			assert.False(c, c.admits(b, start), "%v exceeds %v", b.Add, b.Max)
			b.Add -= 1e-9
			assert.True(c, c.admits(b, start), "%v does not exceed %v", b.Add, b.Max)
		}
		c.earn(b, -10, start)
		for _, b.Max = range []float64{-2, -3} {
			b.Add = 10 + b.Max + 0.5
			assert.True(c, c.admits(b, start), "%v does not exceed %v", b.Max+0.5, b.Max)
			b.Add += 1e-9
			assert.False(c, c.admits(b, start), "%v exceeds %v", b.Max+0.5+1e-9, b.Max)
		}
	}},
	{"what is owed fades", "after d it is score·e^(−d/Owed)", func(c *challenges) {
		b := c.budget("block")
		c.owe(b, 20, start)
		c.score(b, 20*fade(6, 24), after(6*time.Hour), "after 6 hours")
		c.score(b, 20*fade(48, 24), after(48*time.Hour), "after two days")
		c.owe(b, 3, after(6*time.Hour))
		c.score(b, (20*fade(6, 24)+3)*fade(6, 24), after(12*time.Hour), "it fades from the last change on")
	}},
	{"what is earned fades", "score·e^(−d/Earned)", func(c *challenges) {
		b := c.budget("block")
		c.earn(b, -20, start)
		c.score(b, -20*fade(1, 4), after(time.Hour), "after an hour")
		c.score(b, -20*fade(12, 4), after(12*time.Hour), "after 12 hours")
		c.owe(b, 3, after(time.Hour))
		c.score(b, (-20*fade(1, 4)+3)*fade(1, 4), after(2*time.Hour), "it fades from the last change on")
	}},
	{"a score changes its sign", "A positive score (owed) fades with the e-fold time Owed, a negative one (earned) with the e-fold time Earned", func(c *challenges) {
		b := c.budget("block")
		c.owe(b, 5, start)
		c.earn(b, -8, start)
		c.score(b, -3*fade(2, 4), after(2*time.Hour), "earned")
		c.owe(b, 8, after(2*time.Hour))
		c.score(b, (8-3*fade(2, 4))*fade(12, 24), after(14*time.Hour), "owed")
	}},
	{"a time before the last change fades nothing", "A time before the last change fades nothing", func(c *challenges) {
		for _, score := range []float64{10, -10} {
			b := c.budget("block")
			if score > 0 {
				c.owe(b, score, after(time.Hour))
			} else {
				c.earn(b, score, after(time.Hour))
			}
			c.score(b, score, after(time.Hour), "at the last change")
			c.score(b, score, start, "an hour before the last change")
			c.next()
		}
	}},
	{"a faded score is charged", "A charge is refused when the faded score plus Add, rounded half away from zero, exceeds Max", func(c *challenges) {
		b := c.budget("block")
		c.owe(b, 20, start)
		limitError(c, c.charge(b, start), b.Name)
		require.NoError(c, c.charge(b, after(time.Hour)))
		c.score(b, 20*fade(1, 24)+1, after(time.Hour), "faded for an hour, then charged")
	}},
	{"RetryAfter of a budget is enough", "RetryAfter is how long until it would be admitted", func(c *challenges) {
		for _, owed := range []float64{19.75, 20, 20.4, 35, 400} {
			b := c.budget("block")
			c.owe(b, owed, start)
			wait := limitError(c, c.charge(b, start), b.Name)
			wait = (wait + tick - 1).Truncate(tick)
			assert.True(c, c.admits(b, after(wait)), "refused at RetryAfter %v of %v", wait, owed)
			assert.False(c, c.admits(b, after(wait-time.Millisecond)), "admitted before RetryAfter %v of %v", wait, owed)
			c.next()
		}
	}},
	{"RetryAfter of a budget that never admits", "RetryAfter is how long to wait, more than 0", func(c *challenges) {
		b := c.budget("block")
		b.Add = 30
		limitError(c, c.charge(b, start), b.Name)
		c.earn(b, -5, start)
		limitError(c, c.charge(b, start), b.Name)
		c.owe(b, 10, start)
		limitError(c, c.charge(b, start), b.Name)
	}},
	{"a budget without Max", "+Inf refuses nothing", func(c *challenges) {
		b := c.budget("country")
		b.Max, b.Add = math.Inf(1), 1e6
		require.NoError(c, c.charge(b, start))
		require.NoError(c, c.charge(b, start))
		b.Max, b.Add = 2e6+1, 1
		assert.True(c, c.admits(b, start), "2e6 are charged")
		b.Max--
		assert.False(c, c.admits(b, start), "2e6 are charged")
	}},
	{"a budget is kept long enough", "four times the longer of Owed and Earned after its last change", func(c *challenges) {
		b := c.budget("block")
		b.Owed, b.Earned = time.Hour, 10*time.Minute
		c.owe(b, 1000, start)
		c.score(b, 1000*fade(4, 1), after(4*time.Hour-tick), "owed, before 4 times Owed")
		c.next()
		b = c.budget("block")
		b.Owed, b.Earned = 10*time.Minute, time.Hour
		c.earn(b, -1000, start)
		c.score(b, -1000*fade(3.9, 1), after(3*time.Hour+54*time.Minute), "earned, before 4 times Earned")
	}},
	{"a thinned change is weighted", "while its faded score is below Thin, each change is multiplied by Weight", func(c *challenges) {
		b := c.thin(16)
		c.owe(b, 1, start)
		c.score(b, 1, start, "above Thin a charge counts once")
		c.earn(b, -600, start)
		c.score(b, -599, start, "above Thin a credit counts once")
		c.owe(b, 1, start)
		c.score(b, -583, start, "below Thin a charge counts 16 times")
		c.earn(b, -2, start)
		c.score(b, -615, start, "below Thin a credit counts 16 times")
	}},
	{"a thinned change of weight 0 is none", "with Weight 0 nothing is written", func(c *challenges) {
		b := c.thin(0)
		c.earn(b, -600, start)
		c.owe(b, 1, start)
		c.earn(b, -2, after(tick))
		c.score(b, -600*fade(1, 4), after(time.Hour), "neither charged nor credited")
	}},
	{"a score at Thin is not thinned", "while its faded score is below Thin", func(c *challenges) {
		b := c.thin(16)
		c.earn(b, -500, start)
		c.owe(b, 1, start)
		c.score(b, -499, start, "-500 is not below -500")
	}},
	{"a score that faded above Thin is not thinned", "while its faded score is below Thin", func(c *challenges) {
		b := c.thin(16)
		c.earn(b, -600, start)
		c.owe(b, 1, after(time.Hour))
		c.score(b, -600*fade(1, 4)+1, after(time.Hour), "-467 is not below -500")
	}},
	{"Thin 0 is never", "Thin 0 is never", func(c *challenges) {
		b := c.budget("country")
		c.earn(b, -10, start)
		c.owe(b, 1, start)
		c.score(b, -9, start, "without Thin and Weight")
		b.Weight = 16
		c.owe(b, 1, start)
		c.score(b, -8, start, "without Thin")
	}},
	{"budgets of other keys are apart", "Budget is a decaying score", func(c *challenges) {
		one, two := c.budget("block"), c.budget("block2")
		c.owe(one, 3, start)
		c.owe(two, 5, start)
		c.score(one, 3, start, "the first")
		c.score(two, 5, start, "the second")
	}},
}
