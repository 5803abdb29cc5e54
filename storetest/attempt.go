package storetest

import (
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// attemptCases are what an attempt counts and refuses; matchCases what a match does.
var attemptCases = []testCase[*challenges]{
	{"Attempt counts a wrong digest", "No digest equals: ErrMismatch", func(c *challenges) {
		ch := c.open(c.challenge("login"))
		for left := 4; left >= 0; left-- {
			require.Equal(c, left, c.miss(wrong(ch, start)), "the returned Challenge's TriesLeft says what remains")
		}
		_, err := c.attempt(wrong(ch, start))
		require.ErrorIs(c, err, phoneauth.ErrNotFound, "at none the challenge is gone")
	}},
	{"Attempt with the right digest after the last try", "at none the challenge is gone", func(c *challenges) {
		ch := c.challenge("login")
		ch.TriesLeft = 1
		c.open(ch)
		require.Equal(c, 0, c.miss(wrong(ch, start)))
		c.gone(ch, start, "the tries are used up", phoneauth.ErrNotFound)
	}},
	{"Attempt with the right digest at the last try", "TriesLeft falls by one", func(c *challenges) {
		ch := c.challenge("login")
		ch.TriesLeft = 2
		c.open(ch)
		require.Equal(c, 1, c.miss(wrong(ch, start)))
		assert.Equal(c, 1, c.win(ch, start).TriesLeft, "it is returned as it was")
	}},
	{"Attempt counts a mismatch as a failure", "a failure is counted", func(c *challenges) {
		ch, f := c.open(c.challenge("login")), c.failures("phone")
		a := wrong(ch, start)
		a.Failures = f
		for range 3 {
			c.miss(a)
		}
		c.counted(f, 3, start, "after 3 of ErrMismatch")
	}},
	{"Attempt locks at a step", "and locks f.Key when the count reaches a step", func(c *challenges) {
		ch, f := c.open(c.challenge("login")), c.failures("phone")
		f.Steps[0].At = 2
		a := wrong(ch, start)
		a.Failures = f
		c.miss(a)
		c.miss(a)
		_, err := c.attempt(a)
		assert.Equal(c, time.Hour, limitError(c, err, f.Name))
		assert.Equal(c, 3, c.win(ch, start).TriesLeft, "what was refused is not counted")
	}},
	{"Attempt counts failures across challenges", "Failures is a counter of failures in a row", func(c *challenges) {
		f := c.failures("phone")
		for range 3 {
			ch := c.open(c.challenge(unique()))
			a := wrong(ch, start)
			a.Failures = f
			c.miss(a)
			c.miss(a)
			c.begin(phoneauth.Begin{Challenge: ch, Failures: f, Now: start})
		}
		c.counted(f, 6, start, "2 of each of 3 challenges")
	}},
	{"Attempt while locked", "a.Failures is locked, or one of a.Takes refuses: *LimitError, nothing is taken or counted", func(c *challenges) {
		ch, f, take := c.open(c.challenge("login")), c.failures("phone"), c.take("address", 5)
		c.lock(f, start)
		for _, a := range []phoneauth.Attempt{right(ch, after(tick)), wrong(ch, after(tick)), right(c.challenge("none"), after(tick))} {
			a.Failures, a.Takes = f, []phoneauth.Take{take}
			_, err := c.attempt(a)
			assert.Equal(c, time.Hour-tick, limitError(c, err, f.Name))
		}
		assert.Zero(c, c.busy(take, after(tick)), "nothing is taken")
		c.same(ch, c.win(ch, after(tick)), "nothing is counted")
	}},
	{"Attempt when a take refuses", "one of a.Takes refuses: *LimitError, nothing is taken or counted", func(c *challenges) {
		ch, f, room, none := c.open(c.challenge("login")), c.failures("phone"), c.take("room", 5), c.take("none", 1)
		c.spend(start, none)
		for _, a := range []phoneauth.Attempt{right(ch, start), wrong(ch, start), right(c.challenge("nothing"), start)} {
			a.Failures, a.Takes = f, []phoneauth.Take{room, none}
			_, err := c.attempt(a)
			assert.Equal(c, every, limitError(c, err, none.Name))
		}
		assert.Zero(c, c.busy(room, start), "nothing is taken")
		c.same(ch, c.win(ch, start), "no try is counted")
		c.counted(f, 0, start, "no failure is counted")
	}},
	{"Attempt asks Failures before Takes", "Failures is asked first", func(c *challenges) {
		ch, f, none := c.open(c.challenge("login")), c.failures("phone"), c.take("none", 1)
		c.lock(f, start)
		c.spend(start, none)
		a := right(ch, start)
		a.Failures, a.Takes = f, []phoneauth.Take{none}
		_, err := c.attempt(a)
		limitError(c, err, f.Name)
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
		f := c.failures("phone")
		a := right(c.challenge("none"), start)
		a.Failures = f
		require.NoError(c, c.count(f, start))
		for range 5 {
			_, err := c.attempt(a)
			require.ErrorIs(c, err, phoneauth.ErrNotFound)
		}
		c.counted(f, 1, start, "after 5 of ErrNotFound")
	}},
	{"Attempt at a challenge of another ID", "a.ID is set and is not its ID: ErrNotFound", func(c *challenges) {
		ch, f, take := c.open(c.challenge("login")), c.failures("phone"), c.take("address", 9)
		for _, a := range []phoneauth.Attempt{right(ch, start), wrong(ch, start)} {
			a.ID, a.Failures, a.Takes = "another", f, []phoneauth.Take{take}
			_, err := c.attempt(a)
			require.ErrorIs(c, err, phoneauth.ErrNotFound)
		}
		assert.Equal(c, 2*every, c.busy(take, start), "the takes stay taken")
		c.counted(f, 0, start, "nothing else is counted")
		c.same(ch, c.win(ch, start), "nothing else is counted")
	}},
	{"Attempt at the ID", "ID, unless empty, is the ID the challenge must have", func(c *challenges) {
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
		ch, take, back := c.open(c.challenge("login")), c.take("address", 5), c.take("address", 5)
		back.Cost = -1
		a := wrong(ch, start)
		a.Takes, a.GiveBack = []phoneauth.Take{take}, []phoneauth.Take{back}
		c.miss(a)
		assert.Equal(c, every, c.busy(take, start))
	}},
	{"Attempt with an empty digest", "An empty digest equals nothing", func(c *challenges) {
		ch, f := c.challenge("login"), c.failures("phone")
		ch.TriesLeft = 9
		c.open(ch)
		for i, digests := range [][][]byte{nil, {}, {nil}, {{}, nil}} {
			a := right(ch, start)
			a.Digests, a.Failures = digests, f
			require.Equal(c, 8-i, c.miss(a))
		}
		c.counted(f, 4, start, "each is a mismatch")
	}},
	{"Attempt with half a digest", "compares a.Digests with the challenge's Digest", func(c *challenges) {
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
		ch, f := c.open(c.challenge("login")), c.failures("phone")
		for _, a := range []phoneauth.Attempt{wrong(ch, ch.ExpiresAt), right(ch, ch.ExpiresAt), right(ch, after(time.Hour))} {
			a.Failures = f
			_, err := c.attempt(a)
			require.ErrorIs(c, err, phoneauth.ErrNotFound)
		}
		c.counted(f, 0, ch.ExpiresAt, "what is gone counts no failure")
	}},
	{"Attempt without Failures", "A zero Key does none of it", func(c *challenges) {
		ch := c.challenge("login")
		ch.TriesLeft = 30
		c.open(ch)
		a := wrong(ch, start)
		a.Failures = c.failures("phone")
		a.Failures.Key = ""
		for range 29 {
			c.miss(a)
		}
		c.win(ch, start)
	}},
}

var matchCases = []testCase[*challenges]{
	{"a match takes the challenge away", "the challenge is taken away and returned as it was", func(c *challenges) {
		ch := c.open(c.challenge("login"))
		require.Equal(c, 4, c.miss(wrong(ch, start)))
		want := ch
		want.TriesLeft = 4
		c.same(want, c.win(ch, start), "as it was, the try of the match not counted")
		c.gone(ch, start, "a second time", phoneauth.ErrNotFound)
	}},
	{"a match keeps the takes", "Takes are taken first", func(c *challenges) {
		ch, take := c.open(c.challenge("login")), c.take("address", 5)
		a := right(ch, start)
		a.Takes = []phoneauth.Take{take}
		_, err := c.attempt(a)
		require.NoError(c, err)
		assert.Equal(c, every, c.busy(take, start))
	}},
	{"a match stores Then", "a.Then is stored", func(c *challenges) {
		ch, then := c.open(c.challenge("login")), c.challenge("proof")
		then.TriesLeft, then.Sends = 1, 0
		a := right(ch, start)
		a.Then = &then
		_, err := c.attempt(a)
		require.NoError(c, err)
		c.same(then, c.win(then, then.ExpiresAt.Add(-tick)), "what follows, live until its expiry")
		c.gone(then, start, "it is taken once, too", phoneauth.ErrNotFound)
	}},
	{"Then is gone at its expiry", "Something with an expiry is live while now is before it", func(c *challenges) {
		ch, then := c.open(c.challenge("login")), c.challenge("proof")
		a := right(ch, start)
		a.Then = &then
		_, err := c.attempt(a)
		require.NoError(c, err)
		c.gone(then, then.ExpiresAt, "gone at that very microsecond", phoneauth.ErrNotFound)
	}},
	{"Then has its own ID", "Then, unless nil, is stored on a match", func(c *challenges) {
		ch, then := c.open(c.challenge("login")), c.challenge("proof")
		a := right(ch, start)
		a.Then = &then
		_, err := c.attempt(a)
		require.NoError(c, err)
		a = right(then, start)
		a.ID = ch.ID
		_, err = c.attempt(a)
		require.ErrorIs(c, err, phoneauth.ErrNotFound, "the ID of the challenge it follows")
		a.ID = then.ID
		_, err = c.attempt(a)
		require.NoError(c, err)
	}},
	{"Then is stored on a match only", "Then, unless nil, is stored on a match, in the same step", func(c *challenges) {
		ch, then, f, none := c.open(c.challenge("login")), c.challenge("proof"), c.failures("phone"), c.take("none", 1)
		c.lock(f, start)
		c.spend(start, none)
		mismatch, unknown := wrong(ch, start), right(c.challenge("unknown"), start)
		otherID, locked, refused := right(ch, start), right(ch, start), right(ch, start)
		otherID.ID, locked.Failures, refused.Takes = "another", f, []phoneauth.Take{none}
		for _, a := range []phoneauth.Attempt{mismatch, unknown, otherID, locked, refused} {
			a.Then = &then
			_, err := c.attempt(a)
			require.Error(c, err)
			c.gone(then, start, "stored without a match: "+err.Error(), phoneauth.ErrNotFound)
		}
	}},
	{"Then replaces what lives under its key", "there is one live challenge a key", func(c *challenges) {
		ch, then, older := c.open(c.challenge("login")), c.challenge("proof"), c.open(c.challenge("proof"))
		a := right(ch, start)
		a.Then = &then
		_, err := c.attempt(a)
		require.NoError(c, err)
		c.gone(older, start, "replaced", phoneauth.ErrMismatch)
		then.TriesLeft--
		c.same(then, c.win(then, start), "as stored")
	}},
	{"Then under the key of the challenge", "the challenge is taken away and returned as it was", func(c *challenges) {
		ch, then := c.open(c.challenge("login")), c.challenge("login")
		a := right(ch, start)
		a.Then = &then
		got, err := c.attempt(a)
		require.NoError(c, err)
		c.same(ch, got, "the one taken away")
		c.same(then, c.win(then, start), "the one that follows")
	}},
	{"a match clears the failures", "the failure counter is cleared", func(c *challenges) {
		ch, f := c.open(c.challenge("login")), c.failures("phone")
		for range 9 {
			require.NoError(c, c.count(f, start))
		}
		a := right(ch, start)
		a.Failures = f
		_, err := c.attempt(a)
		require.NoError(c, err)
		c.counted(f, 0, start, "after a match")
	}},
	{"a match gives back", "a.GiveBack is given back", func(c *challenges) {
		ch, address, phone := c.open(c.challenge("login")), c.take("address", 9), c.take("phone", 9)
		address.Cost = 4
		c.spend(start, address, phone)
		address.Cost, phone.Cost = -3, -1
		a := right(ch, start)
		a.GiveBack = []phoneauth.Take{address, phone}
		_, err := c.attempt(a)
		require.NoError(c, err)
		assert.Equal(c, every, c.busy(address, start), "3 of 4")
		assert.Zero(c, c.busy(phone, start), "1 of 1")
	}},
	{"only a match gives back", "GiveBack is given back on a match", func(c *challenges) {
		ch, back := c.open(c.challenge("login")), c.take("address", 9)
		back.Cost = 4
		c.spend(start, back)
		back.Cost = -1
		otherID := right(ch, start)
		otherID.ID = "another"
		for _, a := range []phoneauth.Attempt{wrong(ch, start), right(c.challenge("unknown"), start), otherID} {
			a.GiveBack = []phoneauth.Take{back}
			_, err := c.attempt(a)
			require.Error(c, err)
		}
		assert.Equal(c, 4*every, c.busy(back, start))
	}},
	{"error texts", "No error text holds an argument", func(c *challenges) {
		ch, take := c.open(c.challenge("login")), c.take("address", 1)
		c.spend(start, take)
		unknown, refused := right(c.challenge("unknown"), start), right(ch, start)
		refused.Takes = []phoneauth.Take{take}
		for _, a := range []phoneauth.Attempt{unknown, refused, wrong(ch, start)} {
			_, err := c.attempt(a)
			require.Error(c, err)
			assert.NotContains(c, err.Error(), c.slot)
			assert.NotContains(c, err.Error(), "digest of")
		}
	}},
}
