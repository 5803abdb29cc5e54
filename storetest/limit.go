package storetest

import (
	"math/rand/v2"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

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
	{"a refusal names its rule", "Name says which rule this is; it is LimitError.Limit when the take is refused", func(c *challenges) {
		take := c.take("phone", 1)
		c.spend(start, take)
		for _, take.Name = range []string{"one", "another"} {
			limitError(c, c.takeLimits(start, take), take.Name)
		}
	}},
	{"RetryAfter of a limit", "A refusal's RetryAfter is t + c·Every − now − Burst·Every", func(c *challenges) {
		for n := range 3 {
			take, now := c.take(unique(), 3), after(7*tick)
			c.spend(start, cost(take, 3))
			more := cost(take, n+1)
			wait := limitError(c, c.takeLimits(now, more), take.Name)
			assert.Equal(c, time.Duration(n+1)*every-7*tick, wait)
			limitError(c, c.takeLimits(now.Add(wait-tick), more), take.Name)
			c.spend(now.Add(wait), more)
		}
	}},
	{"an ask takes nothing", "Asks must all be admitted, and take nothing", func(c *challenges) {
		take := c.take("address", 2)
		for range 5 {
			require.NoError(c, c.ask(start, take))
		}
		c.spend(start, take)
		require.NoError(c, c.ask(start, take), "there is room for one more")
		c.spend(start, take)
		limitError(c, c.takeLimits(start, take), take.Name)
	}},
	{"an ask is refused", "Asks must all be admitted", func(c *challenges) {
		take := c.take("address", 2)
		c.spend(start, cost(take, 2))
		assert.Equal(c, every, limitError(c, c.ask(start, take), take.Name))
		assert.Equal(c, tick, limitError(c, c.ask(after(every-tick), take), take.Name))
		require.NoError(c, c.ask(after(every), take))
		assert.Equal(c, every, limitError(c, c.ask(after(every), cost(take, 2)), take.Name), "an ask has a cost, too")
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
	{"a limit rounds Every up", "Durations are rounded up to whole microseconds", func(c *challenges) {
		for _, over := range []time.Duration{1, 500, 999} {
			take := c.take(unique(), 2)
			take.Every = time.Minute + over
			c.spend(start, cost(take, 2))
			assert.Equal(c, every, limitError(c, c.takeLimits(start, take), take.Name), "one more")
			assert.Equal(c, 2*every, limitError(c, c.takeLimits(start, cost(take, 2)), take.Name), "two more")
		}
	}},
	{"a cost of many", "Cost is how many are taken", func(c *challenges) {
		take := c.take("address", 5)
		c.spend(start, cost(take, 4))
		assert.Equal(c, every, limitError(c, c.takeLimits(start, cost(take, 2)), take.Name))
		assert.Equal(c, 4*every, c.busy(take, start), "a refusal takes nothing")
		c.spend(after(every), cost(take, 2))
		assert.Equal(c, 5*every, c.busy(take, after(every)))
	}},
	{"a cost beyond the burst", "a cost beyond Burst is never admitted", func(c *challenges) {
		take := c.take("address", 2)
		assert.Equal(c, every, limitError(c, c.takeLimits(start, cost(take, 3)), take.Name), "t + 3·Every − now − 2·Every")
		assert.Equal(c, every, limitError(c, c.takeLimits(after(every), cost(take, 3)), take.Name), "after that wait")
		assert.Equal(c, every, limitError(c, c.takeLimits(after(100*every), cost(take, 3)), take.Name), "long after it")
		assert.Zero(c, c.busy(take, start))
	}},
	{"GiveBack makes room", "Cost is how many are taken, asked for or given back", func(c *challenges) {
		take := c.take("address", 5)
		c.spend(start, cost(take, 5))
		c.giveBack(start, cost(take, 2))
		assert.Equal(c, 3*every, c.busy(take, start))
		c.giveBack(after(tick), take)
		assert.Equal(c, 2*every-tick, c.busy(take, after(tick)))
	}},
	{"GiveBack is never refused", "It is never refused", func(c *challenges) {
		take := c.take("address", 1)
		c.spend(start, take)
		c.giveBack(start, take)
		c.spend(start, take)
		assert.Equal(c, every, c.busy(take, start))
		c.giveBack(start, cost(take, 9), cost(c.take("unused", 1), 9))
	}},
	{"GiveBack gives no more than the burst", "It may be in the past, which counts as no tat. A key without a tat keeps none", func(c *challenges) {
		take, unused := c.take("address", 2), c.take("unused", 1)
		c.spend(start, take)
		c.giveBack(start, cost(take, 9), cost(unused, 9))
		c.spend(after(tick), cost(take, 2), unused)
		assert.Equal(c, 2*every, c.busy(take, after(tick)))
		assert.Equal(c, every, c.busy(unused, after(tick)))
	}},
	{"GiveBack of nothing", "GiveBack gives back what p names", func(c *challenges) {
		require.NoError(c, c.store.GiveBack(c.Context(), phoneauth.GiveBackParams{Now: start}))
	}},
	{"limits are taken all or none", "TakeLimits asks, takes and charges all that p names, or nothing", func(c *challenges) {
		one, none, three := c.take("one", 5), c.take("none", 1), c.take("three", 5)
		c.spend(start, none)
		limitError(c, c.takeLimits(start, one, none, three), none.Name)
		assert.Zero(c, c.busy(one, start), "taken before the refusal")
		assert.Zero(c, c.busy(three, start), "after the refusal")
		assert.Equal(c, every, c.busy(none, start), "the one that refused")
		c.spend(start, one, three)
		assert.Equal(c, every, c.busy(one, start))
		assert.Equal(c, every, c.busy(three, start))
	}},
	{"an ask that is refused takes nothing", "TakeLimits asks, takes and charges all that p names, or nothing", func(c *challenges) {
		one, none := c.take("one", 5), c.take("none", 1)
		c.spend(start, none)
		p := phoneauth.TakeParams{Asks: []phoneauth.Take{none}, Takes: []phoneauth.Take{one}, Now: start}
		limitError(c, c.store.TakeLimits(c.Context(), p), none.Name)
		assert.Zero(c, c.busy(one, start), "taken though an ask was refused")
		p.Now = after(every)
		require.NoError(c, c.store.TakeLimits(c.Context(), p))
		assert.Equal(c, every, c.busy(one, p.Now))
		assert.Zero(c, c.busy(none, p.Now), "the ask takes nothing")
	}},
	{"the first limit to refuse is named", "*LimitError names the first that refused, in the order p.Asks, p.Takes, p.Charges", func(c *challenges) {
		long, short, room := c.take("long", 1), c.take("short", 1), c.take("room", 9)
		long.Every = time.Hour
		c.spend(start, long, short)
		assert.Equal(c, every, limitError(c, c.takeLimits(start, room, short, long), short.Name))
		assert.Equal(c, time.Hour, limitError(c, c.takeLimits(start, room, long, short), long.Name))
		both := phoneauth.TakeParams{Asks: []phoneauth.Take{room, long}, Takes: []phoneauth.Take{short}, Now: start}
		assert.Equal(c, time.Hour, limitError(c, c.store.TakeLimits(c.Context(), both), long.Name), "asks come before takes")
	}},
	{"limits far from now", "A store never reads a clock: the time is an argument", func(c *challenges) {
		for _, now := range farAway {
			take := c.take(unique(), 1)
			c.spend(now, take)
			assert.Equal(c, tick, limitError(c, c.takeLimits(now.Add(every-tick), take), take.Name))
			c.spend(now.Add(every), take)
		}
	}},
	{"no limits", "TakeLimits asks, takes and charges all that p names, or nothing", func(c *challenges) {
		require.NoError(c, c.takeLimits(start))
	}},
	{"one key twice in a call", "A list may name one key twice: the second use sees what the first has done", func(c *challenges) {
		take := c.take("address", 3)
		c.spend(start, take, take)
		assert.Equal(c, 2*every, c.busy(take, start), "both are taken")
		assert.Equal(c, every, limitError(c, c.takeLimits(start, take, take), take.Name), "there is room for one")
		assert.Equal(c, 2*every, c.busy(take, start), "neither is taken")
		require.NoError(c, c.ask(start, take, take), "an ask has done nothing")
		c.giveBack(start, take, take)
		assert.Zero(c, c.busy(take, start), "both are given back")
	}},
	{"one key asked and taken in a call", "Asks must all be admitted, and take nothing. Takes are taken and Charges charged, in this order, all or none", func(c *challenges) {
		take := c.take("address", 3)
		c.spend(start, cost(take, 2))
		p := phoneauth.TakeParams{Asks: []phoneauth.Take{take}, Takes: []phoneauth.Take{take}, Now: start}
		require.NoError(c, c.store.TakeLimits(c.Context(), p), "asked before it is taken")
		assert.Equal(c, 3*every, c.busy(take, start))
	}},
	{"one key under two bursts", "One key may be used under several Bursts of the same Every", func(c *challenges) {
		wide, narrow := c.take("phone", 5), c.take("phone", 2)
		wide.Name, narrow.Name = "wide", "narrow"
		c.spend(start, wide)
		c.spend(start, narrow)
		assert.Equal(c, every, limitError(c, c.takeLimits(start, narrow), narrow.Name), "both count on one instant")
		assert.Equal(c, 2*every, limitError(c, c.takeLimits(start, wide, narrow), narrow.Name), "after the first of this call")
		c.spend(start, wide)
		require.NoError(c, c.ask(start, wide))
		assert.Equal(c, 2*every, limitError(c, c.ask(start, narrow), narrow.Name))
	}},
	{"limits of other keys are apart", "It keeps one instant for each key", func(c *challenges) {
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
		burst := 1 + random.IntN(5)
		take := cost(c.take("random", burst), 1+random.IntN(burst))
		next := max(tat, now) + time.Duration(take.Cost)*every
		wait := next - now - time.Duration(burst)*every
		verb := random.IntN(3)
		if verb == 0 {
			c.giveBack(after(now), take)
			tat -= time.Duration(take.Cost) * every
			continue
		}
		call := c.takeLimits
		if verb == 1 {
			call = c.ask
		}
		err := call(after(now), take)
		if wait > 0 {
			require.Equal(c, wait, limitError(c, err, take.Name), "cost %d, burst %d", take.Cost, burst)
			continue
		}
		require.NoError(c, err, "cost %d, burst %d", take.Cost, burst)
		if verb == 2 {
			tat = next
		}
	}
}
