package integration_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/phoneauth/phoneauth"
)

// phoneState is all that a store of challenges keeps about one phone: a code and a
// proof, two limits and a counter of failures.
type phoneState struct {
	held       [2]heldChallenge
	tats       [2]instant
	count      int
	lock, over instant // the end of the lock; when the count is forgotten
}

const (
	aCode = iota
	aProof
)

type heldChallenge struct {
	id, digest, pending string
	tries, sends        int
	expires, until      instant
}

func (c heldChallenge) String() string {
	if c == (heldChallenge{}) {
		return "none"
	}
	return fmt.Sprintf("{%s %s %s, %d tries, %d sends, %v of %v}", c.id, c.digest, c.pending, c.tries, c.sends, c.expires, c.until)
}

func heldOf(c phoneauth.Challenge) heldChallenge {
	return heldChallenge{c.ID, string(c.Digest), string(c.Pending), c.TriesLeft, c.Sends, at(c.ExpiresAt), at(c.Until)}
}

func (c heldChallenge) at(key string) phoneauth.Challenge {
	return phoneauth.Challenge{Key: key, ID: c.id, Digest: []byte(c.digest), Pending: []byte(c.pending),
		TriesLeft: c.tries, Sends: c.sends, ExpiresAt: c.expires.time(), Until: c.until.time()}
}

func (s phoneState) live(which int, now instant) bool { return now < s.held[which].expires }

func (s phoneState) perhaps(now, latest instant) []any {
	all := []phoneState{s}
	ends := func(end instant, drop func(*phoneState)) {
		if now < end && end <= latest {
			for _, p := range all {
				drop(&p)
				all = append(all, p)
			}
		}
	}
	for i := range s.held {
		ends(s.held[i].expires, func(p *phoneState) { p.held[i] = heldChallenge{} })
	}
	for i := range s.tats {
		ends(s.tats[i], func(p *phoneState) { p.tats[i] = 0 })
	}
	ends(max(s.lock, s.over), func(p *phoneState) { p.count, p.lock, p.over = 0, 0, 0 })
	states := make([]any, len(all))
	for i := range all {
		states[i] = all[i]
	}
	return states
}

// take is one use of one of the limits.
type take struct{ limit, cost int }

var phoneLimits = [2]phoneauth.Limit{{Burst: 4, Every: tick / 2}, {Burst: 6, Every: tick / 4}}

func refusal(name string, wait instant) string {
	answer, _ := answered(&phoneauth.LimitError{Limit: name, RetryAfter: time.Duration(wait) * time.Microsecond})
	return answer
}

// take changes s only if none refuses.
func (s *phoneState) take(takes []take, now instant) (refused string, wait instant) {
	tats := s.tats
	for i, t := range takes {
		limit, tat := phoneLimits[t.limit], &tats[t.limit]
		if t.cost < 0 {
			*tat = tat.add(time.Duration(t.cost) * limit.Every)
			continue
		}
		next := max(*tat, now).add(time.Duration(max(t.cost, 1)) * limit.Every)
		if wait := next - now.add(time.Duration(limit.Burst)*limit.Every); wait > 0 {
			return takeName(i), wait
		}
		if t.cost > 0 {
			*tat = next
		}
	}
	s.tats = tats
	return "", 0
}

func takeName(i int) string { return fmt.Sprint("take ", i) }

// resendAt tries ever later times.
func (s phoneState) resendAt(takes []take, now instant) instant {
	for {
		_, wait := s.take(takes, now)
		if wait == 0 {
			return now
		}
		now += wait
	}
}

const (
	failuresName   = "failures"
	failuresForget = 3 * tick
)

var failureSteps = []phoneauth.Step{{At: 3, Wait: tick}, {At: 4, Wait: tick / 2}, {At: 6, Wait: 2 * tick}}

func (s phoneState) locked(now instant) (string, bool) {
	return refusal(failuresName, s.lock-now), now < s.lock
}

func (s *phoneState) fail(now instant) {
	if now >= max(s.lock, s.over) {
		s.count, s.lock, s.over = 0, 0, 0
	}
	s.count++
	s.over = max(s.over, now.add(failuresForget))
	for i, step := range failureSteps {
		if s.count == step.At || s.count > step.At && i == len(failureSteps)-1 {
			s.lock = now.add(step.Wait)
		}
	}
}

// begin is a Begin, as the model sees it.
type begin struct {
	given    heldChallenge
	renew    string
	failures bool
	takes    []take
}

func (b begin) String() string {
	return fmt.Sprintf("Begin %v, renew %q, failures %t, takes %v", b.given, b.renew, b.failures, b.takes)
}

