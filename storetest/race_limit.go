package storetest

import (
	"math"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// A refusal may be spurious while others are in flight, where the keys of a call are in
// many places at once. So these races check that what was admitted then and what is
// admitted afterwards come to the limit, no less and no more.

// admitted counts the callers who got no error; all others were refused by the limit.
func admitted(c *challenges, round int, name string, call func(i int) error) int {
	c.Helper()
	errs, n := make([]error, crowd), 0
	together(crowd, func(i int) { errs[i] = call(i) })
	for _, err := range errs {
		if err == nil {
			n++
			continue
		}
		require.True(c, limited(err, name), "round %d: %v", round, err)
	}
	return n
}

// until counts how often call is admitted, one after the other.
func until(refused int, call func() error) int {
	n := 0
	for n < refused && call() == nil {
		n++
	}
	return n
}

var limitRaces = []testCase[*challenges]{
	{"race: a limit never overshoots", "Limit admits Burst at once", func(c *challenges) {
		for round := range c.heavy() {
			c.next()
			take := c.take("address", 10)
			n := admitted(c, round, take.Name, func(int) error { return c.takeLimits(start, take) })
			require.LessOrEqual(c, n, 10, "round %d: more than the limit", round)
			n += until(crowd, func() error { return c.takeLimits(start, take) })
			require.Equal(c, 10, n, "round %d: Burst at once", round)
			require.Equal(c, 10*every, c.busy(take, start), "round %d", round)
		}
	}},
	{"race: limits are taken all or none", "TakeLimits asks, takes and charges all that p names, or nothing", func(c *challenges) {
		for round := range c.heavy() {
			c.next()
			wide, narrow := c.take("wide", 60), c.take("narrow", 5)
			n := admitted(c, round, narrow.Name, func(int) error { return c.takeLimits(start, wide, narrow) })
			require.LessOrEqual(c, n, 5, "round %d: more than the limit", round)
			require.Equal(c, time.Duration(n)*every, c.busy(wide, start), "round %d: taken though refused", round)
			require.Equal(c, time.Duration(n)*every, c.busy(narrow, start), "round %d", round)
		}
	}},
	{"race: giving back is exact", "GiveBack gives back what p names", func(c *challenges) {
		for round := range c.heavy() {
			c.next()
			take := c.take("address", 2*callers)
			c.spend(start, cost(take, callers))
			errs := make([]error, callers)
			together(callers, func(i int) {
				if i%2 == 0 {
					errs[i] = c.takeLimits(start, take)
				} else {
					errs[i] = c.store.GiveBack(c.Context(), phoneauth.GiveBackParams{Takes: []phoneauth.Take{take}, Now: start})
				}
			})
			for _, err := range errs {
				require.NoError(c, err, "round %d", round)
			}
			require.Equal(c, callers*every, c.busy(take, start), "round %d: as many given back as taken", round)
		}
	}},
	{"race: Begin and its takes", "Takes are taken and Charges charged, in this order, all or none", func(c *challenges) {
		for round := range c.heavy() {
			c.next()
			take, b := c.take("phone", 10), c.charge("country")
			begin := func() error {
				return c.tryBegin(phoneauth.BeginParams{Challenge: c.challenge(unique()), Takes: []phoneauth.Take{take},
					Charges: []phoneauth.Charge{b}, Now: start})
			}
			n := admitted(c, round, take.Name, func(int) error { return begin() })
			require.LessOrEqual(c, n, 10, "round %d: more than the limit", round)
			n += until(crowd, begin)
			require.Equal(c, 10, n, "round %d: Burst at once", round)
			c.score(b, 10, start, "one for each that was admitted")
		}
	}},
	{"race: a score never overshoots", "exceeds Max", func(c *challenges) {
		for round := range c.heavy() {
			c.next()
			b := c.charge("country")
			n := admitted(c, round, b.Name, func(int) error { return c.charged(start, b) })
			require.LessOrEqual(c, n, 20, "round %d: more than Max", round)
			n += until(crowd, func() error { return c.charged(start, b) })
			require.Equal(c, 20, n, "round %d: up to Max", round)
			c.score(b, 20, start, "one for each that was admitted")
		}
	}},
	{"race: Begin and its charges", "Takes are taken and Charges charged, in this order, all or none", func(c *challenges) {
		for round := range c.heavy() {
			c.next()
			score := c.charge("country")
			begin := func() error {
				return c.tryBegin(phoneauth.BeginParams{Challenge: c.challenge(unique()), Charges: []phoneauth.Charge{score}, Now: start})
			}
			n := admitted(c, round, score.Name, func(int) error { return begin() })
			require.LessOrEqual(c, n, 20, "round %d: more than Max", round)
			n += until(crowd, begin)
			require.Equal(c, 20, n, "round %d: up to Max", round)
			c.score(score, 20, start, "one for each that was admitted")
		}
	}},
	{"race: every credit counts", "Credits lower their scores, each by one change", func(c *challenges) {
		for round := range c.heavy() {
			c.next()
			country, reward := c.charge("country"), c.reward("reward")
			all := make([]attempt, callers)
			for i := range all {
				all[i] = c.crediting(1, start, reward, country)
			}
			for _, a := range c.attempts(callers, func(i int) attempt { return all[i] }) {
				require.NoError(c, a.err, "round %d", round)
			}
			c.score(country, -callers-2, start, "each send, and one reward")
		}
	}},
	{"race: CountFailure counts all", "Concurrent callers are all counted", func(c *challenges) {
		for round := range c.heavy() {
			c.next()
			l := c.lockout("phone")
			l.Steps[0].Failures = crowd + 3
			n := admitted(c, round, l.Name, func(int) error { return c.count(l, start) })
			require.Equal(c, crowd, n, "round %d", round)
			c.counted(l, crowd, start, "all of them")
		}
	}},
	{"race: CountFailure refuses after the lock", "those after the one that locked are refused", func(c *challenges) {
		for round := range c.heavy() {
			c.next()
			l := c.lockout("phone")
			n := admitted(c, round, l.Name, func(int) error { return c.count(l, start) })
			assert.Equal(c, 10, n, "round %d", round)
		}
	}},
	{"race: Purge removes nothing that lives", "it may run at any time, also concurrently", func(c *challenges) {
		for round := range c.heavy() {
			c.next()
			gone, l := c.challenge("login"), c.lockout("phone")
			l.TTL, gone.ExpiresAt, gone.Until = time.Minute, start, start
			c.begin(phoneauth.BeginParams{Challenge: gone, Now: after(-time.Hour)})
			c.fail(l, 5, after(-time.Hour))
			b := c.touch(gone, start)
			errs, counted := make([]error, callers), make([]bool, callers)
			together(callers, func(i int) {
				switch purger, ok := c.store.(phoneauth.Purger); {
				case (i+round)%4 == 0 && ok:
					_, errs[i] = purger.Purge(c.Context(), start)
				case (i+round)%2 == 0:
					errs[i], counted[i] = c.count(l, start), true
				default:
					errs[i] = c.tryBegin(b)
				}
			})
			n := 0
			for i, err := range errs {
				require.NoError(c, err, "round %d", round)
				if counted[i] {
					n++
				}
			}
			require.Equal(c, 2*callers/2, c.win(b.Challenge, start).Sends, "round %d: every touch of the new one counts", round)
			c.counted(l, n, start, "counted anew")
		}
	}},
	{"race: ReadState is of one moment", "at one moment, and changes nothing", func(c *challenges) {
		for round := range c.heavy() {
			c.next()
			one, two, score := c.take("one", 2*callers), c.take("two", 2*callers), c.charge("country")
			all := phoneauth.TakeParams{Takes: []phoneauth.Take{one, two}, Charges: []phoneauth.Charge{score}, Now: start}
			ask := phoneauth.StateParams{Takes: []phoneauth.Take{one, two}, Scores: []phoneauth.Score{score.Score}, Now: start}
			ask.Takes[0].Burst, ask.Takes[1].Burst = 1, 1
			states, errs := make([]phoneauth.State, callers), make([]error, callers)
			together(callers, func(i int) {
				if i%2 == 0 {
					errs[i] = c.store.TakeLimits(c.Context(), all)
				} else {
					states[i], errs[i] = c.store.ReadState(c.Context(), ask)
				}
			})
			for i, err := range errs {
				require.NoError(c, err, "round %d", round)
				if i%2 == 1 {
					require.Equal(c, states[i].Waits[0], states[i].Waits[1], "round %d: one was read before a step, the other after it", round)
					require.Equal(c, states[i].Waits[0], time.Duration(math.Round(states[i].Scores[0]))*every, "round %d: the score was read before or after", round)
				}
			}
		}
	}},
}
