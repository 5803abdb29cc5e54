package storetest

import (
	"math/rand/v2"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// cost is take with another cost.
func cost(take phoneauth.Take, n int) phoneauth.Take {
	take.Cost = n
	return take
}

var limitCases = []testCase[*challenges]{
	{"a limit admits its burst", "Limit admits Burst at once, then one each Every", func(c *challenges) {
		take := c.take("address", 3)
		for range 3 {
			c.spend(start, take)
		}
		assert.Equal(c, every, limitError(c, c.takeLimits(start, take), take.Name))
		assert.Equal(c, tick, limitError(c, c.takeLimits(after(every-tick), take), take.Name))
		c.spend(after(every), take)
		assert.Equal(c, every, limitError(c, c.takeLimits(after(every), take), take.Name))
		c.spend(after(2*every), take)
	}},
	{"a limit saves up no more than its burst", "With t the later of tat and now", func(c *challenges) {
		take := c.take("address", 2)
		c.spend(start, take)
		c.spend(after(100*every), take)
		c.spend(after(100*every), take)
		assert.Equal(c, every, limitError(c, c.takeLimits(after(100*every), take), take.Name))
	}},
	{"a limit is exact to the microsecond", "is admitted when t + c·Every − now ≤ Burst·Every", func(c *challenges) {
		take := c.take("address", 3)
		c.spend(start, cost(take, 2))
		c.spend(after(17*tick), take)
		assert.Equal(c, every-18*tick, limitError(c, c.takeLimits(after(18*tick), take), take.Name))
		c.spend(after(every), take)
		assert.Equal(c, 3*every, c.busy(take, after(every)), "tat became t + c·Every")
	}},
	{"a limit with the time going back", "With t the later of tat and now", func(c *challenges) {
		take := c.take("address", 2)
		c.spend(after(time.Second), take)
		assert.Equal(c, time.Second, limitError(c, c.takeLimits(start, take), take.Name))
		c.spend(after(time.Second), take)
	}},
	{"a cost of many", "Cost is how many are taken", func(c *challenges) {
		take := c.take("address", 5)
		c.spend(start, cost(take, 4))
		assert.Equal(c, every, limitError(c, c.takeLimits(start, cost(take, 2)), take.Name))
		assert.Equal(c, 4*every, c.busy(take, start), "a refusal takes nothing")
		c.spend(after(every), cost(take, 2))
		assert.Equal(c, 5*every, c.busy(take, after(every)))
	}},
	{"a cost beyond the burst", "a cost of c is admitted when t + c·Every − now ≤ Burst·Every", func(c *challenges) {
		take := c.take("address", 2)
		limitError(c, c.takeLimits(start, cost(take, 3)), take.Name)
		assert.Zero(c, c.busy(take, start))
	}},
	{"a cost of zero takes nothing", "Zero asks whether one would be admitted and takes nothing", func(c *challenges) {
		take := c.take("address", 2)
		for range 5 {
			c.spend(start, cost(take, 0))
		}
		assert.Zero(c, c.busy(take, start))
		c.spend(start, take)
		c.spend(start, cost(take, 0))
		assert.Equal(c, every, c.busy(take, start))
	}},
	{"a cost of zero is refused", "Zero asks whether one would be admitted", func(c *challenges) {
		take := c.take("address", 2)
		c.spend(start, cost(take, 2))
		assert.Equal(c, every, limitError(c, c.takeLimits(start, cost(take, 0)), take.Name))
		assert.Equal(c, tick, limitError(c, c.takeLimits(after(every-tick), cost(take, 0)), take.Name))
		c.spend(after(every), cost(take, 0))
	}},
	{"a negative cost gives back", "A negative cost gives back: tat becomes tat + Cost·Every", func(c *challenges) {
		take := c.take("address", 5)
		c.spend(start, cost(take, 5))
		c.spend(start, cost(take, -2))
		assert.Equal(c, 3*every, c.busy(take, start))
		c.spend(after(tick), cost(take, -1))
		assert.Equal(c, 2*every-tick, c.busy(take, after(tick)))
	}},
	{"a negative cost is admitted", "always admitted", func(c *challenges) {
		take := c.take("address", 1)
		c.spend(start, take)
		c.spend(start, cost(take, -1))
		c.spend(start, take)
		assert.Equal(c, every, c.busy(take, start))
	}},
	{"a negative cost gives no more than the burst", "With t the later of tat and now", func(c *challenges) {
		take, unused := c.take("address", 2), c.take("unused", 1)
		c.spend(start, take)
		c.spend(start, cost(take, -9), cost(unused, -9))
		c.spend(after(tick), cost(take, 2), unused)
		assert.Equal(c, 2*every, c.busy(take, after(tick)))
		assert.Equal(c, every, c.busy(unused, after(tick)))
	}},
	{"limits are taken all or none", "TakeLimits takes all of takes or none", func(c *challenges) {
		one, none, three, back := c.take("one", 5), c.take("none", 1), c.take("three", 5), c.take("back", 5)
		c.spend(start, none, cost(back, 3))
		limitError(c, c.takeLimits(start, one, cost(back, -1), none, three), none.Name)
		assert.Zero(c, c.busy(one, start), "taken before the refusal")
		assert.Equal(c, 3*every, c.busy(back, start), "given back before the refusal")
		assert.Zero(c, c.busy(three, start), "after the refusal")
		assert.Equal(c, every, c.busy(none, start), "the one that refused")
		c.spend(start, one, three)
		assert.Equal(c, every, c.busy(one, start))
		assert.Equal(c, every, c.busy(three, start))
	}},
	{"the first limit to refuse is named", "*LimitError names the first that refused", func(c *challenges) {
		long, short, room := c.take("long", 1), c.take("short", 1), c.take("room", 9)
		long.Every = time.Hour
		c.spend(start, long, short)
		assert.Equal(c, every, limitError(c, c.takeLimits(start, room, short, long), short.Name))
		assert.Equal(c, time.Hour, limitError(c, c.takeLimits(start, room, long, short), long.Name))
	}},
	{"a refusal names its rule", "Name says which rule this is; it is LimitError.Limit when the take is refused", func(c *challenges) {
		take := c.take("phone", 1)
		c.spend(start, take)
		for _, take.Name = range []string{"one", "another"} {
			limitError(c, c.takeLimits(start, take), take.Name)
		}
	}},
	{"RetryAfter of a limit", "A refusal's RetryAfter is how long until that would hold", func(c *challenges) {
		for n := range 3 {
			take, now := c.take(unique(), 3), after(7*tick)
			c.spend(start, cost(take, 3))
			ask := cost(take, n+1)
			wait := limitError(c, c.takeLimits(now, ask), take.Name)
			assert.Equal(c, time.Duration(n+1)*every-7*tick, wait)
			limitError(c, c.takeLimits(now.Add(wait-tick), ask), take.Name)
			c.spend(now.Add(wait), ask)
		}
	}},
	{"limits far from now", "A store never reads a clock: the time is an argument", func(c *challenges) {
		for _, now := range farAway {
			take := c.take(unique(), 1)
			c.spend(now, take)
			assert.Equal(c, tick, limitError(c, c.takeLimits(now.Add(every-tick), take), take.Name))
			c.spend(now.Add(every), take)
		}
	}},
	{"no limits", "TakeLimits takes all of takes or none", func(c *challenges) {
		require.NoError(c, c.takeLimits(start))
	}},
	{"one key twice in a call", "takes all of takes or none", func(c *challenges) {
		take := c.take("address", 3)
		c.spend(start, take, take)
		assert.Equal(c, 2*every, c.busy(take, start), "both are taken")
		assert.Equal(c, every, limitError(c, c.takeLimits(start, take, take), take.Name), "there is room for one")
		assert.Equal(c, 2*every, c.busy(take, start), "neither is taken")
		c.spend(start, cost(take, -1), cost(take, 2))
		assert.Equal(c, 3*every, c.busy(take, start), "one given back, then two taken")
	}},
	{"one key under two bursts", "One key may be asked under several Bursts of the same Every", func(c *challenges) {
		wide, narrow := c.take("phone", 5), c.take("phone", 2)
		wide.Name, narrow.Name = "wide", "narrow"
		c.spend(start, wide)
		c.spend(start, narrow)
		assert.Equal(c, every, limitError(c, c.takeLimits(start, narrow), narrow.Name), "both count on one instant")
		assert.Equal(c, 2*every, limitError(c, c.takeLimits(start, wide, cost(narrow, 0)), narrow.Name), "after the first of this call")
		c.spend(start, wide)
		c.spend(start, cost(wide, 0))
		assert.Equal(c, 2*every, limitError(c, c.takeLimits(start, cost(narrow, 0)), narrow.Name))
	}},
	{"limits of other keys are apart", "It keeps one instant a key", func(c *challenges) {
		one, two := c.take("address", 1), c.take("address2", 1)
		c.spend(start, one)
		c.spend(start, two)
		two.Key = one.Key
		limitError(c, c.takeLimits(start, two), two.Name)
	}},
	{"limits at random", "a cost of c is admitted when t + c·Every − now ≤ Burst·Every, and then tat becomes t + c·Every", func(c *challenges) {
		for seed := range uint64(4) {
			c.next()
			c.randomTakes(rand.New(rand.NewPCG(seed, 0)))
		}
	}},
}

// randomTakes holds a store to the rule of Limit, which it computes beside it.
func (c *challenges) randomTakes(random *rand.Rand) {
	c.Helper()
	var now, tat time.Duration // since start
	for range 60 {
		now += time.Duration(random.Int64N(int64(every)/int64(tick))) * tick
		take := cost(c.take("random", 1+random.IntN(5)), random.IntN(7)-3)
		take.Cost = min(take.Cost, take.Burst)
		err := c.takeLimits(after(now), take)

		next := max(tat, now) + time.Duration(max(take.Cost, 1))*every
		wait := next - now - time.Duration(take.Burst)*every
		switch {
		case take.Cost < 0:
			require.NoError(c, err, "a cost of %d", take.Cost)
			tat += time.Duration(take.Cost) * every
		case wait > 0:
			require.Equal(c, wait, limitError(c, err, take.Name), "cost %d, burst %d", take.Cost, take.Burst)
		default:
			require.NoError(c, err, "cost %d, burst %d", take.Cost, take.Burst)
			if take.Cost > 0 {
				tat = next
			}
		}
	}
}
