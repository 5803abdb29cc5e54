package storetest

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/phoneauth/phoneauth"
)

// history is a random history of one phone and of what it shares with others.
type history struct {
	random    *rand.Rand
	reference *reference
	now       time.Time
	// latest is the latest time so far; floor, in microseconds, is how far time may go back.
	latest time.Time
	floor  int64
	own    string // what the keys of the phone begin with
	others string // what those begin with that others share
	told   []string
	made   int
	ids    []string // IDs that challenges have or had
}

func newHistory(random *rand.Rand) *history {
	return &history{random: random, reference: newReference(), now: start, latest: start, floor: start.Add(-time.Hour).UnixMicro(),
		own: "{" + unique() + "}:", others: "{" + unique() + "}:"}
}

// scoreName begins the names of scores.
const scoreName = "score"

// step is one call of a verb, of the reference and of the store.
type step struct {
	name   string
	params any
	call   func(context.Context, phoneauth.ChallengeStore) (any, error)
}

// step returns the next step of h.
func (h *history) step() step {
	switch n := h.random.IntN(20); {
	case n < 5:
		p := h.begin()
		return step{"BeginChallenge", p, func(ctx context.Context, s phoneauth.ChallengeStore) (any, error) { return s.BeginChallenge(ctx, p) }}
	case n < 10:
		p := h.attempt()
		return step{"AttemptChallenge", p, func(ctx context.Context, s phoneauth.ChallengeStore) (any, error) { return s.AttemptChallenge(ctx, p) }}
	case n < 14:
		p := phoneauth.TakeParams{Asks: h.takes(2), Takes: h.takes(3), Charges: h.charges(3), Now: h.now}
		return step{"TakeLimits", p, func(ctx context.Context, s phoneauth.ChallengeStore) (any, error) { return nil, s.TakeLimits(ctx, p) }}
	case n < 16:
		p := phoneauth.GiveBackParams{Takes: h.takes(3), Credits: h.charges(2), Now: h.now}
		return step{"GiveBack", p, func(ctx context.Context, s phoneauth.ChallengeStore) (any, error) { return nil, s.GiveBack(ctx, p) }}
	case n < 18:
		l, now := h.lockout(), h.now
		return step{"CountFailure", l, func(ctx context.Context, s phoneauth.ChallengeStore) (any, error) {
			return nil, s.CountFailure(ctx, l, now)
		}}
	case n < 19:
		key := h.own + h.pick("failures", 2)
		return step{"ClearFailures", key, func(ctx context.Context, s phoneauth.ChallengeStore) (any, error) {
			return nil, s.ClearFailures(ctx, key)
		}}
	default:
		keys := []string{h.challengeKey(), h.challengeKey()}
		return step{"CancelChallenges", keys, func(ctx context.Context, s phoneauth.ChallengeStore) (any, error) {
			return nil, s.CancelChallenges(ctx, keys...)
		}}
	}
}

// pick returns one of n names.
func (h *history) pick(name string, n int) string {
	return fmt.Sprintf("%s %d", name, h.random.IntN(n))
}

// chance returns true once in n times.
func (h *history) chance(n int) bool { return h.random.IntN(n) == 0 }

func (h *history) challengeKey() string { return h.own + h.pick("challenge", 3) }

// blob returns a value that no other step has.
func (h *history) blob(name string) []byte {
	h.made++
	return fmt.Appendf(nil, "%s %d", name, h.made)
}

func (h *history) challenge(key string) phoneauth.Challenge {
	c := phoneauth.Challenge{Key: key, ID: string(h.blob("id")), Digest: h.blob("digest"), Sealed: h.blob("sealed"), Pending: h.blob("pending"),
		TriesLeft: 1 + h.random.IntN(4), Sends: h.random.IntN(4)}
	if h.chance(4) {
		c.Sealed, c.Pending = nil, nil
	}
	c.ExpiresAt = h.now.Add(tick + time.Duration(h.random.Int64N(int64(10*time.Minute))).Truncate(tick))
	c.Until = c.ExpiresAt.Add(time.Duration(h.random.Int64N(int64(10 * time.Minute))).Truncate(tick))
	return c
}

