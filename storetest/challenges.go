package storetest

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// challenges is the fixture of the cases of a ChallengeStore.
type challenges struct {
	testing.TB
	options
	store phoneauth.ChallengeStore
	// part is the store, or the part of phoneauth.Stores that keeps challenges.
	part any
	// slot is what the keys of this case begin with, as all keys of one phone do.
	slot string
	// stopper is a charge that is refused whatever comes, once its score is raised.
	stopper phoneauth.Charge
	stopped bool
}

func newChallenges(t testing.TB, store phoneauth.ChallengeStore, o options) *challenges {
	c := &challenges{TB: t, options: o, store: store, part: store}
	if stores, ok := store.(phoneauth.Stores); ok {
		c.part = stores.ChallengeStore
	}
	c.next()
	return c
}

// next gives the next round keys that no round had before.
func (c *challenges) next() {
	c.slot = "{" + unique() + "}:"
	c.stopped = false
	c.stopper = c.charge("stopper")
	c.stopper.Max, c.stopper.DebtDecay, c.stopper.CreditDecay = 1, 365*24*time.Hour, 365*24*time.Hour
}

func (c *challenges) key(name string) string { return c.slot + name }

// challenge returns a new one under the key of this name: 5 tries and 1 send, gone after 5
// minutes, or 10 at the latest.
func (c *challenges) challenge(name string) phoneauth.Challenge {
	return phoneauth.Challenge{
		Key:       c.key(name),
		ID:        unique(),
		Digest:    []byte("digest " + unique()),
		Sealed:    []byte("sealed " + unique()),
		Pending:   []byte("pending " + unique()),
		TriesLeft: 5,
		Sends:     1,
		ExpiresAt: after(5 * time.Minute),
		Until:     after(10 * time.Minute),
	}
}

// passing returns a challenge at now that nobody comes back to.
func (c *challenges) passing(now time.Time) phoneauth.Challenge {
	ch := c.challenge(unique())
	ch.ExpiresAt, ch.Until = now.Add(time.Minute), now.Add(time.Minute)
	return ch
}

// same checks that a challenge is the one expected, field by field.
func (c *challenges) same(want, got phoneauth.Challenge, message string) {
	c.Helper()
	assertUTC(c, got.ExpiresAt, got.Until)
	require.Equal(c, plainChallenge(want), plainChallenge(got), message)
}

func plainChallenge(ch phoneauth.Challenge) phoneauth.Challenge {
	ch.Digest, ch.Sealed, ch.Pending = plain(ch.Digest), plain(ch.Sealed), plain(ch.Pending)
	ch.ExpiresAt, ch.Until = ch.ExpiresAt.UTC(), ch.Until.UTC()
	return ch
}

// begin must succeed.
func (c *challenges) begin(b phoneauth.BeginParams) phoneauth.BeginResult {
	c.Helper()
	begun, err := c.store.BeginChallenge(c.Context(), b)
	require.NoError(c, err, "BeginChallenge")
	return begun
}

// tryBegin calls BeginChallenge where it may return an error.
func (c *challenges) tryBegin(b phoneauth.BeginParams) error {
	_, err := c.store.BeginChallenge(c.Context(), b)
	return err
}

// open stores ch, with no limit asked.
func (c *challenges) open(ch phoneauth.Challenge) phoneauth.Challenge {
	c.Helper()
	begun := c.begin(phoneauth.BeginParams{Challenge: ch, Now: start})
	c.same(ch, begun.Challenge, "the challenge as stored")
	return ch
}

// attempt is an AttemptChallenge with one candidate.
type attempt struct {
	phoneauth.Candidate
	Lockout phoneauth.Lockout
	Takes   []phoneauth.Take
	Now     time.Time
}

func (c *challenges) attempt(a attempt) (phoneauth.Challenge, error) {
	return c.store.AttemptChallenge(c.Context(), phoneauth.AttemptParams{
		Candidates: []phoneauth.Candidate{a.Candidate}, Lockout: a.Lockout, Takes: a.Takes, Now: a.Now})
}

// right returns an attempt with the digest of ch.
func right(ch phoneauth.Challenge, now time.Time) attempt {
	return attempt{Candidate: phoneauth.Candidate{Key: ch.Key, Digests: [][]byte{bytes.Clone(ch.Digest)}}, Now: now}
}