func (s phoneState) begin(b begin, now instant) (phoneState, string) {
	if answer, locked := s.locked(now); b.failures && locked {
		return s, answer
	}
	live := s.live(aCode, now)
	if b.renew != "" && (!live || s.held[aCode].id != b.renew) {
		return s, phoneauth.ErrNotFound.Error()
	}
	if name, wait := s.take(b.takes, now); wait > 0 {
		return s, refusal(name, wait)
	}
	c := b.given
	if live {
		c = s.held[aCode]
		c.pending, c.sends, c.expires = b.given.pending, c.sends+b.given.sends, min(b.given.expires, c.until)
		if b.renew != "" {
			c.id = b.given.id
		}
	}
	s.held[aCode] = c
	return s, begun(c, s.resendAt(b.takes, now))
}

func begun(c heldChallenge, resendAt instant) string {
	return fmt.Sprintf("%v, again at %v", c, resendAt)
}

// attempt is an Attempt, as the model sees it.
type attempt struct {
	which       int
	id          string
	digests     []string
	then        heldChallenge // none if it is zero
	failures    bool
	takes, back []take
}

func (a attempt) String() string {
	return fmt.Sprintf("Attempt %d %q %v, then %v, failures %t, takes %v, back %v", a.which, a.id, a.digests, a.then, a.failures, a.takes, a.back)
}

func (s phoneState) attempt(a attempt, now instant) (phoneState, string) {
	if answer, locked := s.locked(now); a.failures && locked {
		return s, answer
	}
	if name, wait := s.take(a.takes, now); wait > 0 {
		return s, refusal(name, wait)
	}
	c := s.held[a.which]
	if !s.live(a.which, now) || a.id != "" && a.id != c.id {
		return s, phoneauth.ErrNotFound.Error()
	}
	if !slices.Contains(a.digests, c.digest) {
		if c.tries--; c.tries == 0 {
			s.held[a.which] = heldChallenge{}
		} else {
			s.held[a.which].tries = c.tries
		}
		if a.failures {
			s.fail(now)
		}
		return s, fmt.Sprintf("%v %d left", phoneauth.ErrMismatch, c.tries)
	}
	s.held[a.which] = heldChallenge{}
	if a.then != (heldChallenge{}) {
		s.held[aProof] = a.then
	}
	if a.failures {
		s.count, s.lock, s.over = 0, 0, 0
	}
	s.take(a.back, now)
	return s, c.String()
}

// phoneTable is a phone, and what its clients know.
type phoneTable struct {
	store   phoneauth.ChallengeStore
	tag     string
	serial  atomic.Int64
	mu      sync.Mutex
	lastIDs [2]string
}

func phoneGame(store phoneauth.Store, tag string) table {
	p := &phoneTable{store: store, tag: "{" + tag + "}"}
	return table{parts: 1, start: phoneState{}, next: p.next, perhaps: func(state any, now, latest instant) []any {
		return state.(phoneState).perhaps(now, latest)
	}}
}

func (p *phoneTable) key(which int) string { return p.tag + [2]string{"code", "proof"}[which] }

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

func (p *phoneTable) failures(asked bool) phoneauth.Failures {
	if !asked {
		return phoneauth.Failures{}
	}
	return phoneauth.Failures{Name: failuresName, Key: p.tag + "failures", Steps: failureSteps, Forget: failuresForget}
}

func (p *phoneTable) takes(takes []take) []phoneauth.Take {
	var all []phoneauth.Take
	for i, t := range takes {
		all = append(all, phoneauth.Take{Name: takeName(i), Key: fmt.Sprint(p.tag, "limit", t.limit), Limit: phoneLimits[t.limit], Cost: t.cost})
	}
	return all
}

func (p *phoneTable) next(r *rand.Rand, now instant) call {
	switch n := r.IntN(20); {
	case n < 6:
		return p.begin(r, now)
	case n < 14:
		return p.attempt(r, now)
	case n < 15:
		return p.cancel(r, now)
	case n < 17:
		takes := someTakes(r, 1+r.IntN(2))
		return p.take(append(takes, back(takes)...), now)
	case n < 19:
		return p.countFailure(now)
	}
	return p.call(now, "ClearFailures", func(ctx context.Context) (string, error) {
		return "", p.store.ClearFailures(ctx, p.tag+"failures")
	}, func(s phoneState) (phoneState, string) {
		s.count, s.lock, s.over = 0, 0, 0
		return s, ""
	})
}

func (p *phoneTable) call(now instant, text string, do func(context.Context) (string, error), step func(phoneState) (phoneState, string)) call {
	return call{text: text, parts: []int{0}, now: now, do: do, step: stepOf(step)}
}

// someTakes are in one order, as those of the Service are: others may come to a deadlock,
// of which Postgres takes its time to think.
func someTakes(r *rand.Rand, n int) (takes []take) {
	for range n {
		takes = append(takes, take{r.IntN(len(phoneLimits)), r.IntN(3)})
	}
	slices.SortStableFunc(takes, func(a, b take) int { return cmp.Compare(a.limit, b.limit) })
	return takes
}