func (h *history) begin() phoneauth.BeginParams {
	p := phoneauth.BeginParams{Challenge: h.challenge(h.challengeKey()), Asks: h.takes(1), Takes: h.takes(3), Charges: h.charges(2), Now: h.now}
	if h.chance(3) {
		p.Lockout = h.lockout()
	}
	if live := h.reference.challenges[p.Challenge.Key]; h.chance(3) {
		p.Renew = live.ID
		if h.chance(3) && len(h.ids) > 0 {
			p.Renew = h.ids[max(0, len(h.ids)-1-h.random.IntN(6))]
		}
	}
	h.ids = append(h.ids, p.Challenge.ID)
	if h.chance(3) { // without limits, as many callers have it
		p.Asks, p.Takes, p.Charges = nil, nil, nil
	}
	return p
}

func (h *history) attempt() phoneauth.AttemptParams {
	p := phoneauth.AttemptParams{Takes: h.takes(2), Now: h.now}
	if !h.chance(3) {
		p.Lockout = h.lockout()
	}
	for range 1 + h.random.IntN(3) {
		p.Candidates = append(p.Candidates, h.candidate())
	}
	if h.chance(3) {
		if p.Takes = nil; !h.chance(3) {
			p.Candidates = p.Candidates[:1]
		}
		for i := range p.Candidates {
			p.Candidates[i].OnMatch = phoneauth.OnMatch{Store: p.Candidates[i].OnMatch.Store}
		}
	}
	return p
}

func (h *history) candidate() phoneauth.Candidate {
	of := phoneauth.Candidate{Key: h.challengeKey(), Digests: [][]byte{[]byte("digest of another secret"), nil}}
	live, ok := h.reference.challenges[of.Key]
	if ok && h.chance(2) {
		of.Digests = append(of.Digests, bytes.Clone(live.Digest))
	} else if ok && h.chance(3) {
		of.Digests = append(of.Digests, bytes.Clone(live.Digest[:len(live.Digest)-1]))
	}
	switch h.random.IntN(6) {
	case 0:
		of.ID = "another"
	case 1:
		of.ID = live.ID
	case 2:
		of.Digests = nil
	}
	m := &of.OnMatch
	if h.chance(2) {
		c := h.challenge(h.challengeKey())
		m.Store = &c
	}
	m.Refunds, m.SendRefunds, m.Credits = h.takes(2), h.takes(2), h.charges(2)
	if h.chance(2) {
		m.Reward = phoneauth.Reward{Take: h.take(), Amount: h.amount()}
	}
	if h.chance(3) {
		m.ClearScores = []string{h.scoreKey(), h.scoreKey()}
	}
	return of
}

// limits are what Every is of each key: some have a part of a microsecond.
var limits = []time.Duration{time.Second, time.Minute + 1, time.Hour, 90 * time.Second, tick, 10*time.Second + 1500}

// take returns a use of one of these limits. The first three are the phone's, the rest shared.
func (h *history) take() phoneauth.Take {
	i := h.random.IntN(len(limits))
	key := h.own
	if i >= 3 {
		key = h.others
	}
	burst := 1 + h.random.IntN(6)
	return phoneauth.Take{Name: h.pick("limit", 9), Key: fmt.Sprintf("%slimit %d", key, i),
		Limit: phoneauth.Limit{Burst: burst, Every: limits[i]}, Cost: 1 + h.random.IntN(burst+1)>>h.random.IntN(3)}
}

func (h *history) takes(most int) []phoneauth.Take {
	all := make([]phoneauth.Take, h.random.IntN(most+1))
	for i := range all {
		all[i] = h.take()
	}
	return all
}

// decays are the e-fold times of each score, of debts and of credits.
var decays = [][2]time.Duration{{24 * time.Hour, 4 * time.Hour}, {10 * time.Minute, 40 * time.Minute}, {time.Minute + 1, time.Minute}, {time.Hour, time.Hour}}

func (h *history) scoreKey() string { return h.scoreOf(h.random.IntN(len(decays))).Key }

