package integration_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/phoneauth/phoneauth"
)

// phoneTable is a phone, and what its clients know.
type phoneTable struct {
	store phoneauth.ChallengeStore
	tag   string
	// scored: there are scores in play. Else there are limits: of both there would be too
	// many states.
	scored  bool
	serial  atomic.Int64
	mu      sync.Mutex
	lastIDs [2]string
}

var phones atomic.Int64

func phoneGame(store phoneauth.Store, tag string) table {
	p := &phoneTable{store: store, tag: "{" + tag + "}", scored: phones.Add(1)%2 == 0}
	return table{parts: 1, start: phoneState{}, next: p.next, perhaps: func(state any, now, latest instant) []any {
		return state.(phoneState).perhaps(now, latest)
	}}
}

// call is one of a verb, and run is what that does to the phone.
func (p *phoneTable) call(now instant, text string, do func(context.Context) (string, error), run func(*phoneRows) (string, error)) call {
	return call{text: text, parts: []int{0}, now: now, do: do, step: func(state any) ([]any, string) {
		rows := &phoneRows{tag: p.tag, now: now, phoneState: state.(phoneState)}
		answer, err := run(rows)
		refusal, _ := answered(err)
		return rows.after(), whole(refusal, answer)
	}}
}

func (p *phoneTable) next(r *rand.Rand, now instant) call {
	switch n := r.IntN(24); {
	case n < 6:
		return p.begin(r, now)
	case n < 14:
		return p.attempt(r, now)
	case n < 15:
		return p.cancel(r, now)
	case n < 17:
		return p.take(r, now)
	case n < 18:
		return p.giveBack(r, now)
	case n < 20:
		return p.read(now)
	case n < 23:
		l := p.lockout(true)
		return p.call(now, "CountFailure", func(ctx context.Context) (string, error) {
			return "", p.store.CountFailure(ctx, l, now.time())
		}, func(rows *phoneRows) (string, error) { return "", l.Run(rows, now.time()) })
	}
	return p.call(now, "ClearFailures", func(ctx context.Context) (string, error) {
		return "", p.store.ClearFailures(ctx, p.tag+lockoutKey)
	}, func(rows *phoneRows) (string, error) {
		rows.phoneState.lockout = phoneauth.LockoutState{}
		return "", nil
	})
}

func (p *phoneTable) known(which int) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lastIDs[which]
}

func (p *phoneTable) learn(which int, id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lastIDs[which] = id
}

func (p *phoneTable) fresh(what string) string { return fmt.Sprint(what, p.serial.Add(1)) }

func (p *phoneTable) lockout(asked bool) phoneauth.Lockout {
	if !asked {
		return phoneauth.Lockout{}
	}
	return phoneauth.Lockout{Name: "failures", Key: p.tag + lockoutKey, TTL: 3 * tick,
		Steps: []phoneauth.LockoutStep{{Failures: 3, Wait: tick}, {Failures: 4, Wait: tick / 2}, {Failures: 6, Wait: 2 * tick}}}
}

var phoneLimits = [2]phoneauth.Limit{{Burst: 4, Every: tick / 2}, {Burst: 6, Every: tick / 4}}

func (p *phoneTable) limit(i, cost int) phoneauth.Take {
	return phoneauth.Take{Key: fmt.Sprint(p.tag, limitKey, i), Limit: phoneLimits[i], Cost: cost}
}

// takes are in one order, as those of the Service are: others may come to a deadlock, of
// which Postgres takes its time to think.
func (p *phoneTable) takes(r *rand.Rand, n int) (takes []phoneauth.Take) {
	if p.scored {
		return nil
	}
	for i := range n {
		t := p.limit(r.IntN(len(phoneLimits)), 1+r.IntN(2))
		t.Name = fmt.Sprint("take ", i)
		takes = append(takes, t)
	}
	slices.SortStableFunc(takes, func(a, b phoneauth.Take) int { return cmp.Compare(a.Key, b.Key) })
	return takes
}

