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
	was := spared(*ch)
	spoil(ch.Digest, ch.Sealed, ch.Pending)
	return was
}

// longest returns a key of 128 bytes that ends with last.
func (c *challenges) longest(last string) string {
	return c.slot + strings.Repeat("k", 128-len(c.slot)-len(last)) + last
}

// printable returns every printable ASCII character except the space.
func printable() string {
	var b strings.Builder
	for char := byte('!'); char <= '~'; char++ {
		b.WriteByte(char)
	}
	return b.String()
}

// blob returns n bytes, with every value among them.
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
		b := phoneauth.BeginParams{Challenge: local, Takes: []phoneauth.Take{take}, Now: start.In(elsewhere)}
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
	{"a challenge that a match stores comes back in UTC", "come back as the same instant in UTC", func(c *challenges) {
		ch, proof := c.open(c.challenge("login")), c.challenge("proof")
		local := proof
		local.ExpiresAt, local.Until = proof.ExpiresAt.In(elsewhere), proof.Until.In(elsewhere)
		a := right(ch, start)
		a.OnMatch.Store = &local
		c.matched(a)
		c.same(proof, c.win(proof, start), "as stored by the match")
	}},
	{"the zero time comes back zero", "the zero time comes back zero", func(c *challenges) {
		ch, proof := c.open(c.challenge("login")), c.challenge("proof")
		proof.Until = time.Time{}
		a := right(ch, start)
		a.OnMatch.Store = &proof
		c.matched(a)
		assert.True(c, c.win(proof, start).Until.IsZero())
	}},
	{"challenges far from now", "A store never reads a clock: the time is an argument", func(c *challenges) {
		for _, now := range farAway {
			ch, l, score := c.passing(now), c.lockout(unique()), c.charge(unique())
			c.begin(phoneauth.BeginParams{Challenge: ch, Now: now})
			c.same(ch, c.win(ch, ch.ExpiresAt.Add(-tick)), "live until its expiry")
			ch = c.passing(now)
			c.begin(phoneauth.BeginParams{Challenge: ch, Now: now})
			c.gone(ch, ch.ExpiresAt, "gone at its expiry", phoneauth.ErrNotFound)
			c.lock(l, now)
			c.locked(l, tick, now.Add(time.Hour-tick), "locked for an hour")
			c.locked(l, 0, now.Add(time.Hour), "and no longer")
			score.Max = 1
			require.NoError(c, c.charged(now, score))
			limitError(c, c.charged(now.Add(12*time.Hour), score), score.Name)
			require.NoError(c, c.charged(now.Add(24*time.Hour), score))
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

		proof := c.challenge("proof")
		a := right(was, start)
		a.OnMatch.Store = &proof
		got, err := c.attempt(a)
		require.NoError(c, err, "the digest that was handed over is kept")
		c.same(was, got, "as handed over")
		wasProof := spoilChallenge(&proof)
		c.same(wasProof, c.win(wasProof, start), "as handed over in Store")
	}},
	{"challenges come out by value", "what it returns belongs to the caller", func(c *challenges) {
		ch := c.challenge("login")
		stored := c.begin(phoneauth.BeginParams{Challenge: ch, Now: start}).Challenge
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
		takes := []phoneauth.Take{c.take("z", 9), c.take("a", 9), c.take("m", 9)}
		charges := []phoneauth.Charge{c.charge("z"), c.charge("a"), c.charge("m")}
		back := []phoneauth.Take{c.take("z", 9), c.take("a", 9)}
		l, ch, proof := c.steps("phone"), c.challenge("login"), c.challenge("proof")
		p := phoneauth.AttemptParams{Lockout: l, Takes: takes, Now: start, Candidates: []phoneauth.Candidate{
			candidate(c.challenge("z"), ch.Digest), candidate(ch, ch.Digest), candidate(c.challenge("a"), ch.Digest)}}
		of := &p.Candidates[1]
		of.Digests = append([][]byte{[]byte("zzz"), nil}, of.Digests...)
		of.OnMatch = phoneauth.OnMatch{Store: &proof, Refunds: back, SendRefunds: slices.Clone(back), Credits: charges,
			Reward: c.reward("reward"), ClearScores: []string{c.key("z"), c.key("a")}}
		want, wantProof := p, spared(proof)
		want.Takes, want.Lockout.Steps, want.Candidates = slices.Clone(takes), slices.Clone(l.Steps), slices.Clone(p.Candidates)
		wantOf := &want.Candidates[1]
		wantOf.Digests = [][]byte{[]byte("zzz"), nil, bytes.Clone(ch.Digest)}
		m := &wantOf.OnMatch
		m.Store, m.Refunds, m.SendRefunds = &wantProof, slices.Clone(back), slices.Clone(back)
		m.Credits, m.ClearScores = slices.Clone(charges), slices.Clone(m.ClearScores)
		keys, scores := []string{c.key("z"), c.key("a"), c.key("m")}, []phoneauth.Score{charges[0].Score, charges[1].Score}

		c.begin(phoneauth.BeginParams{Challenge: ch, Lockout: l, Asks: takes, Takes: takes, Charges: charges, Now: start})
		taking := phoneauth.TakeParams{Asks: takes, Takes: takes, Charges: charges, Now: start}
		require.NoError(c, c.store.TakeLimits(c.Context(), taking))
		require.NoError(c, c.store.GiveBack(c.Context(), phoneauth.GiveBackParams{Takes: back, Credits: charges, Now: start}))
		c.read(phoneauth.StateParams{Challenges: keys, Lockouts: keys, Takes: takes, Scores: scores, Now: start})
		_, err := c.store.AttemptChallenge(c.Context(), p)
		require.NoError(c, err)
		require.NoError(c, c.store.CancelChallenges(c.Context(), keys...))
		assert.Equal(c, want, p)
		assert.Equal(c, []string{c.key("z"), c.key("a"), c.key("m")}, keys)
		assert.Equal(c, []phoneauth.Score{c.charge("z").Score, c.charge("a").Score}, scores)
	}},
	{"binary values come back whole", "at most 1 KiB", func(c *challenges) {
		ch, proof := c.challenge("login"), c.challenge("proof")
		ch.Digest, ch.Sealed, ch.Pending = blob(32), blob(1024), blob(1024)
		proof.Digest, proof.Sealed, proof.Pending = []byte{0, 0xff, 0, 0xfe}, blob(1024), []byte{0}
		c.open(ch)
		a := right(ch, start)
		a.OnMatch.Store = &proof
		got, err := c.attempt(a)
		require.NoError(c, err)
		c.same(ch, got, "every byte")
		c.same(proof, c.win(proof, start), "every byte")
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
			l := c.lockout(name)
			l.Steps[0].Failures = 99
			c.fail(l, i+1, start)
			c.owe(c.charge(name), float64(i+1), start)
		}
		for i, name := range names {
			c.same(all[name], c.win(all[name], start), name)
			assert.Equal(c, time.Duration(i+1)*every, c.busy(c.take(name, 99), start), name)
			c.score(c.charge(name), float64(i+1), start, name)
			l := c.lockout(name)
			l.Steps[0].Failures = i + 3
			c.counted(l, i+1, start, name)
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
		lockoutA, lockoutB := c.lockout("a"), c.lockout("b")
		lockoutA.Key, lockoutB.Key = a.Key, b.Key
		c.fail(lockoutA, 1, start)
		c.fail(lockoutB, 2, start)
		c.counted(lockoutA, 1, start, "the first of two long keys")
		scoreA, scoreB := c.charge("a"), c.charge("b")
		scoreA.Key, scoreB.Key = a.Key, b.Key
		c.owe(scoreA, 1, start)
		c.owe(scoreB, 2, start)
		c.score(scoreA, 1, start, "the first of two long keys")
		other := right(b, start)
		other.ID = a.ID
		_, err := c.attempt(other)
		require.ErrorIs(c, err, phoneauth.ErrNotFound, "the last byte of its ID is another")
		c.same(a, c.win(a, start), "the first")
		c.same(b, c.win(b, start), "the second")
	}},
	{"one key for all kinds", "one string may be the key of all four", func(c *challenges) {
		ch, take, l, score := c.open(c.challenge("all")), c.take("all", 9), c.lockout("all"), c.charge("all")
		c.spend(start, take)
		c.fail(l, 2, start)
		c.owe(score, 3, start)
		assert.Equal(c, every, c.busy(take, start))
		c.score(score, 3, start, "the score")
		c.same(ch, c.win(ch, start), "the challenge")
		c.counted(l, 2, start, "the lockout")
		require.NoError(c, c.store.ClearFailures(c.Context(), l.Key))
		assert.Equal(c, every, c.busy(take, start))
		c.score(score, 3, start, "the score")
	}},
}