// scoreOf returns the score of this number. The first two are the phone's, the rest shared.
func (h *history) scoreOf(i int) phoneauth.Score {
	key := h.own
	if i >= 2 {
		key = h.others
	}
	return phoneauth.Score{Name: fmt.Sprint(scoreName, " ", i), Key: fmt.Sprintf("%sscore %d", key, i), Max: 20,
		DebtDecay: decays[i][0], CreditDecay: decays[i][1]}
}

// amount returns mostly whole numbers, and often a half more, where rounding matters.
func (h *history) amount() float64 {
	return float64(1+h.random.IntN(24)) / []float64{1, 1, 2, 7}[h.random.IntN(4)]
}

func (h *history) charge() phoneauth.Charge {
	c := phoneauth.Charge{Score: h.scoreOf(h.random.IntN(len(decays))), Amount: h.amount()}
	switch h.random.IntN(8) {
	case 0:
		c.Max = math.Inf(1)
	case 1:
		c.Max = float64(h.random.IntN(30) - 10)
	case 2:
		c.SampleBelow, c.SampleWeight = -10, 4
	case 3:
		c.SampleBelow, c.SampleWeight = 3, 0
	case 4, 5:
		h.sharpen(&c)
	}
	return c
}

// sharpen puts Max and SampleBelow where it depends on rounding and on equality what comes
// of c. Where the score has faded, two right stores may differ in its last bits, so an
// exact half and an equal score are left alone then.
func (h *history) sharpen(c *phoneauth.Charge) {
	value := h.reference.scores[c.Key].Faded(&c.Score, h.now.UnixMicro())
	exact := value*2 == math.Trunc(value*2)
	if exact && value < -1 {
		c.Amount = math.Trunc(value) - value + 0.5 + float64(h.random.IntN(int(-value))) // the sum is a half below 0
	}
	if sum := value + c.Amount; exact || math.Abs(math.Abs(sum-math.Trunc(sum))-0.5) > 1e-6 {
		c.Max = math.Floor(sum)
	}
	if exact && h.chance(2) {
		c.SampleBelow, c.SampleWeight = value, 3
	}
}

func (h *history) charges(most int) []phoneauth.Charge {
	all := make([]phoneauth.Charge, h.random.IntN(most+1))
	for i := range all {
		all[i] = h.charge()
	}
	return all
}

// lockout returns one of two keys under some rule, once in a while of no key.
func (h *history) lockout() phoneauth.Lockout {
	l := phoneauth.Lockout{Name: h.pick("lockout", 9), Key: h.own + h.pick("failures", 2), TTL: 10*time.Minute + time.Duration(h.random.IntN(3))*700,
		Steps: []phoneauth.LockoutStep{{Failures: 2, Wait: 5 * time.Minute}, {Failures: 4, Wait: 20*time.Minute + 1}}}
	if h.chance(3) {
		l.Steps = []phoneauth.LockoutStep{{Failures: 1 + h.random.IntN(3), Wait: 2 * time.Minute}}
	}
	if h.chance(30) {
		l.Steps[0].Wait = phoneauth.UntilUnlock
	}
	if h.chance(6) {
		l.Key = ""
	}
	return l
}

// everything returns all that h has, to be read, and some of it twice.
func (h *history) everything() phoneauth.StateParams {
	p := phoneauth.StateParams{Now: h.now, Challenges: []string{h.challengeKey()}, Takes: h.takes(3)}
	for i := range 3 {
		p.Challenges = append(p.Challenges, fmt.Sprintf("%schallenge %d", h.own, i))
	}
	for i := range 2 {
		p.Lockouts = append(p.Lockouts, fmt.Sprintf("%sfailures %d", h.own, i))
	}
	for i, every := range limits {
		key := h.own
		if i >= 3 {
			key = h.others
		}
		p.Takes = append(p.Takes, phoneauth.Take{Name: "limit", Key: fmt.Sprintf("%slimit %d", key, i),
			Limit: phoneauth.Limit{Burst: 1, Every: every}, Cost: 1})
	}
	for i := range decays {
		p.Scores = append(p.Scores, h.scoreOf(i))
	}
	return p
}
