package storetest

import (
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// attemptCases are what an attempt counts and refuses.
var attemptCases = []testCase[*challenges]{
	{"Attempt counts a wrong digest", "No digest equals: ErrMismatch", func(c *challenges) {
		ch := c.open(c.challenge("login"))
		for left := 4; left >= 0; left-- {
			require.Equal(c, left, c.miss(wrong(ch, start)), "the returned Challenge's TriesLeft says what remains")
		}
		_, err := c.attempt(wrong(ch, start))
		require.ErrorIs(c, err, phoneauth.ErrNotFound, "at 0 the challenge is removed")
	}},
	{"Attempt with the right digest after the last try", "at 0 the challenge is removed", func(c *challenges) {
		ch := c.challenge("login")
		ch.TriesLeft = 1
		c.open(ch)
		require.Equal(c, 0, c.miss(wrong(ch, start)))
		c.gone(ch, start, "the tries are used up", phoneauth.ErrNotFound)
	}},
	{"Attempt with the right digest at the last try", "TriesLeft of that challenge falls by one", func(c *challenges) {
		ch := c.challenge("login")
		ch.TriesLeft = 2
		c.open(ch)
		require.Equal(c, 1, c.miss(wrong(ch, start)))
		assert.Equal(c, 1, c.win(ch, start).TriesLeft, "it is returned as it was")
	}},
	{"Attempt counts a mismatch as a failure", "a failure is counted", func(c *challenges) {
		ch, l := c.open(c.challenge("login")), c.lockout("phone")
		a := wrong(ch, start)
		a.Lockout = l
		for range 3 {
			c.miss(a)
		}
		c.counted(l, 3, start, "after 3 of ErrMismatch")
	}},
	{"Attempt locks at a step", "locks l.Key when the count reaches a step", func(c *challenges) {
		ch, l := c.open(c.challenge("login")), c.lockout("phone")
		l.Steps[0].Failures = 2
		a := wrong(ch, start)
		a.Lockout = l
		c.miss(a)
		c.miss(a)
		_, err := c.attempt(a)
		assert.Equal(c, time.Hour, limitError(c, err, l.Name))
		assert.Equal(c, 3, c.win(ch, start).TriesLeft, "what was refused is not counted")
	}},
	{"Attempt counts failures across challenges", "Lockout counts failures in a row", func(c *challenges) {
		l := c.lockout("phone")
		for range 3 {
			ch := c.open(c.challenge(unique()))
			a := wrong(ch, start)
			a.Lockout = l
			c.miss(a)
			c.miss(a)
			c.begin(phoneauth.BeginParams{Challenge: ch, Lockout: l, Now: start})
		}
		c.counted(l, 6, start, "2 of each of 3 challenges")
	}},
	{"Attempt while locked", "p.Lockout is locked, or one of p.Takes refuses: *LimitError, nothing is taken or counted", func(c *challenges) {
		ch, l, take := c.open(c.challenge("login")), c.lockout("phone"), c.take("address", 5)
		c.lock(l, start)
		for _, a := range []attempt{right(ch, after(tick)), wrong(ch, after(tick)), right(c.challenge("none"), after(tick))} {
			a.Lockout, a.Takes = l, []phoneauth.Take{take}
			_, err := c.attempt(a)
			assert.Equal(c, time.Hour-tick, limitError(c, err, l.Name))
		}
		assert.Zero(c, c.busy(take, after(tick)), "nothing is taken")
		c.same(ch, c.win(ch, after(tick)), "nothing is counted")
	}},
	{"Attempt when a take refuses", "one of p.Takes refuses: *LimitError, nothing is taken or counted", func(c *challenges) {
		ch, l, room, none := c.open(c.challenge("login")), c.lockout("phone"), c.take("room", 5), c.take("none", 1)
		c.spend(start, none)
		for _, a := range []attempt{right(ch, start), wrong(ch, start), right(c.challenge("nothing"), start)} {
			a.Lockout, a.Takes = l, []phoneauth.Take{room, none}
			_, err := c.attempt(a)
			assert.Equal(c, every, limitError(c, err, none.Name))
		}
		assert.Zero(c, c.busy(room, start), "nothing is taken")
		c.same(ch, c.win(ch, start), "no try is counted")
		c.counted(l, 0, start, "no failure is counted")
	}},
	{"Attempt asks Lockout before Takes", "Lockout is asked first", func(c *challenges) {
		ch, l, none := c.open(c.challenge("login")), c.lockout("phone"), c.take("none", 1)
		c.lock(l, start)
		c.spend(start, none)
		a := right(ch, start)
		a.Lockout, a.Takes = l, []phoneauth.Take{none}
		_, err := c.attempt(a)
		limitError(c, err, l.Name)
	}},
	{"Attempt without a challenge keeps the takes", "The takes stay taken, nothing else is counted", func(c *challenges) {
		take := c.take("address", 5)
		a := right(c.challenge("none"), start)
		a.Takes = []phoneauth.Take{take}
		_, err := c.attempt(a)
		require.ErrorIs(c, err, phoneauth.ErrNotFound)
		assert.Equal(c, every, c.busy(take, start))
	}},
	{"Attempt without a challenge counts no failure", "ErrNotFound. The takes stay taken, nothing else is counted", func(c *challenges) {
		l := c.lockout("phone")
		a := right(c.challenge("none"), start)
		a.Lockout = l
		require.NoError(c, c.count(l, start))
		for range 5 {
			_, err := c.attempt(a)
			require.ErrorIs(c, err, phoneauth.ErrNotFound)
		}
		c.counted(l, 1, start, "after 5 of ErrNotFound")
	}},
	{"Attempt at a challenge of another ID", "another one is not live", func(c *challenges) {
		ch, l, take := c.open(c.challenge("login")), c.lockout("phone"), c.take("address", 9)
		for _, a := range []attempt{right(ch, start), wrong(ch, start)} {
			a.ID, a.Lockout, a.Takes = "another", l, []phoneauth.Take{take}
			_, err := c.attempt(a)
			require.ErrorIs(c, err, phoneauth.ErrNotFound)
		}
		assert.Equal(c, 2*every, c.busy(take, start), "the takes stay taken")
		c.counted(l, 0, start, "nothing else is counted")
		c.same(ch, c.win(ch, start), "nothing else is counted")
	}},
	{"Attempt at the ID", "ID, unless empty, is the ID that the challenge must have", func(c *challenges) {
		ch := c.open(c.challenge("login"))
		a := wrong(ch, start)
		a.ID = ch.ID
		require.Equal(c, 4, c.miss(a))
		a = right(ch, start)
		a.ID = ch.ID
		got, err := c.attempt(a)
		require.NoError(c, err)
		assert.Equal(c, ch.ID, got.ID)
	}},
	{"Attempt keeps the takes of a mismatch", "No digest equals: ErrMismatch. The takes stay taken", func(c *challenges) {
		ch, take := c.open(c.challenge("login")), c.take("address", 5)
		a := wrong(ch, start)
		a.Takes, a.OnMatch.Refunds = []phoneauth.Take{take}, []phoneauth.Take{take}
		c.miss(a)
		assert.Equal(c, every, c.busy(take, start))
	}},
	{"Attempt with an empty digest", "An empty digest equals nothing", func(c *challenges) {
		ch, l := c.challenge("login"), c.lockout("phone")
		ch.TriesLeft = 9
		c.open(ch)
		for i, digests := range [][][]byte{nil, {}, {nil}, {{}, nil}} {
			a := right(ch, start)
			a.Digests, a.Lockout = digests, l
			require.Equal(c, 8-i, c.miss(a))
		}
		c.counted(l, 4, start, "each is a mismatch")
	}},
	{"Attempt with half a digest", "compares the digests of one candidate with the challenge's Digest", func(c *challenges) {
		ch := c.open(c.challenge("login"))
		longer := append(append([]byte{}, ch.Digest...), 'x')
		for i, digest := range [][]byte{ch.Digest[:len(ch.Digest)-1], longer, ch.Digest[1:]} {
			a := right(ch, start)
			a.Digests = [][]byte{digest}
			require.Equal(c, 4-i, c.miss(a))
		}
	}},
	{"Attempt with many digests", "Digests of the presented secret, one for each live key", func(c *challenges) {
		ch := c.open(c.challenge("login"))
		a := wrong(ch, start)
		a.Digests = append(a.Digests, []byte("digest of one more"))
		require.Equal(c, 4, c.miss(a), "one try, however many digests")
		a.Digests = append(a.Digests, ch.Digest)
		got, err := c.attempt(a)
		require.NoError(c, err, "the third of three equals")
		assert.Equal(c, 4, got.TriesLeft)
	}},
	{"Attempt at the last microsecond", "Something with an expiry is live while now is before it", func(c *challenges) {
		ch := c.open(c.challenge("login"))
		require.Equal(c, 4, c.miss(wrong(ch, ch.ExpiresAt.Add(-tick))))
		c.win(ch, ch.ExpiresAt.Add(-tick))
	}},
	{"Attempt at the very expiry", "gone at that very microsecond", func(c *challenges) {
		ch, l := c.open(c.challenge("login")), c.lockout("phone")
		for _, a := range []attempt{wrong(ch, ch.ExpiresAt), right(ch, ch.ExpiresAt), right(ch, after(time.Hour))} {
			a.Lockout = l
			_, err := c.attempt(a)
			require.ErrorIs(c, err, phoneauth.ErrNotFound)
		}
		c.counted(l, 0, ch.ExpiresAt, "what is gone counts no failure")
	}},
	{"Attempt without Lockout", "An empty Key does none of it", func(c *challenges) {
		ch := c.challenge("login")
		ch.TriesLeft = 30
		c.open(ch)
		a := wrong(ch, start)
		a.Lockout = c.lockout("phone")
		a.Lockout.Key = ""
		for range 29 {
			c.miss(a)
		}
		c.win(ch, start)
	}},
	{"a mismatch beyond the last step locks", "beyond the last step each further failure locks for the last Wait", func(c *challenges) {
		l, ch := c.steps("phone"), c.challenge("login")
		l.Steps = l.Steps[:1]
		ch.TriesLeft = 30
		c.open(ch)
		a := wrong(ch, start)
		a.Lockout = l
		c.miss(a)
		for range 3 {
			c.miss(a)
			_, err := c.attempt(a)
			assert.Equal(c, time.Minute, limitError(c, err, l.Name))
			a.Now = a.Now.Add(time.Minute)
		}
	}},
}