// wrong returns an attempt with the digest of something else.
func wrong(ch phoneauth.Challenge, now time.Time) attempt {
	return attempt{Candidate: phoneauth.Candidate{Key: ch.Key, Digests: [][]byte{[]byte("digest of another secret")}}, Now: now}
}

// matched requires that a matches.
func (c *challenges) matched(a attempt) phoneauth.Challenge {
	c.Helper()
	ch, err := c.attempt(a)
	require.NoError(c, err, "AttemptChallenge with the right digest")
	return ch
}

// win takes the challenge with ch's key and digest away, and returns it as it was.
func (c *challenges) win(ch phoneauth.Challenge, now time.Time) phoneauth.Challenge {
	c.Helper()
	got, err := c.attempt(right(ch, now))
	require.NoError(c, err, probe+"AttemptChallenge with the right digest")
	return got
}

// gone checks that the digest of ch opens nothing: ErrNotFound, or ErrMismatch where
// another challenge lives under its key.
func (c *challenges) gone(ch phoneauth.Challenge, now time.Time, message string, want error) {
	c.Helper()
	_, err := c.attempt(right(ch, now))
	require.ErrorIs(c, err, want, probe+"AttemptChallenge: "+message)
}

// miss presents a wrong digest and returns how many tries remain.
func (c *challenges) miss(a attempt) int {
	c.Helper()
	got, err := c.attempt(a)
	require.ErrorIs(c, err, phoneauth.ErrMismatch, "AttemptChallenge with a wrong digest")
	return got.TriesLeft
}

// take returns one use of a limit of the given Burst, then one each minute and a microsecond.
func (c *challenges) take(name string, burst int) phoneauth.Take {
	return phoneauth.Take{Name: name, Key: c.key(name), Limit: phoneauth.Limit{Burst: burst, Every: every}, Cost: 1}
}

const every = time.Minute + tick

// cost returns what take returns, with another cost.
func cost(take phoneauth.Take, n int) phoneauth.Take {
	take.Cost = n
	return take
}

func (c *challenges) takeLimits(now time.Time, takes ...phoneauth.Take) error {
	return c.store.TakeLimits(c.Context(), phoneauth.TakeParams{Takes: takes, Now: now})
}

// spend takes what must be admitted.
func (c *challenges) spend(now time.Time, takes ...phoneauth.Take) {
	c.Helper()
	require.NoError(c, c.takeLimits(now, takes...), "TakeLimits")
}

// ask asks, and takes nothing.
func (c *challenges) ask(now time.Time, asks ...phoneauth.Take) error {
	return c.store.TakeLimits(c.Context(), phoneauth.TakeParams{Asks: asks, Now: now})
}

// giveBack gives takes back. It must succeed.
func (c *challenges) giveBack(now time.Time, takes ...phoneauth.Take) {
	c.Helper()
	require.NoError(c, c.store.GiveBack(c.Context(), phoneauth.GiveBackParams{Takes: takes, Now: now}), "GiveBack")
}

// busy returns how far the tat of a limit's key is ahead of now: what a limit of Burst 1
// makes one wait.
func (c *challenges) busy(take phoneauth.Take, now time.Time) time.Duration {
	c.Helper()
	take.Burst, take.Cost = 1, 1
	err := c.ask(now, take)
	if err == nil {
		return 0
	}
	refused, ok := errors.AsType[*phoneauth.LimitError](err)
	require.True(c, ok, probe+"TakeLimits with Asks of %s: %v", take.Name, err)
	return refused.RetryAfter
}

// lockout counts to a lock of an hour at every tenth failure; the count is forgotten
// after a day.
func (c *challenges) lockout(name string) phoneauth.Lockout {
	return phoneauth.Lockout{Name: name, Key: c.key(name), TTL: 24 * time.Hour,
		Steps: []phoneauth.LockoutStep{{Failures: 10, Wait: time.Hour}}}
}

func (c *challenges) count(l phoneauth.Lockout, now time.Time) error {
	return c.store.CountFailure(c.Context(), l, now)
}

// fail counts n failures, all of which must be counted.
func (c *challenges) fail(l phoneauth.Lockout, n int, now time.Time) {
	c.Helper()
	for range n {
		require.NoError(c, c.count(l, now), "CountFailure")
	}
}

// lock counts failures until l is locked.
func (c *challenges) lock(l phoneauth.Lockout, now time.Time) {
	c.Helper()
	c.fail(l, l.Steps[0].Failures, now)
	limitError(c, c.count(l, now), l.Name)
}

