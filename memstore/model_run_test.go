package memstore_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/memstore"
)

// dice makes arguments that meet: few keys, and times of every order of magnitude.
type dice struct{ *rand.Rand }

func (d dice) span() time.Duration {
	return time.Duration(d.Int64N(400*24*3600e6)>>d.IntN(40)) * time.Microsecond
}

func (d dice) challenge(now time.Time) phoneauth.Challenge {
	return phoneauth.Challenge{
		Key:       d.key(),
		ID:        fmt.Sprint("id", d.IntN(3)),
		Digest:    fmt.Append(nil, d.IntN(3)),
		Sealed:    []byte("sealed")[:d.IntN(7)],
		Pending:   []byte("pending")[:d.IntN(8)],
		TriesLeft: 1 + d.IntN(3),
		Sends:     d.IntN(3),
		ExpiresAt: now.Add(d.span()),
		Until:     now.Add(d.span()),
	}
}

func (d dice) key() string { return fmt.Sprint("challenge", d.IntN(20)) }

// takes asks one key under several Bursts of one Every. At times there are many.
func (d dice) takes(name string) (takes []phoneauth.Take) {
	n := d.IntN(4)
	if d.IntN(50) == 0 {
		n = 20
	}
	for range n {
		k := d.IntN(6)
		takes = append(takes, phoneauth.Take{
			Name:  fmt.Sprint(name, len(takes)),
			Key:   fmt.Sprint("take", k),
			Limit: phoneauth.Limit{Burst: 2 + d.IntN(8), Every: time.Duration(math.Pow(30, float64(k))) * time.Millisecond},
			Cost:  1 + d.IntN(3),
		})
	}
	return takes
}

func (d dice) charges() (charges []phoneauth.Charge) {
	for range d.IntN(3) {
		k := d.IntN(5)
		charges = append(charges, phoneauth.Charge{Amount: 1, Score: phoneauth.Score{
			Name: fmt.Sprint("score", len(charges)), Key: fmt.Sprint("score", k), Max: 4 + float64(d.IntN(5)),
			DebtDecay: 6 * time.Hour << k, CreditDecay: time.Hour << k,
			SampleBelow: float64(-10 * (k % 2)), SampleWeight: float64(k / 2 % 2 * 4),
		}})
	}
	return charges
}

func (d dice) lockout() phoneauth.Lockout {
	return phoneauth.Lockout{
		Name: "lockout", Key: fmt.Sprint("lockout", d.IntN(10)), TTL: 24 * time.Hour,
		Steps: []phoneauth.LockoutStep{{Failures: 3, Wait: time.Minute}, {Failures: 5, Wait: 100 * 24 * time.Hour}, {Failures: 6, Wait: time.Hour}},
	}
}

func (d dice) begin(now time.Time) phoneauth.BeginParams {
	p := phoneauth.BeginParams{
		Challenge: d.challenge(now), Lockout: d.lockout(), Takes: d.takes("take"), Charges: d.charges(), Now: now,
	}
	if d.IntN(4) == 0 {
		p.Renew = fmt.Sprint("id", d.IntN(3))
	}
	if d.IntN(4) == 0 {
		p.Asks = d.takes("ask")
	}
	return p
}

func (d dice) attempt(now time.Time) phoneauth.AttemptParams {
	p := phoneauth.AttemptParams{Lockout: d.lockout(), Takes: d.takes("take"), Now: now}
	for range 1 + d.IntN(3) {
		of := phoneauth.Candidate{
			Key: d.key(), Digests: [][]byte{fmt.Append(nil, d.IntN(3)), nil},
			OnMatch: phoneauth.OnMatch{
				Refunds: d.takes("refund"), SendRefunds: d.takes("refund"), Credits: d.charges(),
				Reward: phoneauth.Reward{Amount: 2, Take: phoneauth.Take{
					Name: "reward", Key: "reward", Limit: phoneauth.Limit{Burst: 1, Every: 24 * time.Hour}, Cost: 1,
				}},
			},
		}
		if d.IntN(3) == 0 {
			store := d.challenge(now)
			of.OnMatch.Store, of.ID = &store, fmt.Sprint("id", d.IntN(3))
		}
		if d.IntN(5) == 0 {
			of.OnMatch.ClearScores = []string{fmt.Sprint("score", d.IntN(5))}
		}
		p.Candidates = append(p.Candidates, of)
	}
	return p
}

// scoresOf are those of charges, to be read.
func scoresOf(charges []phoneauth.Charge) (scores []phoneauth.Score) {
	for _, c := range charges {
		scores = append(scores, c.Score)
	}
	return scores
}

// steps is n, or fewer under the race detector: what it looks for is not here.
func steps(n int) int {
	if raced {
		return n / 8
	}
	return n
}

func TestAgainstModel(t *testing.T) {
	t.Parallel()
	for seed := range uint64(30) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			againstModel(t, dice{rand.New(rand.NewPCG(seed, 3))})
		})
	}
}

func againstModel(t *testing.T, d dice) {
	ctx, s, m := context.Background(), memstore.New(), newModel()
	latest := start
	for i := range steps(4000) {
		latest = latest.Add(d.span() >> d.IntN(30)).Truncate(time.Microsecond)
		now := latest.Add(-time.Duration(d.IntN(5_000_000)) * time.Microsecond) // another caller's clock
		if next := step(t, d, s, m, now); next != nil {
			m = next
		}
		reads(t, d, s, m, now)
		if d.IntN(100) == 0 {
			_, err := s.Purge(ctx, now.Add(-5*time.Second))
			require.NoError(t, err)
		}
		require.False(t, t.Failed(), "step %d", i)
	}
}

