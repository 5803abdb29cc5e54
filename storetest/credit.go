package storetest

import (
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// bonus is 2 more, once a day.
func (c *challenges) bonus(name string) phoneauth.Bonus {
	take := c.take(name, 1)
	take.Every = 24 * time.Hour
	return phoneauth.Bonus{Take: take, Add: -2}
}

// earning is a match of a new challenge of so many sends, with scores to credit.
func (c *challenges) earning(sends int, now time.Time, bonus phoneauth.Bonus, earned ...phoneauth.Budget) phoneauth.Attempt {
	c.Helper()
	ch := c.passing(now)
	ch.Sends = sends
	c.begin(phoneauth.Begin{Challenge: ch, Now: now})
	a := right(ch, now)
	a.Earned, a.Bonus = earned, bonus
	return a
}

// matched requires that a matches.
func (c *challenges) matched(a phoneauth.Attempt) {
	c.Helper()
	_, err := c.attempt(a)
	require.NoError(c, err, "AttemptChallenge with the right digest")
}

// credit is a budget as an Attempt has it: -1 for each send.
func (c *challenges) credit(name string) phoneauth.Budget {
	b := c.budget(name)
	b.Add = -1
	return b
}

// spentBonus is one whose take refuses.
func (c *challenges) spentBonus() phoneauth.Bonus {
	c.Helper()
	bonus := c.bonus("spent bonus")
	if c.busy(bonus.Take, start) == 0 {
		c.spend(start, bonus.Take)
	}
	return bonus
}

var earnedCases = []testCase[*challenges]{
	{"Earned is credited once a send", "Add once for each of the challenge's Sends", func(c *challenges) {
		block, country := c.credit("block"), c.credit("country")
		country.Add = -1.5
		c.owe(block, 10, start)
		c.matched(c.earning(3, start, c.spentBonus(), block, country))
		c.score(block, 7, start, "10 owed, 3 earned")
		c.score(country, -4.5, start, "3 earned of 1.5")
	}},
	{"Earned counts the sends of touching", "adds the given Sends to its Sends", func(c *challenges) {
		country, ch := c.credit("country"), c.open(c.challenge("login"))
		c.begin(c.touch(ch, start))
		a := right(ch, start)
		a.Earned, a.Bonus = []phoneauth.Budget{country}, c.spentBonus()
		c.matched(a)
		c.score(country, -3, start, "1 and 2 sends")
	}},
	{"Earned of no sends", "Add once for each of the challenge's Sends, and Bonus.Add once more", func(c *challenges) {
		country := c.credit("country")
		c.matched(c.earning(0, start, c.spentBonus(), country))
		c.score(country, 0, start, "no sends and no bonus")
		c.matched(c.earning(0, start, c.bonus("bonus"), country))
		c.score(country, -2, start, "no sends and the bonus")
	}},
	{"Earned with the bonus", "and Bonus.Add once more if Bonus.Take is admitted", func(c *challenges) {
		block, country := c.credit("block"), c.credit("country")
		c.matched(c.earning(3, start, c.bonus("bonus"), block, country))
		c.score(block, -5, start, "3 sends and the bonus")
		c.score(country, -5, start, "the bonus is for each score")
	}},
	{"the bonus is given once", "once for as often as Take is admitted", func(c *challenges) {
		country, bonus := c.credit("country"), c.bonus("bonus")
		country.Earned = 1000 * time.Hour
		c.matched(c.earning(1, start, bonus, country))
		c.matched(c.earning(1, start, bonus, country))
		c.score(country, -4, start, "2 sends, one bonus")
		c.matched(c.earning(0, after(24*time.Hour-tick), bonus, country))
		c.score(country, -4*fade(24, 1000), after(24*time.Hour), "the bonus is not due")
		c.matched(c.earning(0, after(24*time.Hour), bonus, country))
		c.score(country, -4*fade(24, 1000)-2, after(24*time.Hour), "the bonus is due again")
	}},
	{"a refused bonus refuses nothing", "its refusal refuses nothing", func(c *challenges) {
		ch, then := c.open(c.challenge("login")), c.challenge("proof")
		a := right(ch, start)
		a.Then, a.Earned, a.Bonus = &then, []phoneauth.Budget{c.credit("country")}, c.spentBonus()
		c.matched(a)
		c.win(then, start)
	}},
	{"the bonus is taken with Earned only", "Bonus is taken on a match when Earned is not empty", func(c *challenges) {
		bonus := c.bonus("bonus")
		c.matched(c.earning(1, start, bonus))
		assert.Zero(c, c.busy(bonus.Take, start), "no score, no bonus")
		c.matched(c.earning(1, start, bonus, c.credit("country")))
		assert.Equal(c, 24*time.Hour, c.busy(bonus.Take, start))
	}},
	{"Earned is credited on a match only", "the scores of a.Earned are credited", func(c *challenges) {
		country, bonus, ch := c.credit("country"), c.bonus("bonus"), c.open(c.challenge("login"))
		otherID := right(ch, start)
		otherID.ID = "another"
		for _, a := range []phoneauth.Attempt{wrong(ch, start), right(c.challenge("unknown"), start), otherID} {
			a.Earned, a.Bonus = []phoneauth.Budget{country}, bonus
			_, err := c.attempt(a)
			require.Error(c, err)
		}
		c.score(country, 0, start, "nothing is earned")
		assert.Zero(c, c.busy(bonus.Take, start), "no bonus is taken")
	}},
	{"Earned has no Max", "Max does not matter", func(c *challenges) {
		country := c.credit("country")
		country.Max = -100
		c.owe(country, 50, start)
		c.matched(c.earning(1, start, c.spentBonus(), country))
		c.score(country, 49, start, "credited, whatever Max is")
	}},
	{"Earned is credited to the faded score", "Else the sum becomes the score", func(c *challenges) {
		country := c.credit("country")
		c.owe(country, 10, start)
		c.matched(c.earning(1, after(12*time.Hour), c.spentBonus(), country))
		c.score(country, 10*fade(12, 24)-1, after(12*time.Hour), "half a day owed, then credited")
	}},
}