// counted checks that l has counted n failures: as many fewer lead to its first lock.
func (c *challenges) counted(l phoneauth.Lockout, n int, now time.Time, message string) {
	c.Helper()
	first := l.Steps[0].Failures
	for i := range first - n {
		require.NoError(c, c.count(l, now), probe+"CountFailure: %s: locked %d too early", message, first-n-i)
	}
	require.True(c, limited(c.count(l, now), l.Name), probe+"CountFailure: %s: %d more lock nothing", message, first-n)
}

// locked checks for how long l is locked at now: 0 for not at all.
func (c *challenges) locked(l phoneauth.Lockout, wait time.Duration, now time.Time, message string) {
	c.Helper()
	a := right(c.challenge("nobody's"), now)
	a.Lockout = l
	_, err := c.attempt(a)
	if wait == 0 {
		require.ErrorIs(c, err, phoneauth.ErrNotFound, probe+"AttemptChallenge without a challenge: "+message)
		return
	}
	refused, ok := errors.AsType[*phoneauth.LimitError](err)
	require.True(c, ok, probe+"AttemptChallenge without a challenge: %s: %v", message, err)
	require.Equal(c, l.Name, refused.Limit, probe+"AttemptChallenge without a challenge: "+message)
	require.Equal(c, wait, refused.RetryAfter, probe+"AttemptChallenge without a challenge: "+message)
}

// charge returns a charge of 1 to a score of at most 20. A positive score fades over a day, a
// negative one over four hours.
func (c *challenges) charge(name string) phoneauth.Charge {
	return phoneauth.Charge{
		Score:  phoneauth.Score{Name: name, Key: c.key(name), Max: 20, DebtDecay: 24 * time.Hour, CreditDecay: 4 * time.Hour},
		Amount: 1,
	}
}

// charged charges all of these, and takes nothing else.
func (c *challenges) charged(now time.Time, charges ...phoneauth.Charge) error {
	return c.store.TakeLimits(c.Context(), phoneauth.TakeParams{Charges: charges, Now: now})
}

// owe raises the score of ch by amount, whatever its Max.
func (c *challenges) owe(ch phoneauth.Charge, amount float64, now time.Time) {
	c.Helper()
	ch.Max, ch.Amount = 1e9, amount
	require.NoError(c, c.charged(now, ch), "TakeLimits with a charge that has room")
}

// earn lowers the score of ch by amount.
func (c *challenges) earn(ch phoneauth.Charge, amount float64, now time.Time) {
	c.Helper()
	ch.Amount = amount
	err := c.store.GiveBack(c.Context(), phoneauth.GiveBackParams{Credits: []phoneauth.Charge{ch}, Now: now})
	require.NoError(c, err, "GiveBack of a credit")
}

// admits says whether ch would be admitted, and changes nothing: a charge after it is
// refused.
func (c *challenges) admits(ch phoneauth.Charge, now time.Time) bool {
	c.Helper()
	if !c.stopped {
		c.stopped = true
		c.owe(c.stopper, 5, start)
	}
	refused, ok := errors.AsType[*phoneauth.LimitError](c.charged(now, ch, c.stopper))
	require.True(c, ok, probe+"TakeLimits with a charge that is refused is no *LimitError")
	return refused.Limit == c.stopper.Name
}

// score checks the score of ch at now, to a millionth: a charge that leaves it just short
// of the half above Max is admitted, and one that lifts it just beyond is not.
func (c *challenges) score(ch phoneauth.Charge, want float64, now time.Time, message string) {
	c.Helper()
	const room, near = 100_000, 1e-6
	ch.Max, ch.SampleBelow, ch.SampleWeight = room, 0, 0
	ch.Amount = room + 0.5 - want - near
	low := c.admits(ch, now)
	ch.Amount += 2 * near
	if low && !c.admits(ch, now) {
		return
	}
	least, most := 0.0, 3.0*room
	for most-least > near/10 {
		ch.Amount = (least + most) / 2
		if c.admits(ch, now) {
			least = ch.Amount
		} else {
			most = ch.Amount
		}
	}
	require.Failf(c, probe+"TakeLimits with Charges: "+message, "the score of %s is %.6f, and must be %.6f", ch.Name, room+0.5-least, want)
}
