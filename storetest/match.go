package storetest

import (
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// matchCases are what a match does.
var matchCases = []testCase[*challenges]{
	{"a match takes the challenge away", "the challenge is removed and returned as it was", func(c *challenges) {
		ch := c.open(c.challenge("login"))
		require.Equal(c, 4, c.miss(wrong(ch, start)))
		want := ch
		want.TriesLeft = 4
		c.same(want, c.win(ch, start), "as it was, the try of the match not counted")
		c.gone(ch, start, "a second time", phoneauth.ErrNotFound)
	}},
	{"a match keeps the takes", "Takes are taken before anything is compared", func(c *challenges) {
		ch, take := c.open(c.challenge("login")), c.take("address", 5)
		a := right(ch, start)
		a.Takes = []phoneauth.Take{take}
		c.matched(a)
		assert.Equal(c, every, c.busy(take, start))
	}},
	{"a match stores Store", "Store, unless nil, is stored in place of whatever has its Key", func(c *challenges) {
		ch, proof := c.open(c.challenge("login")), c.challenge("proof")
		proof.TriesLeft, proof.Sends = 1, 0
		a := right(ch, start)
		a.OnMatch.Store = &proof
		c.matched(a)
		c.same(proof, c.win(proof, proof.ExpiresAt.Add(-tick)), "what follows, live until its expiry")
		c.gone(proof, start, "it is taken once, too", phoneauth.ErrNotFound)
	}},
	{"Store is gone at its expiry", "Something with an expiry is live while now is before it", func(c *challenges) {
		ch, proof := c.open(c.challenge("login")), c.challenge("proof")
		a := right(ch, start)
		a.OnMatch.Store = &proof
		c.matched(a)
		c.gone(proof, proof.ExpiresAt, "gone at that very microsecond", phoneauth.ErrNotFound)
	}},
	{"Store has its own ID", "OnMatch is done in the step that removes the challenge", func(c *challenges) {
		ch, proof := c.open(c.challenge("login")), c.challenge("proof")
		a := right(ch, start)
		a.OnMatch.Store = &proof
		c.matched(a)
		a = right(proof, start)
		a.ID = ch.ID
		_, err := c.attempt(a)
		require.ErrorIs(c, err, phoneauth.ErrNotFound, "the ID of the challenge it follows")
		a.ID = proof.ID
		c.matched(a)
	}},
	{"Store is stored on a match only", "OnMatch says what a match does in addition to removing the challenge", func(c *challenges) {
		ch, proof, l, none := c.open(c.challenge("login")), c.challenge("proof"), c.lockout("phone"), c.take("none", 1)
		c.lock(l, start)
		c.spend(start, none)
		mismatch, unknown := wrong(ch, start), right(c.challenge("unknown"), start)
		otherID, locked, refused := right(ch, start), right(ch, start), right(ch, start)
		otherID.ID, locked.Lockout, refused.Takes = "another", l, []phoneauth.Take{none}
		for _, a := range []attempt{mismatch, unknown, otherID, locked, refused} {
			a.OnMatch.Store = &proof
			_, err := c.attempt(a)
			require.Error(c, err)
			c.gone(proof, start, "stored without a match: "+err.Error(), phoneauth.ErrNotFound)
		}
	}},
	{"Store replaces what lives under its key", "in place of whatever has its Key", func(c *challenges) {
		ch, proof, older := c.open(c.challenge("login")), c.challenge("proof"), c.open(c.challenge("proof"))
		a := right(ch, start)
		a.OnMatch.Store = &proof
		c.matched(a)
		c.gone(older, start, "replaced", phoneauth.ErrMismatch)
		proof.TriesLeft--
		c.same(proof, c.win(proof, start), "as stored")
	}},
	{"Store under the key of the challenge", "the challenge is removed and returned as it was", func(c *challenges) {
		ch, proof := c.open(c.challenge("login")), c.challenge("login")
		a := right(ch, start)
		a.OnMatch.Store = &proof
		got := c.matched(a)
		c.same(ch, got, "the one taken away")
		c.same(proof, c.win(proof, start), "the one that follows")
	}},
	{"a match clears the failures", "The failures of p.Lockout are cleared", func(c *challenges) {
		ch, l := c.open(c.challenge("login")), c.lockout("phone")
		c.fail(l, 9, start)
		a := right(ch, start)
		a.Lockout = l
		c.matched(a)
		c.counted(l, 0, start, "after a match")
	}},
	{"a match refunds", "Refunds are given back once", func(c *challenges) {
		ch, address, phone := c.challenge("login"), c.take("address", 9), c.take("phone", 9)
		ch.Sends = 3
		c.open(ch)
		c.spend(start, cost(address, 4), phone)
		a := right(ch, start)
		a.OnMatch.Refunds = []phoneauth.Take{cost(address, 3), phone}
		c.matched(a)
		assert.Equal(c, every, c.busy(address, start), "3 of 4, whatever the sends")
		assert.Zero(c, c.busy(phone, start), "1 of 1")
	}},
	{"a match refunds sends", "SendRefunds are given back once for each of the challenge's Sends", func(c *challenges) {
		ch, address, phone := c.challenge("login"), c.take("address", 20), c.take("phone", 9)
		ch.Sends = 3
		c.open(ch)
		c.spend(start, cost(address, 10), cost(phone, 4))
		a := right(ch, start)
		a.OnMatch.SendRefunds = []phoneauth.Take{cost(address, 2), phone}
		c.matched(a)
		assert.Equal(c, 4*every, c.busy(address, start), "3 times 2 of 10")
		assert.Equal(c, every, c.busy(phone, start), "3 of 4")
	}},
	{"a match of no sends refunds none", "SendRefunds are given back once for each of the challenge's Sends", func(c *challenges) {
		ch, take := c.challenge("login"), c.take("address", 9)
		ch.Sends = 0
		c.open(ch)
		c.spend(start, cost(take, 4))
		a := right(ch, start)
		a.OnMatch.SendRefunds = []phoneauth.Take{take}
		c.matched(a)
		assert.Equal(c, 4*every, c.busy(take, start))
	}},
	{"only a match refunds", "OnMatch says what a match does in addition to removing the challenge", func(c *challenges) {
		ch, take := c.open(c.challenge("login")), c.take("address", 9)
		c.spend(start, cost(take, 4))
		otherID := right(ch, start)
		otherID.ID = "another"
		for _, a := range []attempt{wrong(ch, start), right(c.challenge("unknown"), start), otherID} {
			a.OnMatch.Refunds, a.OnMatch.SendRefunds = []phoneauth.Take{take}, []phoneauth.Take{take}
			_, err := c.attempt(a)
			require.Error(c, err)
		}
		assert.Equal(c, 4*every, c.busy(take, start))
	}},
	{"a match refunds what it takes", "Takes are taken before anything is compared", func(c *challenges) {
		ch, take := c.open(c.challenge("login")), c.take("address", 9)
		a := right(ch, start)
		a.Takes, a.OnMatch.Refunds = []phoneauth.Take{take}, []phoneauth.Take{take}
		c.matched(a)
		assert.Zero(c, c.busy(take, start), "taken, then given back")
	}},
	{"a match clears scores", "ClearScores are the keys of scores to be forgotten", func(c *challenges) {
		ch, one, two, other := c.open(c.challenge("login")), c.charge("one"), c.charge("two"), c.charge("other")
		c.owe(one, 5, start)
		c.earn(two, 5, start)
		c.owe(other, 5, start)
		a := right(ch, start)
		a.OnMatch.ClearScores = []string{one.Key, two.Key, c.key("none")}
		c.matched(a)
		c.score(one, 0, start, "a debt is forgotten")
		c.score(two, 0, start, "a credit is forgotten")
		c.score(other, 5, start, "one that is not named")
	}},
	{"only a match clears scores", "OnMatch says what a match does in addition to removing the challenge", func(c *challenges) {
		ch, score := c.open(c.challenge("login")), c.charge("one")
		c.owe(score, 5, start)
		for _, a := range []attempt{wrong(ch, start), right(c.challenge("unknown"), start)} {
			a.OnMatch.ClearScores = []string{score.Key}
			_, err := c.attempt(a)
			require.Error(c, err)
		}
		c.score(score, 5, start, "nothing matched")
	}},
	{"a match does what stands first in OnMatch first", "Where two fields name one key, the upper one is done first", func(c *challenges) {
		ch, score := c.open(c.challenge("login")), c.charge("one")
		c.owe(score, 5, start)
		reward := c.reward("reward")
		c.spend(start, reward.Take)
		a := right(ch, start)
		a.OnMatch.Refunds = []phoneauth.Take{reward.Take}
		a.OnMatch.Credits, a.OnMatch.Reward = []phoneauth.Charge{c.charge("country")}, reward
		c.matched(a)
		c.score(c.charge("country"), -3, start, "the reward was given back before it was taken")
		assert.Equal(c, 24*time.Hour, c.busy(reward.Take, start), "and taken again")

		a = right(c.open(c.challenge("login 2")), start)
		a.OnMatch.Credits, a.OnMatch.ClearScores = []phoneauth.Charge{score}, []string{score.Key}
		c.matched(a)
		c.score(score, 0, start, "credited, then forgotten")
	}},
}