// step does one verb, and returns the model after it, nil if that is as it was.
func step(t *testing.T, d dice, s *memstore.Store, m *model, now time.Time) *model {
	ctx, next := context.Background(), m.clone()
	switch d.IntN(7) {
	case 0, 1:
		p := d.begin(now)
		want, refusal := next.begin(p)
		got, err := s.BeginChallenge(ctx, p)
		require.Equal(t, refusal, answer(t, err), "%+v", p)
		if refusal != "" {
			retry(t, m, p, err)
			return nil
		}
		same(t, want, got.Challenge)
		resendAt(t, next, p.Takes, got.ResendAt, now)
	case 2, 3:
		p := d.attempt(now)
		want, refusal := next.attempt(p)
		got, err := s.AttemptChallenge(ctx, p)
		require.Equal(t, refusal, answer(t, err), "%+v", p)
		same(t, want, got)
		if refusal != "" && refusal != "mismatch" && refusal != "not found" {
			return nil
		}
	case 4:
		p := phoneauth.TakeParams{Asks: d.takes("ask"), Takes: d.takes("take"), Charges: d.charges(), Now: now}
		refusal := next.all(p.Asks, p.Takes, p.Charges, now)
		require.Equal(t, refusal, answer(t, s.TakeLimits(ctx, p)), "%+v", p)
		if refusal != "" {
			return nil
		}
	case 5:
		p := phoneauth.GiveBackParams{Takes: d.takes("back"), Credits: d.charges(), Now: now}
		next.giveBack(p.Takes, 1)
		for _, c := range p.Credits {
			next.change(c.Score, -c.Amount, now)
		}
		require.NoError(t, s.GiveBack(ctx, p))
	case 6:
		l := d.lockout()
		if err := s.CountFailure(ctx, l, now); m.locked(l, now) {
			require.Equal(t, l.Name, answer(t, err))
			return nil
		}
		next.count(l, now)
		if d.IntN(10) == 0 {
			delete(next.lockouts, l.Key)
			require.NoError(t, s.ClearFailures(ctx, l.Key))
			gone := d.key()
			delete(next.challenges, gone)
			require.NoError(t, s.CancelChallenges(ctx, gone, "none"))
		}
	}
	return next
}

// reads compares what is left of some rows.
func reads(t *testing.T, d dice, s *memstore.Store, m *model, now time.Time) {
	p := phoneauth.StateParams{
		Challenges: []string{d.key(), d.key()}, Lockouts: []string{d.lockout().Key, "none"},
		Takes: d.takes("take"), Scores: scoresOf(d.charges()), Now: now,
	}
	want := m.state(p)
	got, err := s.ReadState(context.Background(), p)
	require.NoError(t, err)
	require.Len(t, got.Challenges, len(want.Challenges))
	for i := range want.Challenges {
		same(t, want.Challenges[i], got.Challenges[i])
	}
	require.Equal(t, want.Lockouts, got.Lockouts)
	require.Equal(t, want.Waits, got.Waits, "%+v", p)
	require.Len(t, got.Scores, len(want.Scores))
	for i := range want.Scores {
		require.InDelta(t, want.Scores[i], got.Scores[i], 1e-9, "%+v", p)
	}
}

// answer is err in the words of the model.
func answer(t *testing.T, err error) string {
	var limit *phoneauth.LimitError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &limit):
		require.Positive(t, limit.RetryAfter)
		return limit.Limit
	case errors.Is(err, phoneauth.ErrNotFound):
		return "not found"
	case errors.Is(err, phoneauth.ErrMismatch):
		return "mismatch"
	}
	return err.Error()
}

// same compares two challenges. The zero time and empty slices are as they may be.
func same(t *testing.T, want, got phoneauth.Challenge) {
	t.Helper()
	for _, b := range []*[]byte{&want.Digest, &want.Sealed, &want.Pending} {
		if len(*b) == 0 {
			*b = nil
		}
	}
	require.Equal(t, want, got)
}

// retry: what p met is mended after the wait that err says, and not before.
func retry(t *testing.T, m *model, p phoneauth.BeginParams, err error) {
	t.Helper()
	var limit *phoneauth.LimitError
	first := map[string]bool{"lockout": true, "ask0": true, "take0": len(p.Asks) == 0, "score0": len(p.Asks)+len(p.Takes) == 0}
	if !errors.As(err, &limit) || !first[limit.Limit] {
		return
	}
	p.Renew = ""
	asked := func(now time.Time) string {
		p.Now = now
		_, refusal := m.clone().begin(p)
		return refusal
	}
	at := p.Now.Add(limit.RetryAfter)
	// One microsecond less, and one for how e^x is rounded.
	assert.Equal(t, limit.Limit, asked(at.Add(-2*time.Microsecond)), "%s is too long a wait for %+v", limit.RetryAfter, p)
	// A cost above Burst is in vain.
	if limit.Limit != "take0" && limit.Limit != "ask0" || fits(p) {
		assert.NotEqual(t, limit.Limit, asked(at), "%s is too short a wait for %+v", limit.RetryAfter, p)
	}
}

// fits: the first limit of p can be met.
func fits(p phoneauth.BeginParams) bool {
	first := append(p.Asks[:len(p.Asks):len(p.Asks)], p.Takes...)[0]
	return first.Cost <= first.Burst
}

// resendAt: takes asked again then are admitted, and not before.
func resendAt(t *testing.T, m *model, takes []phoneauth.Take, at, now time.Time) {
	t.Helper()
	assert.Empty(t, m.clone().take(takes, at), "%s for %+v", at, takes)
	if at.Equal(now) {
		return
	}
	require.True(t, at.After(now))
	assert.NotEmpty(t, m.clone().take(takes, at.Add(-time.Microsecond)), "%s for %+v", at, takes)
}
