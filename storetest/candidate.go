package storetest

import (
	"bytes"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// candidate returns a candidate for ch with this digest.
func candidate(ch phoneauth.Challenge, digest []byte) phoneauth.Candidate {
	return phoneauth.Candidate{Key: ch.Key, Digests: [][]byte{bytes.Clone(digest)}}
}

// choose attempts these candidates at start.
func (c *challenges) choose(candidates ...phoneauth.Candidate) (phoneauth.Challenge, error) {
	return c.store.AttemptChallenge(c.Context(), phoneauth.AttemptParams{Candidates: candidates, Now: start})
}

var candidateCases = []testCase[*challenges]{
	{"the first live candidate is compared", "The candidate is the first of p.Candidates whose challenge is live", func(c *challenges) {
		one, two := c.open(c.challenge("login")), c.open(c.challenge("link"))
		got, err := c.choose(candidate(one, one.Digest), candidate(two, two.Digest))
		require.NoError(c, err)
		c.same(one, got, "the first of two that are right")
		c.gone(one, start, "taken away", phoneauth.ErrNotFound)
		c.same(two, c.win(two, start), "the second stays")
	}},
	{"the order of candidates is that of the list", "The candidate is the first of p.Candidates whose challenge is live", func(c *challenges) {
		for range 4 {
			c.next()
			one, two := c.open(c.challenge("a")), c.open(c.challenge("b"))
			got, err := c.choose(candidate(two, two.Digest), candidate(one, one.Digest))
			require.NoError(c, err)
			c.same(two, got, "the first of the list, whatever the order of the keys")
			c.same(one, c.win(one, start), "the other stays")
		}
	}},
	{"a later candidate is not compared", "At most one of them is compared and loses a try", func(c *challenges) {
		one, two := c.open(c.challenge("login")), c.open(c.challenge("link"))
		got, err := c.choose(candidate(one, two.Digest), candidate(two, two.Digest))
		require.ErrorIs(c, err, phoneauth.ErrMismatch, "the first is live, and its digest is another")
		assert.Equal(c, 4, got.TriesLeft, "what remains of the first")
		c.same(two, c.win(two, start), "the second lost no try and is still there")
		one.TriesLeft = 4
		c.same(one, c.win(one, start), "the first lost a try")
	}},
	{"one candidate loses a try", "At most one of them is compared and loses a try", func(c *challenges) {
		one, two := c.open(c.challenge("login")), c.open(c.challenge("link"))
		none := []byte("digest of another secret")
		_, err := c.choose(candidate(one, none), candidate(two, none))
		require.ErrorIs(c, err, phoneauth.ErrMismatch)
		assert.Equal(c, 4, c.win(one, start).TriesLeft)
		assert.Equal(c, 5, c.win(two, start).TriesLeft)
	}},
	{"a candidate that is not live is passed over", "The candidate is the first of p.Candidates whose challenge is live", func(c *challenges) {
		gone, other, live := c.challenge("gone"), c.challenge("other"), c.challenge("live")
		gone.ExpiresAt, gone.Until = start.Add(tick), start.Add(tick)
		c.open(gone)
		c.open(other)
		c.open(live)
		otherID := candidate(other, other.Digest)
		otherID.ID = "another"
		p := phoneauth.AttemptParams{Now: gone.ExpiresAt, Candidates: []phoneauth.Candidate{
			candidate(c.challenge("unknown"), live.Digest), candidate(gone, gone.Digest), otherID, candidate(live, live.Digest)}}
		got, err := c.store.AttemptChallenge(c.Context(), p)
		require.NoError(c, err)
		c.same(live, got, "the fourth of four")
		c.same(other, c.win(other, start), "one of another ID lost no try")
	}},
	{"a wrong digest of a later candidate", "TriesLeft of that challenge falls by one", func(c *challenges) {
		live := c.challenge("live")
		live.TriesLeft = 2
		c.open(live)
		candidates := []phoneauth.Candidate{candidate(c.challenge("unknown"), live.Digest), candidate(live, []byte("digest of another secret"))}
		got, err := c.choose(candidates...)
		require.ErrorIs(c, err, phoneauth.ErrMismatch)
		assert.Equal(c, 1, got.TriesLeft, "of the one that is live")
		got, err = c.choose(candidates...)
		require.ErrorIs(c, err, phoneauth.ErrMismatch)
		assert.Zero(c, got.TriesLeft)
		_, err = c.choose(candidates...)
		require.ErrorIs(c, err, phoneauth.ErrNotFound, "at 0 the challenge is removed")
	}},
	{"no candidate is live", "No candidate is live: ErrNotFound", func(c *challenges) {
		_, err := c.choose(candidate(c.challenge("unknown"), []byte("x")), candidate(c.challenge("nobody's"), []byte("x")))
		require.ErrorIs(c, err, phoneauth.ErrNotFound)
	}},
	{"candidates of one key", "ID, unless empty, is the ID that the challenge must have; another one is not live", func(c *challenges) {
		ch, proof := c.open(c.challenge("login")), c.challenge("proof")
		old, live := candidate(ch, ch.Digest), candidate(ch, ch.Digest)
		old.ID, live.ID = "another", ch.ID
		live.OnMatch.Store = &proof
		got, err := c.choose(old, live)
		require.NoError(c, err)
		c.same(ch, got, "the candidate with its ID")
		c.same(proof, c.win(proof, start), "the OnMatch of the candidate with its ID")
	}},
	{"each candidate has its own OnMatch", "the candidate's OnMatch is done", func(c *challenges) {
		live, take, score := c.open(c.challenge("live")), c.take("address", 9), c.charge("block")
		c.spend(start, cost(take, 4))
		proofs := []phoneauth.Challenge{c.challenge("proof 0"), c.challenge("proof 1"), c.challenge("proof 2")}
		none := candidate(c.challenge("unknown"), live.Digest)
		second, third := candidate(live, live.Digest), candidate(c.open(c.challenge("third")), live.Digest)
		none.OnMatch = phoneauth.OnMatch{Store: &proofs[0], Refunds: []phoneauth.Take{take}, Credits: []phoneauth.Charge{score}}
		second.OnMatch = phoneauth.OnMatch{Store: &proofs[1], Refunds: []phoneauth.Take{cost(take, 2)}, Credits: []phoneauth.Charge{score}}
		third.OnMatch = phoneauth.OnMatch{Store: &proofs[2], Refunds: []phoneauth.Take{take}, Credits: []phoneauth.Charge{score}}
		_, err := c.choose(none, second, third)
		require.NoError(c, err)
		c.gone(proofs[0], start, "of a candidate before", phoneauth.ErrNotFound)
		c.gone(proofs[2], start, "of a candidate after", phoneauth.ErrNotFound)
		c.same(proofs[1], c.win(proofs[1], start), "of the candidate that matched")
		assert.Equal(c, 2*every, c.busy(take, start), "2 of 4")
		c.score(score, -1, start, "credited once")
	}},
}
