package storetest

import (
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// reward returns a Reward of 2, once a day.
func (c *challenges) reward(name string) phoneauth.Reward {
	take := c.take(name, 1)
	take.Every = 24 * time.Hour
	return phoneauth.Reward{Take: take, Amount: 2}
}

// crediting returns a match of a new challenge of so many sends, with scores to credit.
func (c *challenges) crediting(sends int, now time.Time, reward phoneauth.Reward, credits ...phoneauth.Charge) attempt {
	c.Helper()
	ch := c.passing(now)
	ch.Sends = sends
	c.begin(phoneauth.BeginParams{Challenge: ch, Now: now})
	a := right(ch, now)
	a.OnMatch.Credits, a.OnMatch.Reward = credits, reward
	return a
}

// spentReward returns one whose take is refused.
func (c *challenges) spentReward() phoneauth.Reward {
	c.Helper()
	reward := c.reward("spent reward")
	if c.busy(reward.Take, start) == 0 {
		c.spend(start, reward.Take)
	}
	return reward
}

var creditCases = []testCase[*challenges]{
	{"a match credits once a send", "by Amount for each of the challenge's Sends", func(c *challenges) {
		block, country := c.charge("block"), c.charge("country")
		country.Amount = 1.5
		c.owe(block, 10, start)
		c.matched(c.crediting(3, start, phoneauth.Reward{}, block, country))
		c.score(block, 7, start, "10 charged, 3 credited")
		c.score(country, -4.5, start, "3 times 1.5 credited")
	}},
	{"a match credits the sends of touching", "adds the given Sends to its Sends", func(c *challenges) {
		country, ch := c.charge("country"), c.open(c.challenge("login"))
		c.begin(c.touch(ch, start))
		a := right(ch, start)
		a.OnMatch.Credits = []phoneauth.Charge{country}
		c.matched(a)
		c.score(country, -3, start, "1 and 2 sends")
	}},
	{"a match of no sends credits the reward alone", "and a sum of zero changes nothing", func(c *challenges) {
		country := c.charge("country")
		c.owe(country, 5, start)
		c.matched(c.crediting(0, after(tick), c.spentReward(), country))
		c.score(country, 5*fade(12, 24), after(12*time.Hour), "no sends and no reward")
		c.matched(c.crediting(0, after(12*time.Hour), c.reward("reward"), country))
		c.score(country, 5*fade(12, 24)-2, after(12*time.Hour), "no sends and the reward")
	}},
	{"a match credits the reward", "and by Reward.Amount more if Reward.Take is admitted", func(c *challenges) {
		block, country := c.charge("block"), c.charge("country")
		c.owe(block, 10, start)
		c.matched(c.crediting(3, start, c.reward("reward"), block, country))
		c.score(block, 5, start, "3 sends and the reward, which lowers the score")
		c.score(country, -5, start, "the reward is for each score, once")
	}},
	{"the reward and the sends are one change", "Credits lower their scores, each by one change", func(c *challenges) {
		country := c.sampled(16)
		c.earn(country, 498, start)
		c.matched(c.crediting(3, start, c.reward("reward"), country))
		c.score(country, -503, start, "-498 is not below -500, so no part of the change is weighted")
		c.matched(c.crediting(3, start, c.reward("reward 2"), country))
		c.score(country, -583, start, "-503 is, so all of it is")
	}},
	{"the reward is given once", "as often as Take is admitted", func(c *challenges) {
		country, reward := c.charge("country"), c.reward("reward")
		country.CreditDecay = 1000 * time.Hour
		c.matched(c.crediting(1, start, reward, country))
		c.matched(c.crediting(1, start, reward, country))
		c.score(country, -4, start, "2 sends, one reward")
		c.matched(c.crediting(0, after(24*time.Hour-tick), reward, country))
		c.score(country, -4*fade(24, 1000), after(24*time.Hour), "the reward is not due")
		c.matched(c.crediting(0, after(24*time.Hour), reward, country))
		c.score(country, -4*fade(24, 1000)-2, after(24*time.Hour), "the reward is due again")
	}},
	{"a match without a reward", "A Reward whose Take has no Key is never given", func(c *challenges) {
		country := c.charge("country")
		reward := c.reward("reward")
		reward.Take.Key = ""
		c.matched(c.crediting(1, start, reward, country))
		c.score(country, -1, start, "the send alone")
	}},
	{"a refused reward refuses nothing", "When it is refused, the match stands", func(c *challenges) {
		ch, proof := c.open(c.challenge("login")), c.challenge("proof")
		a := right(ch, start)
		a.OnMatch = phoneauth.OnMatch{Store: &proof, Credits: []phoneauth.Charge{c.charge("country")}, Reward: c.spentReward()}
		c.matched(a)
		c.win(proof, start)
		c.score(c.charge("country"), -1, start, "the send is credited")
	}},
	{"the reward is taken with Credits only", "Reward is taken when Credits is not empty", func(c *challenges) {
		reward := c.reward("reward")
		c.matched(c.crediting(1, start, reward))
		assert.Zero(c, c.busy(reward.Take, start), "no score, no reward")
		c.matched(c.crediting(1, start, reward, c.charge("country")))
		assert.Equal(c, 24*time.Hour, c.busy(reward.Take, start))
	}},
	{"only a match credits", "OnMatch says what a match does in addition to removing the challenge", func(c *challenges) {
		country, reward, ch := c.charge("country"), c.reward("reward"), c.open(c.challenge("login"))
		otherID := right(ch, start)
		otherID.ID = "another"
		for _, a := range []attempt{wrong(ch, start), right(c.challenge("unknown"), start), otherID} {
			a.OnMatch.Credits, a.OnMatch.Reward = []phoneauth.Charge{country}, reward
			_, err := c.attempt(a)
			require.Error(c, err)
		}
		c.score(country, 0, start, "nothing is credited")
		assert.Zero(c, c.busy(reward.Take, start), "no reward is taken")
	}},
	{"the credits of a match have no Max", "Their Max does not matter", func(c *challenges) {
		country := c.charge("country")
		country.Max = -100
		c.owe(country, 50, start)
		c.matched(c.crediting(1, start, phoneauth.Reward{}, country))
		c.score(country, 49, start, "credited, whatever Max is")
	}},
	{"a match credits the faded score", "Else the sum becomes the score", func(c *challenges) {
		country := c.charge("country")
		c.owe(country, 10, start)
		c.matched(c.crediting(1, after(12*time.Hour), phoneauth.Reward{}, country))
		c.score(country, 10*fade(12, 24)-1, after(12*time.Hour), "faded for half a day, then credited")
	}},
	{"a match credits one score twice", "A list may name one key twice: the second use sees what the first has done", func(c *challenges) {
		country := c.charge("country")
		c.matched(c.crediting(2, start, c.reward("reward"), country, country))
		c.score(country, -8, start, "2 sends and the reward, twice")
	}},
}