// score is forgotten within a tick, so that it is a whole number at any time: of fractions
// there would be too many states.
func (p *phoneTable) score() phoneauth.Score {
	return phoneauth.Score{Name: "score", Key: p.tag + scoreKey, Max: 6, DebtDecay: tick / 8, CreditDecay: tick / 8}
}

func (p *phoneTable) charges(r *rand.Rand, n int) (charges []phoneauth.Charge) {
	if !p.scored {
		return nil
	}
	for range n {
		charges = append(charges, phoneauth.Charge{Score: p.score(), Amount: float64(1 + r.IntN(3))})
	}
	return charges
}

func (p *phoneTable) challenge(r *rand.Rand, kind, key string, now instant) phoneauth.Challenge {
	return heldChallenge{id: p.fresh(kind), digest: fmt.Sprint("digest", r.IntN(3)), pending: p.fresh("pending"),
		tries: 1 + r.IntN(4), sends: r.IntN(3), expires: now.add(time.Duration(1+r.IntN(3)) * tick), until: now.add(3 * tick)}.at(p.tag + key)
}

func begun(got phoneauth.BeginResult, err error) (string, error) {
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%v, again at %v", heldOf(got.Challenge), at(got.ResendAt)), nil
}

func (p *phoneTable) begin(r *rand.Rand, now instant) call {
	b := phoneauth.BeginParams{Challenge: p.challenge(r, "id", codeKey, now), Lockout: p.lockout(r.IntN(4) == 0),
		Asks: p.takes(r, r.IntN(3)/2), Takes: p.takes(r, r.IntN(3)), Charges: p.charges(r, r.IntN(2)), Now: now.time()}
	if r.IntN(4) == 0 {
		b.Renew = p.known(aCode)
	}
	return p.call(now, fmt.Sprintf("Begin %v, renew %q, %s, asks %v, takes %v, charges %v", heldOf(b.Challenge), b.Renew, b.Lockout.Name, b.Asks, b.Takes, b.Charges),
		func(ctx context.Context) (string, error) {
			got, err := p.store.BeginChallenge(ctx, b)
			if err == nil {
				p.learn(aCode, got.Challenge.ID)
			}
			return begun(got, err)
		}, func(rows *phoneRows) (string, error) { return begun(b.Run(rows)) })
}

func attempted(got phoneauth.Challenge, err error) (string, error) {
	switch {
	case err == nil:
		return heldOf(got).String(), nil
	case errors.Is(err, phoneauth.ErrMismatch):
		return fmt.Sprint(got.TriesLeft, " left"), err
	}
	return "", err
}

func (p *phoneTable) attempt(r *rand.Rand, now instant) call {
	a, proof := p.attempting(r, now)
	return p.call(now, "Attempt "+described(&a),
		func(ctx context.Context) (string, error) {
			got, err := p.store.AttemptChallenge(ctx, a)
			if err == nil && proof != "" {
				p.learn(aProof, proof)
			}
			return attempted(got, err)
		}, func(rows *phoneRows) (string, error) { return attempted(a.Run(rows)) })
}

// attempting is an attempt, and the ID of the proof that it may store.
func (p *phoneTable) attempting(r *rand.Rand, now instant) (a phoneauth.AttemptParams, proof string) {
	a = phoneauth.AttemptParams{Lockout: p.lockout(r.IntN(3) == 0), Takes: p.takes(r, r.IntN(4)/3), Now: now.time()}
	candidates := [][]int{{aCode}, {aCode}, {aProof}, {aCode, aProof}, {aProof, aCode}}[r.IntN(5)]
	for _, which := range candidates {
		c := p.candidate(r, which, now)
		if c.OnMatch.Store != nil {
			proof = c.OnMatch.Store.ID
		}
		a.Candidates = append(a.Candidates, c)
	}
	return a, proof
}

