package memstore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/memstore"
)

// model does what store.go says in the plainest way: it forgets nothing, copies itself
// before it changes, and is asked by one goroutine.
type model struct {
	challenges map[string]phoneauth.Challenge
	tats       map[string]time.Time
	failures   map[string]failures
	scores     map[string]scored
}

type failures struct {
	count         int
	until, forget time.Time
}

type scored struct {
	score float64
	at    time.Time
}

func (m *model) clone() *model {
	return &model{maps.Clone(m.challenges), maps.Clone(m.tats), maps.Clone(m.failures), maps.Clone(m.scores)}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// take returns the name of the limit that refused.
func (m *model) take(takes []phoneauth.Take, now time.Time) string {
	for _, t := range takes {
		if t.Cost < 0 {
			m.tats[t.Key] = m.tats[t.Key].Add(time.Duration(t.Cost) * t.Every)
			continue
		}
		next := later(m.tats[t.Key], now).Add(time.Duration(max(t.Cost, 1)) * t.Every)
		if next.Sub(now) > time.Duration(t.Burst)*t.Every {
			return t.Name
		}
		if t.Cost > 0 {
			m.tats[t.Key] = next
		}
	}
	return ""
}

func (m *model) faded(b phoneauth.Budget, now time.Time) float64 {
	s := m.scores[b.Key]
	since := max(0, now.Sub(s.at))
	switch {
	case since >= 4*max(b.Owed, b.Earned):
		return 0
	case s.score > 0:
		return s.score * math.Exp(-float64(since)/float64(b.Owed))
	}
	return s.score * math.Exp(-float64(since)/float64(b.Earned))
}

func (m *model) change(b phoneauth.Budget, by float64, now time.Time) {
	faded := m.faded(b, now)
	if b.Thin != 0 && faded < b.Thin {
		by *= b.Weight
	}
	if by != 0 {
		m.scores[b.Key] = scored{faded + by, later(m.scores[b.Key].at, now)}
	}
}

func (m *model) locked(f phoneauth.Failures, now time.Time) bool {
	return now.Before(m.failures[f.Key].until)
}

func (m *model) count(f phoneauth.Failures, now time.Time) {
	r := m.failures[f.Key]
	if !now.Before(later(r.until, r.forget)) {
		r = failures{}
	}
	r.count++
	r.forget = later(r.forget, now.Add(f.Forget))
	last := f.Steps[len(f.Steps)-1]
	for _, s := range f.Steps {
		if s.At == r.count || s == last && r.count > s.At {
			r.until = now.Add(s.Wait)
		}
	}
	m.failures[f.Key] = r
}

// begin returns the challenge, or what refused: a limit, "not found", or nothing.
func (m *model) begin(b phoneauth.Begin) (phoneauth.Challenge, string) {
	live, ok := m.challenges[b.Challenge.Key]
	ok = ok && b.Now.Before(live.ExpiresAt)
	switch {
	case m.locked(b.Failures, b.Now):
		return live, b.Failures.Name
	case b.Renew != "" && (!ok || live.ID != b.Renew):
		return live, "not found"
	}
	if name := m.take(b.Takes, b.Now); name != "" {
		return live, name
	}
	for _, budget := range b.Budgets {
		if math.Round(m.faded(budget, b.Now)+budget.Add) > budget.Max {
			return live, budget.Name
		}
		m.change(budget, budget.Add, b.Now)
	}
	c := b.Challenge
	if ok {
		c = live
		c.Pending, c.Sends = b.Challenge.Pending, c.Sends+b.Challenge.Sends
		if c.ExpiresAt = b.Challenge.ExpiresAt; c.ExpiresAt.After(c.Until) {
			c.ExpiresAt = c.Until
		}
		if b.Renew != "" {
			c.ID = b.Challenge.ID
		}
	}
	m.challenges[c.Key] = c
	return c, ""
}

// attempt returns "" for a match.
func (m *model) attempt(a phoneauth.Attempt) (phoneauth.Challenge, string) {
	if m.locked(a.Failures, a.Now) {
		return phoneauth.Challenge{}, a.Failures.Name
	}
	if name := m.take(a.Takes, a.Now); name != "" {
		return phoneauth.Challenge{}, name
	}
	c, ok := m.challenges[a.Key]
	if !ok || !a.Now.Before(c.ExpiresAt) || a.ID != "" && a.ID != c.ID {
		return phoneauth.Challenge{}, "not found" // the takes stay
	}
	if !bytes.Equal(a.Digests[0], c.Digest) && !bytes.Equal(a.Digests[1], c.Digest) {
		m.count(a.Failures, a.Now)
		if c.TriesLeft--; c.TriesLeft == 0 {
			delete(m.challenges, a.Key)
		} else {
			m.challenges[a.Key] = c
		}
		return c, "mismatch"
	}
	delete(m.challenges, a.Key)
	delete(m.failures, a.Failures.Key)
	if a.Then != nil {
		m.challenges[a.Then.Key] = *a.Then
	}
	m.take(a.GiveBack, a.Now)
	bonus := 0.0
	if len(a.Earned) > 0 {
		if m.take([]phoneauth.Take{a.Bonus.Take}, a.Now) == "" {
			bonus = a.Bonus.Add
		}
	}
	for _, b := range a.Earned {
		m.change(b, float64(c.Sends)*b.Add+bonus, a.Now)
	}
	return c, ""
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

// dice makes arguments that meet: few keys, and times of every order of magnitude.
type dice struct{ *rand.Rand }

func (d dice) span() time.Duration {
	return time.Duration(d.Int64N(400*24*3600e6)>>d.IntN(40)) * time.Microsecond
}

func (d dice) challenge(now time.Time) phoneauth.Challenge {
	return phoneauth.Challenge{
		Key:       fmt.Sprint("challenge", d.IntN(20)),
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

// takes asks one key under several Bursts of one Every.
func (d dice) takes(sign int) (takes []phoneauth.Take) {
	for range d.IntN(4) {
		k, cost := d.IntN(6), d.IntN(4)
		if sign < 0 {
			cost = -1 - cost
		}
		takes = append(takes, phoneauth.Take{
			Name:  fmt.Sprint("limit", len(takes)),
			Key:   fmt.Sprint("take", k),
			Limit: phoneauth.Limit{Burst: 2 + d.IntN(8), Every: time.Duration(math.Pow(30, float64(k))) * time.Millisecond},
			Cost:  cost,
		})
	}
	return takes
}

func (d dice) budgets(add float64) (budgets []phoneauth.Budget) {
	for range d.IntN(3) {
		k := d.IntN(5)
		budgets = append(budgets, phoneauth.Budget{
			Name: fmt.Sprint("budget", len(budgets)), Key: fmt.Sprint("budget", k), Max: 4 + float64(d.IntN(5)), Add: add,
			Owed: 6 * time.Hour << k, Earned: time.Hour << k, Thin: float64(-10 * (k % 2)), Weight: float64(k / 2 % 2 * 4),
		})
	}
	return budgets
}

func (d dice) failures() phoneauth.Failures {
	return phoneauth.Failures{
		Name: "failures", Key: fmt.Sprint("failures", d.IntN(10)), Forget: 24 * time.Hour,
		Steps: []phoneauth.Step{{At: 3, Wait: time.Minute}, {At: 5, Wait: 100 * 24 * time.Hour}, {At: 6, Wait: time.Hour}},
	}
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
	ctx, s := context.Background(), memstore.New()
	m := &model{
		map[string]phoneauth.Challenge{}, map[string]time.Time{}, map[string]failures{}, map[string]scored{},
	}
	latest := start
	for i := range 4000 {
		latest = latest.Add(d.span() >> d.IntN(30)).Truncate(time.Microsecond)
		now := latest.Add(-time.Duration(d.IntN(5_000_000)) * time.Microsecond) // another caller's clock
		next := m.clone()
		switch d.IntN(6) {
		case 0, 1:
			b := phoneauth.Begin{
				Challenge: d.challenge(now), Takes: d.takes(1), Budgets: d.budgets(1), Failures: d.failures(), Now: now,
			}
			if d.IntN(4) == 0 {
				b.Renew = fmt.Sprint("id", d.IntN(3))
			}
			want, refusal := next.begin(b)
			got, err := s.BeginChallenge(ctx, b)
			require.Equal(t, refusal, answer(t, err), "step %d: %+v", i, b)
			if refusal != "" {
				retry(t, m, b, err)
				continue
			}
			same(t, want, got.Challenge)
			resendAt(t, next, b.Takes, got.ResendAt, now)
		case 2, 3:
			a := phoneauth.Attempt{
				Key: fmt.Sprint("challenge", d.IntN(20)), Digests: [][]byte{fmt.Append(nil, d.IntN(3)), nil},
				Failures: d.failures(), Takes: d.takes(1), GiveBack: d.takes(-1), Earned: d.budgets(-1), Now: now,
				Bonus: phoneauth.Bonus{Add: -2, Take: phoneauth.Take{
					Name: "bonus", Key: "bonus", Limit: phoneauth.Limit{Burst: 1, Every: 24 * time.Hour}, Cost: 1,
				}},
			}
			if d.IntN(3) == 0 {
				then := d.challenge(now)
				a.Then, a.ID = &then, fmt.Sprint("id", d.IntN(3))
			}
			want, refusal := next.attempt(a)
			got, err := s.AttemptChallenge(ctx, a)
			require.Equal(t, refusal, answer(t, err), "step %d: %+v", i, a)
			same(t, want, got)
			if refusal != "" && refusal != "mismatch" && refusal != "not found" {
				continue
			}
		case 4:
			takes := d.takes(1)
			refusal := next.take(takes, now)
			require.Equal(t, refusal, answer(t, s.TakeLimits(ctx, takes, now)), "step %d: %+v", i, takes)
			if refusal != "" {
				continue
			}
		case 5:
			f := d.failures()
			if err := s.CountFailure(ctx, f, now); m.locked(f, now) {
				require.Equal(t, f.Name, answer(t, err))
				continue
			}
			next.count(f, now)
			if d.IntN(10) == 0 {
				delete(next.failures, f.Key)
				require.NoError(t, s.ClearFailures(ctx, f.Key))
				gone := fmt.Sprint("challenge", d.IntN(20))
				delete(next.challenges, gone)
				require.NoError(t, s.CancelChallenges(ctx, gone, "none"))
			}
		}
		m = next
		if d.IntN(100) == 0 {
			_, err := s.Purge(ctx, now.Add(-5*time.Second))
			require.NoError(t, err)
		}
	}
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

// retry: what b met is mended after the wait that err says, and not before.
func retry(t *testing.T, m *model, b phoneauth.Begin, err error) {
	t.Helper()
	var limit *phoneauth.LimitError
	if !errors.As(err, &limit) || limit.Limit == "limit1" || limit.Limit == "limit2" {
		return
	}
	b.Renew = ""
	asked := func(now time.Time) string {
		b.Now = now
		_, refusal := m.clone().begin(b)
		return refusal
	}
	at := b.Now.Add(limit.RetryAfter)
	// One microsecond less, and one for how e^x is rounded.
	assert.Equal(t, limit.Limit, asked(at.Add(-2*time.Microsecond)), "%s is too long a wait for %+v", limit.RetryAfter, b)
	// What one call asks of one key twice may be in vain, and a cost above Burst is.
	if limit.Limit != "budget1" && (limit.Limit != "limit0" || b.Takes[0].Cost <= b.Takes[0].Burst) {
		assert.NotEqual(t, limit.Limit, asked(at), "%s is too short a wait for %+v", limit.RetryAfter, b)
	}
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
