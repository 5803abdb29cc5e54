package storetest

import (
	"bytes"
	"crypto/rand"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// start is when every case begins: years from the clock's time, so that a store that
// reads the clock is found out, and with an odd microsecond, so that one that rounds is.
var start = time.Date(2021, 3, 4, 5, 6, 7, 123_457_000, time.UTC)

// farAway are times that no clock shows.
var farAway = []time.Time{start.AddDate(-40, 0, 0), start.AddDate(100, 0, 0)}

// tick is the smallest time that counts.
const tick = time.Microsecond

// after is the time d after start.
func after(d time.Duration) time.Time { return start.Add(d) }

// unique tells keys, ids and names of this case from all others.
func unique() string { return rand.Text() }

// assertUTC checks that a store returns times in UTC.
func assertUTC(t testing.TB, times ...time.Time) {
	t.Helper()
	for _, at := range times {
		assert.Equal(t, time.UTC, at.Location(), "Times are UTC: %v", at)
	}
}

// plain is b, with the two empty slices made one.
func plain(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	return b
}

// limitError requires that err is a refusal by the limit of this name, and returns how
// long to wait.
func limitError(t testing.TB, err error, name string) time.Duration {
	t.Helper()
	var refused *phoneauth.LimitError
	require.ErrorAs(t, err, &refused, "expected *LimitError of %q", name)
	require.Equal(t, name, refused.Limit, "the limit that refused")
	require.Positive(t, refused.RetryAfter, "RetryAfter is how long to wait, more than 0")
	return refused.RetryAfter
}

// fade is what is left of a score of 1 after so many hours.
func fade(hours, eFold float64) float64 { return math.Exp(-hours / eFold) }

// challenges is the fixture of the cases of a ChallengeStore.
type challenges struct {
	testing.TB
	options
	store phoneauth.ChallengeStore
	// slot is what the keys of this case begin with, as all keys of one phone do.
	slot string
	// stopper is a budget that refuses whatever comes, once it is charged.
	stopper phoneauth.Budget
	stopped bool
}

func newChallenges(t testing.TB, store phoneauth.ChallengeStore, o options) *challenges {
	c := &challenges{TB: t, options: o, store: store}
	c.next()
	return c
}

// next gives the next round keys that no round had before.
func (c *challenges) next() {
	c.slot = "{" + unique() + "}:"
	c.stopped = false
	c.stopper = phoneauth.Budget{Name: "stopper", Key: c.key("stopper"), Max: 1, Add: 1,
		Owed: 365 * 24 * time.Hour, Earned: 365 * 24 * time.Hour}
}

func (c *challenges) key(name string) string { return c.slot + name }

// challenge is a new one under the key of this name: 5 tries and 1 send, gone after 5
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

// passing is a challenge at now that nobody comes back to.
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
func (c *challenges) begin(b phoneauth.Begin) phoneauth.Begun {
	c.Helper()
	begun, err := c.store.BeginChallenge(c.Context(), b)
	require.NoError(c, err, "BeginChallenge")
	return begun
}

// tryBegin is BeginChallenge where the answer is an error, or where only that matters.
func (c *challenges) tryBegin(b phoneauth.Begin) error {
	_, err := c.store.BeginChallenge(c.Context(), b)
	return err
}

// open stores ch, with no limit asked.
func (c *challenges) open(ch phoneauth.Challenge) phoneauth.Challenge {
	c.Helper()
	begun := c.begin(phoneauth.Begin{Challenge: ch, Now: start})
	c.same(ch, begun.Challenge, "the challenge as stored")
	return ch
}

func (c *challenges) attempt(a phoneauth.Attempt) (phoneauth.Challenge, error) {
	return c.store.AttemptChallenge(c.Context(), a)
}

// right is an attempt with the digest of ch.
func right(ch phoneauth.Challenge, now time.Time) phoneauth.Attempt {
	return phoneauth.Attempt{Key: ch.Key, Digests: [][]byte{bytes.Clone(ch.Digest)}, Now: now}
}

// wrong is an attempt with the digest of something else.
func wrong(ch phoneauth.Challenge, now time.Time) phoneauth.Attempt {
	return phoneauth.Attempt{Key: ch.Key, Digests: [][]byte{[]byte("digest of another secret")}, Now: now}
}

// win takes the challenge with ch's key and digest away, and returns it as it was.
func (c *challenges) win(ch phoneauth.Challenge, now time.Time) phoneauth.Challenge {
	c.Helper()
	got, err := c.attempt(right(ch, now))
	require.NoError(c, err, "AttemptChallenge with the right digest")
	return got
}

// gone checks that the digest of ch opens nothing: ErrNotFound, or ErrMismatch where
// another challenge lives under its key.
func (c *challenges) gone(ch phoneauth.Challenge, now time.Time, message string, want error) {
	c.Helper()
	_, err := c.attempt(right(ch, now))
	require.ErrorIs(c, err, want, message)
}

// miss presents a wrong digest and returns how many tries remain.
func (c *challenges) miss(a phoneauth.Attempt) int {
	c.Helper()
	got, err := c.attempt(a)
	require.ErrorIs(c, err, phoneauth.ErrMismatch, "AttemptChallenge with a wrong digest")
	return got.TriesLeft
}

func (c *challenges) takeLimits(now time.Time, takes ...phoneauth.Take) error {
	return c.store.TakeLimits(c.Context(), takes, now)
}

// spend takes what must be admitted.
func (c *challenges) spend(now time.Time, takes ...phoneauth.Take) {
	c.Helper()
	require.NoError(c, c.takeLimits(now, takes...), "TakeLimits")
}

// take is one use of a limit of the given Burst, then one each minute and a microsecond.
func (c *challenges) take(name string, burst int) phoneauth.Take {
	return phoneauth.Take{Name: name, Key: c.key(name), Limit: phoneauth.Limit{Burst: burst, Every: every}, Cost: 1}
}

const every = time.Minute + tick

// busy is how far the tat of a limit's key is ahead of now: what a limit of Burst 1
// makes one wait.
func (c *challenges) busy(take phoneauth.Take, now time.Time) time.Duration {
	c.Helper()
	take.Burst, take.Cost = 1, 0
	err := c.takeLimits(now, take)
	if err == nil {
		return 0
	}
	return limitError(c, err, take.Name)
}

// failures counts to a lock of an hour at every tenth failure; the count is forgotten
// after a day.
func (c *challenges) failures(name string) phoneauth.Failures {
	return phoneauth.Failures{Name: name, Key: c.key(name), Forget: 24 * time.Hour,
		Steps: []phoneauth.Step{{At: 10, Wait: time.Hour}}}
}

func (c *challenges) count(f phoneauth.Failures, now time.Time) error {
	return c.store.CountFailure(c.Context(), f, now)
}

// lock counts failures until f is locked.
func (c *challenges) lock(f phoneauth.Failures, now time.Time) {
	c.Helper()
	for range f.Steps[0].At {
		require.NoError(c, c.count(f, now), "CountFailure before the lock")
	}
	limitError(c, c.count(f, now), f.Name)
}

// counted checks that f has counted n failures: as many fewer lead to its first lock.
func (c *challenges) counted(f phoneauth.Failures, n int, now time.Time, message string) {
	c.Helper()
	for i := range f.Steps[0].At - n {
		require.NoError(c, c.count(f, now), "%s: locked %d too early", message, f.Steps[0].At-n-i)
	}
	limitError(c, c.count(f, now), f.Name)
}

// budget allows a score of 20; what is owed fades over a day, what is earned over four
// hours.
func (c *challenges) budget(name string) phoneauth.Budget {
	return phoneauth.Budget{Name: name, Key: c.key(name), Max: 20, Add: 1, Owed: 24 * time.Hour, Earned: 4 * time.Hour}
}

// charge asks b alone, with a challenge of its own.
func (c *challenges) charge(b phoneauth.Budget, now time.Time) error {
	return c.tryBegin(phoneauth.Begin{Challenge: c.passing(now), Budgets: []phoneauth.Budget{b}, Now: now})
}

// owe charges b with what must be admitted.
func (c *challenges) owe(b phoneauth.Budget, add float64, now time.Time) {
	c.Helper()
	b.Max, b.Add = 1e9, add
	require.NoError(c, c.charge(b, now), "BeginChallenge with a budget of room")
}

// earn credits b with add, which is negative.
func (c *challenges) earn(b phoneauth.Budget, add float64, now time.Time) {
	c.Helper()
	ch := c.passing(now)
	c.begin(phoneauth.Begin{Challenge: ch, Now: now})
	b.Add = add
	a := right(ch, now)
	a.Earned, a.Bonus = []phoneauth.Budget{b}, phoneauth.Bonus{Take: c.take(unique(), 1)}
	_, err := c.attempt(a)
	require.NoError(c, err, "AttemptChallenge with a budget to credit")
}

// admits says whether b would admit its charge, and changes nothing: a budget asked
// after it refuses.
func (c *challenges) admits(b phoneauth.Budget, now time.Time) bool {
	c.Helper()
	if !c.stopped {
		c.stopped = true
		c.owe(c.stopper, 5, start)
	}
	err := c.tryBegin(phoneauth.Begin{Challenge: c.passing(now), Budgets: []phoneauth.Budget{b, c.stopper}, Now: now})
	var refused *phoneauth.LimitError
	require.ErrorAs(c, err, &refused, "expected *LimitError of %q or %q", b.Name, c.stopper.Name)
	return refused.Limit == c.stopper.Name
}

// score checks the score of b at now, to a millionth: a charge that leaves it just short
// of the half above a limit is admitted, and one that lifts it just beyond is not.
func (c *challenges) score(b phoneauth.Budget, want float64, now time.Time, message string) {
	c.Helper()
	const room, near = 100_000, 1e-6
	probe := b
	probe.Max, probe.Thin, probe.Weight = room, 0, 0
	probe.Add = room + 0.5 - want - near
	low := c.admits(probe, now)
	probe.Add += 2 * near
	if low && !c.admits(probe, now) {
		return
	}
	least, most := -2.0*room, 3.0*room
	for most-least > near/10 {
		probe.Add = (least + most) / 2
		if c.admits(probe, now) {
			least = probe.Add
		} else {
			most = probe.Add
		}
	}
	require.Failf(c, message, "the score of %s is %.6f, and must be %.6f", b.Name, room+0.5-least, want)
}