func (p *phoneTable) candidate(r *rand.Rand, which int, now instant) phoneauth.Candidate {
	c := phoneauth.Candidate{Key: p.tag + [2]string{codeKey, proofKey}[which]}
	for range 1 + r.IntN(2) {
		c.Digests = append(c.Digests, fmt.Append(nil, "digest", r.IntN(3)))
	}
	if r.IntN(3) == 0 {
		c.ID = p.known(which)
	}
	if which == aCode && r.IntN(4) > 0 {
		proof := p.challenge(r, "proof", proofKey, now)
		c.OnMatch.Store = &proof
	}
	if r.IntN(2) == 0 {
		c.OnMatch.Refunds, c.OnMatch.SendRefunds = p.takes(r, r.IntN(2)), p.takes(r, r.IntN(2))
		c.OnMatch.Credits = p.charges(r, r.IntN(2))
		if p.scored {
			c.OnMatch.Reward = phoneauth.Reward{Take: p.limit(0, 1), Amount: 1}
			if r.IntN(4) == 0 {
				c.OnMatch.ClearScores = []string{p.tag + scoreKey}
			}
		}
	}
	return c
}

func described(a *phoneauth.AttemptParams) string {
	var texts []string
	for i := range a.Candidates {
		c := &a.Candidates[i]
		text := fmt.Sprintf("%s %q %s, %+v", c.Key, c.ID, c.Digests, c.OnMatch)
		if c.OnMatch.Store != nil {
			text += fmt.Sprint(", stores ", heldOf(*c.OnMatch.Store))
		}
		texts = append(texts, text)
	}
	return fmt.Sprintf("%v, %s, takes %v", texts, a.Lockout.Name, a.Takes)
}

func (p *phoneTable) cancel(r *rand.Rand, now instant) call {
	keys := [][]string{{codeKey}, {proofKey}, {codeKey, proofKey}}[r.IntN(3)]
	return p.call(now, fmt.Sprint("Cancel ", keys), func(ctx context.Context) (string, error) {
		var all []string
		for _, key := range keys {
			all = append(all, p.tag+key)
		}
		return "", p.store.CancelChallenges(ctx, all...)
	}, func(rows *phoneRows) (string, error) {
		for _, key := range keys {
			rows.DeleteChallenge(p.tag + key)
		}
		return "", nil
	})
}

func (p *phoneTable) take(r *rand.Rand, now instant) call {
	t := phoneauth.TakeParams{Asks: p.takes(r, r.IntN(3)), Takes: p.takes(r, r.IntN(3)), Charges: p.charges(r, r.IntN(2)), Now: now.time()}
	return p.call(now, fmt.Sprintf("TakeLimits asks %v, takes %v, charges %v", t.Asks, t.Takes, t.Charges), func(ctx context.Context) (string, error) {
		return "", p.store.TakeLimits(ctx, t)
	}, func(rows *phoneRows) (string, error) { return "", t.Run(rows) })
}

func (p *phoneTable) giveBack(r *rand.Rand, now instant) call {
	g := phoneauth.GiveBackParams{Takes: p.takes(r, 1+r.IntN(2)), Credits: p.charges(r, r.IntN(2)), Now: now.time()}
	return p.call(now, fmt.Sprintf("GiveBack %v, credits %v", g.Takes, g.Credits), func(ctx context.Context) (string, error) {
		return "", p.store.GiveBack(ctx, g)
	}, func(rows *phoneRows) (string, error) {
		g.Run(rows)
		return "", nil
	})
}

// read is ReadState of everything.
func (p *phoneTable) read(now instant) call {
	ask := phoneauth.StateParams{Challenges: []string{p.tag + codeKey, p.tag + proofKey}, Lockouts: []string{p.tag + lockoutKey},
		Takes: []phoneauth.Take{p.limit(0, 1), p.limit(1, 1)}, Scores: []phoneauth.Score{p.score()}, Now: now.time()}
	text := func(s phoneauth.State) string {
		var held []heldChallenge
		for _, c := range s.Challenges {
			held = append(held, heldOf(c))
		}
		return fmt.Sprint(held, s.Lockouts, s.Waits, s.Scores)
	}
	return p.call(now, fmt.Sprint("ReadState ", ask.Challenges, ask.Lockouts, ask.Takes), func(ctx context.Context) (string, error) {
		got, err := p.store.ReadState(ctx, ask)
		if err != nil {
			return "", err
		}
		return text(got), nil
	}, func(rows *phoneRows) (string, error) { return text(ask.Run(rows)), nil })
}