// back gives back one of the last of takes, if that was more. A store may forget what a
// limit is when now has reached it, so what is given back to one must be known to be more.
func back(takes []take) []take {
	if n := len(takes); n > 0 && takes[n-1].cost > 1 {
		return []take{{takes[n-1].limit, -1}}
	}
	return nil
}

func (p *phoneTable) challenge(r *rand.Rand, kind string, now instant) heldChallenge {
	return heldChallenge{id: p.fresh(kind), digest: fmt.Sprint("digest", r.IntN(3)), pending: p.fresh("pending"),
		tries: 1 + r.IntN(4), sends: r.IntN(2), expires: now.add(time.Duration(1+r.IntN(3)) * tick), until: now.add(3 * tick)}
}

func (p *phoneTable) begin(r *rand.Rand, now instant) call {
	b := begin{given: p.challenge(r, "id", now), failures: r.IntN(4) == 0, takes: someTakes(r, r.IntN(3))}
	if r.IntN(4) == 0 {
		b.renew = p.known(aCode)
	}
	return p.call(now, b.String(), func(ctx context.Context) (string, error) {
		got, err := p.store.BeginChallenge(ctx, phoneauth.Begin{Challenge: b.given.at(p.key(aCode)), Renew: b.renew,
			Failures: p.failures(b.failures), Takes: p.takes(b.takes), Now: now.time()})
		if err != nil {
			return "", err
		}
		p.learn(aCode, got.Challenge.ID)
		return begun(heldOf(got.Challenge), at(got.ResendAt)), nil
	}, func(s phoneState) (phoneState, string) { return s.begin(b, now) })
}

func (p *phoneTable) attempt(r *rand.Rand, now instant) call {
	a := attempt{which: r.IntN(3) / 2, failures: r.IntN(3) == 0, takes: someTakes(r, r.IntN(4)/3)}
	for range 1 + r.IntN(2) {
		a.digests = append(a.digests, fmt.Sprint("digest", r.IntN(3)))
	}
	if r.IntN(3) == 0 {
		a.id = p.known(a.which)
	}
	if a.which == aCode && r.IntN(4) > 0 {
		a.then = p.challenge(r, "proof", now)
	}
	a.back = back(a.takes)
	return p.call(now, a.String(), func(ctx context.Context) (string, error) {
		ask := phoneauth.Attempt{Key: p.key(a.which), ID: a.id, Failures: p.failures(a.failures),
			Takes: p.takes(a.takes), GiveBack: p.takes(a.back), Now: now.time()}
		for _, digest := range a.digests {
			ask.Digests = append(ask.Digests, []byte(digest))
		}
		if a.then != (heldChallenge{}) {
			then := a.then.at(p.key(aProof))
			ask.Then = &then
		}
		got, err := p.store.AttemptChallenge(ctx, ask)
		switch answer, _ := answered(err); {
		case err == nil:
			p.learn(aProof, a.then.id)
			return heldOf(got).String(), nil
		case answer == phoneauth.ErrMismatch.Error():
			return fmt.Sprint(got.TriesLeft, " left"), err
		}
		return "", err
	}, func(s phoneState) (phoneState, string) { return s.attempt(a, now) })
}

func (p *phoneTable) cancel(r *rand.Rand, now instant) call {
	which := [][]int{{aCode}, {aProof}, {aCode, aProof}}[r.IntN(3)]
	return p.call(now, fmt.Sprint("Cancel", which), func(ctx context.Context) (string, error) {
		var keys []string
		for _, w := range which {
			keys = append(keys, p.key(w))
		}
		return "", p.store.CancelChallenges(ctx, keys...)
	}, func(s phoneState) (phoneState, string) {
		for _, w := range which {
			s.held[w] = heldChallenge{}
		}
		return s, ""
	})
}

func (p *phoneTable) take(takes []take, now instant) call {
	return p.call(now, fmt.Sprintf("TakeLimits%+v", takes), func(ctx context.Context) (string, error) {
		return "", p.store.TakeLimits(ctx, p.takes(takes), now.time())
	}, func(s phoneState) (phoneState, string) {
		if name, wait := s.take(takes, now); wait > 0 {
			return s, refusal(name, wait)
		}
		return s, ""
	})
}

func (p *phoneTable) countFailure(now instant) call {
	return p.call(now, "CountFailure", func(ctx context.Context) (string, error) {
		return "", p.store.CountFailure(ctx, p.failures(true), now.time())
	}, func(s phoneState) (phoneState, string) {
		if answer, locked := s.locked(now); locked {
			return s, answer
		}
		s.fail(now)
		return s, ""
	})
}
