package storetest

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// elsewhere is a zone in which no time of a test is UTC.
var elsewhere = time.FixedZone("elsewhere", 5*3600+1800)

// spoil overwrites every slice with something else.
func spoil(all ...[]byte) {
	for _, b := range all {
		for i := range b {
			b[i] = '!'
		}
	}
}

// spoilChallenge overwrites the slices of ch, and returns ch as it was.
func spoilChallenge(ch *phoneauth.Challenge) phoneauth.Challenge {
	was := *ch
	was.Digest, was.Sealed, was.Pending = bytes.Clone(ch.Digest), bytes.Clone(ch.Sealed), bytes.Clone(ch.Pending)
	spoil(ch.Digest, ch.Sealed, ch.Pending)
	return was
}

// longest is a key of 128 bytes that ends with last.
func (c *challenges) longest(last string) string {
	return c.slot + strings.Repeat("k", 128-len(c.slot)-len(last)) + last
}

// printable is every printable ASCII character but the space.
func printable() string {
	var b strings.Builder
	for char := byte('!'); char <= '~'; char++ {
		b.WriteByte(char)
	}
	return b.String()
}

// blob is n bytes of every value.
func blob(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i)
	}
	return b
}

var challengeValueCases = []testCase[*challenges]{
	{"challenges come back in UTC", "come back as the same instant in UTC", func(c *challenges) {
		ch, local := c.challenge("login"), c.challenge("login")
		local.ID, local.Digest, local.Sealed, local.Pending = ch.ID, ch.Digest, ch.Sealed, ch.Pending
		local.ExpiresAt, local.Until = local.ExpiresAt.In(elsewhere), local.Until.In(elsewhere)
		take := c.take("phone", 1)
		b := phoneauth.Begin{Challenge: local, Takes: []phoneauth.Take{take}, Now: start.In(elsewhere)}
		begun := c.begin(b)
		c.same(ch, begun.Challenge, "as stored")
		assertUTC(c, begun.ResendAt)
		assert.WithinRange(c, begun.ResendAt, after(every), after(every))

		b.Now = after(every).In(elsewhere)
		ch.Sends, ch.ExpiresAt = 2, ch.ExpiresAt.Add(time.Minute)
		b.Challenge.ExpiresAt = ch.ExpiresAt.In(elsewhere)
		c.same(ch, c.begin(b).Challenge, "as touched")
		limitError(c, c.takeLimits(after(every).In(elsewhere), take), take.Name)
		c.same(ch, c.win(ch, ch.ExpiresAt.Add(-tick).In(elsewhere)), "as it was")
	}},
	{"the zero time comes back zero", "the zero time comes back zero", func(c *challenges) {
		ch, then := c.open(c.challenge("login")), c.challenge("proof")
		then.Until = time.Time{}
		a := right(ch, start)
		a.Then = &then
		c.matched(a)
		assert.True(c, c.win(then, start).Until.IsZero())
	}},
	{"challenges far from now", "A store never reads a clock: the time is an argument", func(c *challenges) {
		for _, now := range farAway {
			ch, f, b := c.passing(now), c.failures(unique()), c.budget(unique())
			c.begin(phoneauth.Begin{Challenge: ch, Now: now})
			c.same(ch, c.win(ch, ch.ExpiresAt.Add(-tick)), "live until its expiry")
			ch = c.passing(now)
			c.begin(phoneauth.Begin{Challenge: ch, Now: now})
			c.gone(ch, ch.ExpiresAt, "gone at its expiry", phoneauth.ErrNotFound)
			c.lock(f, now)
			c.locked(f, tick, now.Add(time.Hour-tick), "locked for an hour")
			c.locked(f, 0, now.Add(time.Hour), "and no longer")
			b.Max = 1
			require.NoError(c, c.charge(b, now))
			limitError(c, c.charge(b, now.Add(12*time.Hour)), b.Name)
			require.NoError(c, c.charge(b, now.Add(24*time.Hour)))
		}
	}},
	{"challenges keep microseconds", "Times are UTC and whole microseconds", func(c *challenges) {
		ch := c.challenge("login")
		ch.ExpiresAt, ch.Until = after(time.Minute+tick), after(time.Hour+999_999*tick)
		c.open(ch)
		c.same(ch, c.win(ch, after(time.Minute)), "to the microsecond")
	}},
	{"challenges go in by value", "a store neither keeps nor changes a slice it was handed", func(c *challenges) {
		ch := c.challenge("login")
		c.open(ch)
		was := spoilChallenge(&ch)
		b := c.touch(was, start)
		touched := c.begin(b).Challenge
		assert.Equal(c, was.Sealed, touched.Sealed, "what was handed over is kept")
		was.Pending = spoilChallenge(&b.Challenge).Pending
		was.Sends, was.ExpiresAt = touched.Sends, touched.ExpiresAt

		then := c.challenge("proof")
		a := right(was, start)
		a.Then = &then
		got, err := c.attempt(a)
		require.NoError(c, err, "the digest that was handed over is kept")
		c.same(was, got, "as handed over")
		wasThen := spoilChallenge(&then)
		c.same(wasThen, c.win(wasThen, start), "as handed over in Then")
	}},
	{"challenges come out by value", "what it returns is the caller's", func(c *challenges) {
		ch := c.challenge("login")
		stored := c.begin(phoneauth.Begin{Challenge: ch, Now: start}).Challenge
		kept := spoilChallenge(&stored)
		b := c.touch(kept, start)
		b.Challenge.Sends, b.Challenge.Pending, b.Challenge.ExpiresAt = 0, bytes.Clone(kept.Pending), kept.ExpiresAt
		touched := c.begin(b).Challenge
		c.same(kept, touched, "after what was returned at first changed")
		spoilChallenge(&touched)
		missed, err := c.attempt(wrong(kept, start))
		require.ErrorIs(c, err, phoneauth.ErrMismatch)
		spoilChallenge(&missed)
		kept.TriesLeft--
		c.same(kept, c.win(kept, start), "after what was returned changed")
	}},
	{"arguments stay as they are", "a store neither keeps nor changes a slice it was handed", func(c *challenges) {
		takes := []phoneauth.Take{c.take("z", 9), c.take("a", 9), cost(c.take("m", 9), 0)}
		budgets := []phoneauth.Budget{c.budget("z"), c.budget("a"), c.budget("m")}
		earned := []phoneauth.Budget{c.credit("z"), c.credit("a"), c.credit("m")}
		back := []phoneauth.Take{cost(c.take("z", 9), -1), cost(c.take("a", 9), -1)}
		f, ch, then := c.steps("phone"), c.challenge("login"), c.challenge("proof")
		a := right(ch, start)
		a.Digests = append([][]byte{[]byte("zzz"), nil}, a.Digests...)
		a.Failures, a.Takes, a.GiveBack, a.Earned, a.Bonus, a.Then = f, takes, back, earned, c.bonus("bonus"), &then
		want := a
		want.Digests = [][]byte{[]byte("zzz"), nil, bytes.Clone(ch.Digest)}
		want.Takes, want.GiveBack, want.Earned = slices.Clone(takes), slices.Clone(back), slices.Clone(earned)
		want.Failures.Steps = slices.Clone(f.Steps)
		wantThen := then
		wantThen.Digest, wantThen.Sealed, wantThen.Pending = bytes.Clone(then.Digest), bytes.Clone(then.Sealed), bytes.Clone(then.Pending)
		want.Then = &wantThen
		keys := []string{c.key("z"), c.key("a"), c.key("m")}

		c.begin(phoneauth.Begin{Challenge: ch, Failures: f, Takes: takes, Budgets: budgets, Now: start})
		c.spend(start, takes...)
		c.matched(a)
		require.NoError(c, c.store.CancelChallenges(c.Context(), keys...))
		assert.Equal(c, want, a)
		assert.Equal(c, []string{c.key("z"), c.key("a"), c.key("m")}, keys)
	}},
	{"binary values come back whole", "at most 1 KiB", func(c *challenges) {
		ch, then := c.challenge("login"), c.challenge("proof")
		ch.Digest, ch.Sealed, ch.Pending = blob(32), blob(1024), blob(1024)
		then.Digest, then.Sealed, then.Pending = []byte{0, 0xff, 0, 0xfe}, blob(1024), []byte{0}
		c.open(ch)
		a := right(ch, start)
		a.Then = &then
		got, err := c.attempt(a)
		require.NoError(c, err)
		c.same(ch, got, "every byte")
		c.same(then, c.win(then, start), "every byte")
	}},
	{"empty values", "Empty and nil byte slices are the same", func(c *challenges) {
		ch := c.challenge("login")
		ch.Sealed, ch.Pending = nil, []byte{}
		c.open(ch)
		c.same(ch, c.win(ch, start), "empty or nil")
	}},
	{"keys are told apart byte by byte", "compared byte by byte", func(c *challenges) {
		names := []string{"aB", "ab", "AB", "a_", "a%", "a", "ab*", "a:b", printable()}
		all := map[string]phoneauth.Challenge{}
		for i, name := range names {
			all[name] = c.open(c.challenge(name))
			c.spend(start, cost(c.take(name, 99), i+1))
			f := c.failures(name)
			f.Steps[0].At = 99
			c.fail(f, i+1, start)
			c.owe(c.budget(name), float64(i+1), start)
		}
		for i, name := range names {
			c.same(all[name], c.win(all[name], start), name)
			assert.Equal(c, time.Duration(i+1)*every, c.busy(c.take(name, 99), start), name)
			c.score(c.budget(name), float64(i+1), start, name)
			f := c.failures(name)
			f.Steps[0].At = i + 3
			c.fail(f, 1, start)
			c.locked(f, 0, start, name)
			c.fail(f, 1, start)
			c.locked(f, time.Hour, start, name)
		}
	}},
	{"keys may be long", "opaque printable ASCII of at most 128 bytes", func(c *challenges) {
		a, b, id := c.challenge("a"), c.challenge("b"), strings.Repeat("i", 127)
		a.Key, b.Key, a.ID, b.ID = c.longest("a"), c.longest("b"), id+"a", id+"b"
		c.open(a)
		c.open(b)
		takeA, takeB := c.take("a", 9), c.take("b", 9)
		takeA.Key, takeB.Key = a.Key, b.Key
		c.spend(start, takeA, cost(takeB, 2))
		assert.Equal(c, every, c.busy(takeA, start))
		failuresA, failuresB := c.failures("a"), c.failures("b")
		failuresA.Key, failuresB.Key = a.Key, b.Key
		c.fail(failuresA, 1, start)
		c.fail(failuresB, 2, start)
		c.counted(failuresA, 1, start, "the first of two long keys")
		budgetA, budgetB := c.budget("a"), c.budget("b")
		budgetA.Key, budgetB.Key = a.Key, b.Key
		c.owe(budgetA, 1, start)
		c.owe(budgetB, 2, start)
		c.score(budgetA, 1, start, "the first of two long keys")
		attempt := right(b, start)
		attempt.ID = a.ID
		_, err := c.attempt(attempt)
		require.ErrorIs(c, err, phoneauth.ErrNotFound, "the last byte of its ID is another")
		c.same(a, c.win(a, start), "the first")
		c.same(b, c.win(b, start), "the second")
	}},
	{"one key for all kinds", "Keys and ids are opaque", func(c *challenges) {
		ch, take, f, b := c.open(c.challenge("all")), c.take("all", 9), c.failures("all"), c.budget("all")
		c.spend(start, take)
		c.fail(f, 2, start)
		c.owe(b, 3, start)
		assert.Equal(c, every, c.busy(take, start))
		c.score(b, 3, start, "the budget")
		c.same(ch, c.win(ch, start), "the challenge")
		c.counted(f, 2, start, "the counter")
		require.NoError(c, c.store.ClearFailures(c.Context(), f.Key))
		assert.Equal(c, every, c.busy(take, start))
		c.score(b, 3, start, "the budget")
	}},
	{"Purge changes no answer", "It changes no answer of any verb", func(c *challenges) {
		ch, take, f, locked, b := c.open(c.challenge("login")), c.take("phone", 9), c.failures("phone"), c.steps("locked"), c.budget("country")
		f.Forget, locked.Forget = 5*time.Minute, time.Minute
		locked.Steps[0].Wait = 5 * time.Minute
		c.spend(start, cost(take, 9))
		c.fail(f, 3, start)
		c.fail(locked, 2, start)
		c.owe(b, 1000, start)
		now := after(5*time.Minute - tick)
		c.purge(now)
		assert.Equal(c, 9*every-5*time.Minute+tick, c.busy(take, now), "a limit")
		c.same(ch, c.win(ch, now), "a challenge of a microsecond to live")
		c.locked(locked, tick, now, "a lock of a microsecond")
		c.counted(f, 3, now, "a count of a microsecond")
		c.purge(after(95 * time.Hour))
		c.score(b, 1000*fade(95, 24), after(95*time.Hour), "a score not four days old")
	}},
	{"Purge removes what is gone", "Purge removes what is gone at now", func(c *challenges) {
		ch, f := c.open(c.challenge("login")), c.failures("phone")
		c.fail(f, 3, start)
		c.purge(after(f.Forget))
		c.gone(ch, after(f.Forget), "after Purge", phoneauth.ErrNotFound)
		c.counted(f, 0, after(f.Forget), "after Purge")
		c.open(ch)
	}},
}

// purge is Purge, of a store that has it.
func (c *challenges) purge(now time.Time) {
	c.Helper()
	if purger, ok := c.store.(phoneauth.Purger); ok {
		removed, err := purger.Purge(c.Context(), now)
		require.NoError(c, err, "Purge")
		require.GreaterOrEqual(c, removed, 0, "how many records that were")
	}
}
