package storetest

import (
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// read returns ReadState of p. It must succeed and have lists as long as those of p.
func (c *challenges) read(p phoneauth.StateParams) phoneauth.State {
	c.Helper()
	s, err := c.store.ReadState(c.Context(), p)
	require.NoError(c, err, "ReadState")
	require.Len(c, s.Challenges, len(p.Challenges), "State.Challenges")
	require.Len(c, s.Lockouts, len(p.Lockouts), "State.Lockouts")
	require.Len(c, s.Waits, len(p.Takes), "State.Waits")
	require.Len(c, s.Scores, len(p.Scores), "State.Scores")
	return s
}

// near checks a score to a millionth.
func (c *challenges) near(want, got float64, message string) {
	c.Helper()
	assert.InDelta(c, want, got, 1e-6, message)
}

var stateCases = []testCase[*challenges]{
	{"ReadState of nothing", "Each list has the length and the order of the one that asked", func(c *challenges) {
		c.read(phoneauth.StateParams{Now: start})
		s := c.read(phoneauth.StateParams{Challenges: []string{c.key("a")}, Lockouts: []string{c.key("a")},
			Takes: []phoneauth.Take{c.take("a", 1)}, Scores: []phoneauth.Score{c.charge("a").Score}, Now: start})
		c.same(phoneauth.Challenge{}, s.Challenges[0], "the zero Challenge where none is")
		assert.Zero(c, s.Lockouts[0], "a key without failures")
		assert.Zero(c, s.Waits[0], "0 for at once")
		assert.Zero(c, s.Scores[0], "0 where there is none")
	}},
	{"ReadState of challenges", "Challenges are those that are live at Now, and the zero Challenge where none is", func(c *challenges) {
		one, two := c.open(c.challenge("1")), c.open(c.challenge("2"))
		require.Equal(c, 4, c.miss(wrong(two, start)))
		two.TriesLeft = 4
		p := phoneauth.StateParams{Challenges: []string{two.Key, c.key("3"), one.Key, two.Key}, Now: one.ExpiresAt.Add(-tick)}
		s := c.read(p)
		for i, want := range []phoneauth.Challenge{two, {}, one, two} {
			c.same(want, s.Challenges[i], "live until the last microsecond")
		}
		p.Now = one.ExpiresAt
		for _, got := range c.read(p).Challenges {
			c.same(phoneauth.Challenge{}, got, "gone at the expiry")
		}
	}},
	{"ReadState of lockouts", "LockoutState is what a store keeps of a [Lockout]", func(c *challenges) {
		once, locked := c.steps("once"), c.steps("locked")
		c.fail(once, 1, start)
		c.fail(locked, 2, start)
		p := phoneauth.StateParams{Lockouts: []string{locked.Key, c.key("none"), once.Key}, Now: after(time.Second)}
		s := c.read(p)
		forget := start.Add(once.TTL).UnixMicro()
		assert.Equal(c, phoneauth.LockoutState{Failures: 2, LockedUntil: after(time.Minute).UnixMicro(), ForgetAt: forget}, s.Lockouts[0], "locked")
		assert.Zero(c, s.Lockouts[1], "a key without failures")
		assert.Equal(c, phoneauth.LockoutState{Failures: 1, ForgetAt: forget}, s.Lockouts[2], "counted")
		p.Now = after(once.TTL - tick)
		assert.Equal(c, 2, c.read(p).Lockouts[0].Failures, "the lock is over, the count is not forgotten")
		p.Now = after(once.TTL)
		for _, got := range c.read(p).Lockouts {
			assert.Zero(c, got, "forgotten")
		}
	}},
	{"ReadState of limits", "Waits says how long until each of Takes would be admitted by itself: 0 for at once", func(c *challenges) {
		one, two := c.take("one", 3), c.take("two", 1)
		c.spend(start, cost(one, 3), two)
		p := phoneauth.StateParams{Takes: []phoneauth.Take{two, one, cost(one, 2), c.take("three", 1), one}, Now: after(tick)}
		assert.Equal(c, []time.Duration{every - tick, every - tick, 2*every - tick, 0, every - tick}, c.read(p).Waits,
			"each by itself: the second of one key sees nothing of the first")
		p.Now = after(every)
		assert.Equal(c, []time.Duration{0, 0, every, 0, 0}, c.read(p).Waits)
		p.Now = after(100 * every)
		assert.Equal(c, make([]time.Duration, 5), c.read(p).Waits, "no wait is below 0")
	}},
	{"ReadState of scores", "Scores are the scores, faded to Now, and 0 where there is none", func(c *challenges) {
		debt, credit := c.charge("debt"), c.charge("credit")
		c.owe(debt, 10, start)
		c.earn(credit, 10, start)
		p := phoneauth.StateParams{Scores: []phoneauth.Score{credit.Score, c.charge("none").Score, debt.Score}, Now: start}
		for _, hours := range []float64{0, 1, 95} {
			p.Now = after(time.Duration(hours * float64(time.Hour)))
			s := c.read(p)
			c.near(-10*fade(hours, 4), s.Scores[0], "a credit")
			assert.Zero(c, s.Scores[1], "no score")
			c.near(10*fade(hours, 24), s.Scores[2], "a debt")
		}
		p.Now = after(96 * time.Hour)
		assert.Equal(c, []float64{0, 0, 0}, c.read(p).Scores, "forgotten")
		p.Now = after(-time.Hour)
		c.near(10, c.read(p).Scores[2], "a time before the last change fades nothing")
	}},
	{"ReadState changes nothing", "ReadState returns what the store has of the rows that p names, at one moment, and changes nothing", func(c *challenges) {
		ch, l, take, score := c.open(c.challenge("login")), c.lockout("phone"), c.take("phone", 3), c.charge("country")
		c.fail(l, 3, start)
		c.spend(start, take)
		c.owe(score, 10, start)
		p := phoneauth.StateParams{Challenges: []string{ch.Key}, Lockouts: []string{l.Key}, Takes: []phoneauth.Take{take},
			Scores: []phoneauth.Score{score.Score}}
		for i := range 8 {
			p.Now = after(time.Duration(i) * 40 * time.Hour)
			c.read(p)
		}
		assert.Equal(c, every, c.busy(take, start), "no limit is taken")
		c.score(score, 10, start, "no score has faded or is forgotten")
		c.same(ch, c.win(ch, start), "the challenge lost no try")
		c.counted(l, 3, start, "no failure is counted or forgotten")
	}},
	{"ReadState agrees with the other verbs", "ReadState returns what the store has of the rows that p names", func(c *challenges) {
		l, take, score := c.steps("phone"), c.take("phone", 2), c.charge("country")
		p := phoneauth.StateParams{Lockouts: []string{l.Key}, Takes: []phoneauth.Take{take}, Scores: []phoneauth.Score{score.Score}, Now: start}
		c.fail(l, 2, start)
		c.spend(start, cost(take, 2))
		c.owe(score, 20, start)
		s := c.read(p)
		assert.Equal(c, limitError(c, c.count(l, start), l.Name), time.UnixMicro(s.Lockouts[0].LockedUntil).Sub(start))
		assert.Equal(c, limitError(c, c.takeLimits(start, take), take.Name), s.Waits[0])
		c.score(score, s.Scores[0], start, "the score that ReadState says")
		c.giveBack(start, take)
		c.earn(score, 5, start)
		require.NoError(c, c.store.ClearFailures(c.Context(), l.Key))
		s = c.read(p)
		assert.Zero(c, s.Lockouts[0])
		assert.Zero(c, s.Waits[0])
		c.near(15, s.Scores[0], "credited")
	}},
}
