package storetest

import (
	"slices"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// challengeCases has causes before symptoms: what the probes of later cases ask comes
// first.
func challengeCases() []testCase[*challenges] {
	return slices.Concat(limitCases, lockoutCases, scoreCases, beginCases, refusalCases, resendCases,
		attemptCases, candidateCases, matchCases, creditCases, stateCases, challengeValueCases, challengeEdgeCases,
		challengePurgeCases, codeRaces, limitRaces)
}

// touch returns a later Begin under the key of ch, different from it in every field.
func (c *challenges) touch(ch phoneauth.Challenge, now time.Time) phoneauth.BeginParams {
	later := c.challenge(unique())
	later.Key = ch.Key
	later.TriesLeft, later.Sends = 9, 2
	later.ExpiresAt, later.Until = after(7*time.Minute), after(time.Hour)
	return phoneauth.BeginParams{Challenge: later, Now: now}
}

var beginCases = []testCase[*challenges]{
	{"Begin stores the challenge", "then stores p.Challenge", func(c *challenges) {
		ch := c.open(c.challenge("login"))
		c.same(ch, c.win(ch, start), "the challenge taken away as it was")
	}},
	{"Begin keeps challenges of other keys apart", "each key has at most one live challenge", func(c *challenges) {
		one, two := c.open(c.challenge("login")), c.open(c.challenge("login2"))
		c.same(one, c.win(one, start), "the first")
		c.same(two, c.win(two, start), "the second")
	}},
	{"Begin touches a live challenge", "when a live challenge has its Key, touches that one and returns it", func(c *challenges) {
		ch := c.open(c.challenge("login"))
		b := c.touch(ch, after(time.Minute))
		touched := c.begin(b).Challenge
		c.gone(b.Challenge, after(time.Minute), "TriesLeft fell though the new digest is nothing", phoneauth.ErrMismatch)
		touched.TriesLeft--
		c.same(touched, c.win(ch, after(time.Minute)), "the challenge that was touched")
	}},
	{"touching keeps ID", "Without it a touched challenge keeps its ID", func(c *challenges) {
		ch := c.open(c.challenge("login"))
		assert.Equal(c, ch.ID, c.begin(c.touch(ch, after(time.Minute))).Challenge.ID)
		assert.Equal(c, ch.ID, c.win(ch, after(time.Minute)).ID)
	}},
	{"touching keeps Digest", "Touching keeps ID, Digest", func(c *challenges) {
		ch := c.open(c.challenge("login"))
		assert.Equal(c, ch.Digest, c.begin(c.touch(ch, after(time.Minute))).Challenge.Digest)
		assert.Equal(c, ch.Digest, c.win(ch, after(time.Minute)).Digest)
	}},
	{"touching keeps Sealed", "Touching keeps ID, Digest, Sealed", func(c *challenges) {
		ch := c.open(c.challenge("login"))
		assert.Equal(c, ch.Sealed, c.begin(c.touch(ch, after(time.Minute))).Challenge.Sealed)
		assert.Equal(c, ch.Sealed, c.win(ch, after(time.Minute)).Sealed)
	}},
	{"touching keeps TriesLeft", "Touching keeps ID, Digest, Sealed, TriesLeft", func(c *challenges) {
		ch := c.open(c.challenge("login"))
		require.Equal(c, 4, c.miss(wrong(ch, start)))
		require.Equal(c, 3, c.miss(wrong(ch, start)))
		assert.Equal(c, 3, c.begin(c.touch(ch, after(time.Minute))).Challenge.TriesLeft)
		require.Equal(c, 2, c.miss(wrong(ch, after(time.Minute))))
		assert.Equal(c, 2, c.win(ch, after(time.Minute)).TriesLeft)
	}},
	{"touching keeps Until", "TriesLeft and Until of the live challenge", func(c *challenges) {
		ch := c.open(c.challenge("login"))
		assert.WithinRange(c, c.begin(c.touch(ch, after(time.Minute))).Challenge.Until, ch.Until, ch.Until)
		assert.WithinRange(c, c.win(ch, after(time.Minute)).Until, ch.Until, ch.Until)
	}},
	{"touching replaces Pending", "replaces Pending", func(c *challenges) {
		ch := c.open(c.challenge("login"))
		b := c.touch(ch, after(time.Minute))
		assert.Equal(c, b.Challenge.Pending, c.begin(b).Challenge.Pending)
		assert.Equal(c, b.Challenge.Pending, c.win(ch, after(time.Minute)).Pending)
	}},
	{"touching replaces Pending by nothing", "replaces Pending", func(c *challenges) {
		ch := c.open(c.challenge("login"))
		b := c.touch(ch, after(time.Minute))
		b.Challenge.Pending = nil
		assert.Empty(c, c.begin(b).Challenge.Pending)
		assert.Empty(c, c.win(ch, after(time.Minute)).Pending)
	}},
	{"touching adds Sends", "adds the given Sends to its Sends", func(c *challenges) {
		ch := c.open(c.challenge("login"))
		b := c.touch(ch, after(time.Minute))
		assert.Equal(c, 3, c.begin(b).Challenge.Sends, "1 and 2")
		assert.Equal(c, 5, c.begin(b).Challenge.Sends, "3 and 2")
		b.Challenge.Sends = 0
		assert.Equal(c, 5, c.begin(b).Challenge.Sends, "5 and 0")
		assert.Equal(c, 5, c.win(ch, after(time.Minute)).Sends)
	}},
	{"touching moves ExpiresAt", "moves ExpiresAt to the given one", func(c *challenges) {
		for _, given := range []time.Duration{3 * time.Minute, 7 * time.Minute, 10 * time.Minute} {
			ch := c.challenge(given.String())
			for _, edge := range []bool{true, false} {
				ch = c.open(ch)
				b := c.touch(ch, after(time.Minute))
				b.Challenge.ExpiresAt = after(given)
				want := ch
				want.Pending, want.Sends, want.ExpiresAt = b.Challenge.Pending, 3, after(given)
				c.same(want, c.begin(b).Challenge, "moved to "+given.String())
				if edge {
					c.same(want, c.win(ch, after(given-tick)), "live until then")
				} else {
					c.gone(ch, after(given), "gone then", phoneauth.ErrNotFound)
				}
			}
		}
	}},
	{"touching never moves ExpiresAt beyond Until", "or to Until, whichever is earlier", func(c *challenges) {
		ch := c.challenge("login")
		for _, edge := range []bool{true, false} {
			ch = c.open(ch)
			b := c.touch(ch, after(time.Minute))
			b.Challenge.ExpiresAt = after(12 * time.Minute)
			got := c.begin(b).Challenge
			assert.WithinRange(c, got.ExpiresAt, ch.Until, ch.Until, "Until is that of the live challenge")
			if edge {
				c.win(ch, ch.Until.Add(-tick))
			} else {
				c.gone(ch, ch.Until, "gone at Until", phoneauth.ErrNotFound)
			}
		}
	}},
	{"Begin touches until the last microsecond", "Something with an expiry is live while now is before it", func(c *challenges) {
		ch := c.open(c.challenge("login"))
		b := c.touch(ch, ch.ExpiresAt.Add(-tick))
		assert.Equal(c, ch.ID, c.begin(b).Challenge.ID, "a microsecond before it is gone")
		c.win(ch, after(6*time.Minute))
	}},
	{"Begin stores anew at the very expiry", "gone at that very microsecond, whether or not its row is still there", func(c *challenges) {
		ch := c.open(c.challenge("login"))
		c.miss(wrong(ch, start))
		b := c.touch(ch, ch.ExpiresAt)
		c.same(b.Challenge, c.begin(b).Challenge, "nothing of what is gone is left")
		c.same(b.Challenge, c.win(b.Challenge, ch.ExpiresAt), "nothing of what is gone is left")
	}},
	{"Begin stores anew when the tries are used up", "A challenge has at least one try left while it lives", func(c *challenges) {
		ch := c.open(c.challenge("login"))
		for left := 4; left >= 0; left-- {
			require.Equal(c, left, c.miss(wrong(ch, start)))
		}
		b := c.touch(ch, start)
		c.same(b.Challenge, c.begin(b).Challenge, "the new one")
		c.same(b.Challenge, c.win(b.Challenge, start), "the new one")
	}},
	{"Begin stores anew after a match", "the challenge is removed", func(c *challenges) {
		ch := c.open(c.challenge("login"))
		c.win(ch, start)
		b := c.touch(ch, start)
		c.same(b.Challenge, c.begin(b).Challenge, "the new one")
		c.gone(ch, start, "the code of the old one", phoneauth.ErrMismatch)
	}},
	{"Renew replaces ID", "Renew, unless empty, is the ID of the live challenge to be touched and renamed to Challenge.ID", func(c *challenges) {
		ch := c.open(c.challenge("login"))
		c.miss(wrong(ch, start))
		b := c.touch(ch, after(time.Minute))
		b.Renew = ch.ID
		want := ch
		want.ID, want.Pending = b.Challenge.ID, b.Challenge.Pending
		want.TriesLeft, want.Sends, want.ExpiresAt = 4, 3, b.Challenge.ExpiresAt
		c.same(want, c.begin(b).Challenge, "touched and renamed")

		old := right(ch, after(time.Minute))
		old.ID = ch.ID
		_, err := c.attempt(old)
		require.ErrorIs(c, err, phoneauth.ErrNotFound, "its earlier ID is no more")
		renewed := right(ch, after(time.Minute))
		renewed.ID = b.Challenge.ID
		got, err := c.attempt(renewed)
		require.NoError(c, err, "its ID is the new one")
		c.same(want, got, "touched and renamed")
	}},
	{"Renew by an ID that is replaced", "p.Renew names no live challenge under this Key", func(c *challenges) {
		ch := c.open(c.challenge("login"))
		b := c.touch(ch, start)
		b.Renew = ch.ID
		c.begin(b)
		require.ErrorIs(c, c.tryBegin(b), phoneauth.ErrNotFound, "renewed a second time by the earlier ID")
	}},
	{"CancelChallenges takes challenges away", "CancelChallenges removes the challenges with these keys", func(c *challenges) {
		one, two, other := c.open(c.challenge("1")), c.open(c.challenge("2")), c.open(c.challenge("12"))
		require.NoError(c, c.store.CancelChallenges(c.Context(), one.Key, two.Key))
		c.gone(one, start, "cancelled", phoneauth.ErrNotFound)
		c.gone(two, start, "cancelled", phoneauth.ErrNotFound)
		c.same(other, c.win(other, start), "one that was not named")
	}},
	{"CancelChallenges without a challenge", "Keys without a challenge are no error", func(c *challenges) {
		ch := c.open(c.challenge("login"))
		require.NoError(c, c.store.CancelChallenges(c.Context(), c.key("none"), ch.Key, ch.Key))
		c.gone(ch, start, "cancelled", phoneauth.ErrNotFound)
		require.NoError(c, c.store.CancelChallenges(c.Context(), ch.Key))
		require.NoError(c, c.store.CancelChallenges(c.Context()))
	}},
	{"CancelChallenges leaves the rest", "Lockouts, limits and scores stay", func(c *challenges) {
		ch, l, limit, score := c.challenge("login"), c.lockout("login"), c.take("login", 5), c.charge("login")
		score.Amount = 3
		c.begin(phoneauth.BeginParams{Challenge: ch, Takes: []phoneauth.Take{limit}, Charges: []phoneauth.Charge{score}, Now: start})
		a := wrong(ch, start)
		a.Lockout = l
		c.miss(a)
		require.NoError(c, c.store.CancelChallenges(c.Context(), ch.Key))
		assert.Equal(c, every, c.busy(limit, start))
		c.score(score, 3, start, "after cancelling")
		c.counted(l, 1, start, "after cancelling")
	}},
}
