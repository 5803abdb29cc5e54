package integration_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/phoneauth/phoneauth"
)

// countedState is all sessions of one user, who may have mostCounted. They do not expire.
type countedState [countedIDs]sessionState

const countedIDs, mostCounted = 16, 3

// countedTable is a user, and what is known of the sessions.
type countedTable struct {
	store  phoneauth.SessionStore
	tag    string
	user   func() string
	serial atomic.Int64
	mu     sync.Mutex
	latest [countedIDs]string // digests
}

// countedGame is for stores that keep the sessions of a user together: each verb is one
// step for all of them.
func countedGame(store phoneauth.Store, tag string) table {
	p := &countedTable{store: store, tag: tag, user: func() string { return "user " + tag }}
	return table{parts: 1, start: countedState{}, next: p.next, perhaps: func(state any, _, _ instant) []any { return []any{state} }}
}

func (p *countedTable) id(n int) string { return fmt.Sprintf("counted %s %02d", p.tag, n) }

func (p *countedTable) number(id string) int {
	for n := range countedIDs {
		if p.id(n) == id {
			return n
		}
	}
	return -1
}

func (p *countedTable) learn(n int, digest string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.latest[n] = digest
}

func (p *countedTable) digest(n int) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.latest[n]
}

// live are the sessions, newest use first.
func (p *countedTable) live(s *countedState) (all []phoneauth.SessionRecord) {
	for n := range s {
		if s[n] != (sessionState{}) {
			all = append(all, s[n].record(p.id(n), p.user()))
		}
	}
	slices.SortFunc(all, phoneauth.ByLastUse)
	return all
}

func (p *countedTable) call(now instant, text string, do func(context.Context) (string, error), step func(countedState) (countedState, string)) call {
	return call{text: text, parts: []int{0}, now: now, do: do, step: stepOf(step)}
}

func (p *countedTable) next(r *rand.Rand, now instant) call {
	n := int(p.serial.Add(1)) - 1
	some := r.IntN(min(n+1, countedIDs))
	switch dice := r.IntN(20); {
	case n%2 == 0 && n/2 < countedIDs: // an id is never used again
		return p.create(n/2, r, now)
	case dice < 6:
		return p.list(now)
	case dice < 10:
		return p.end(some, now)
	case dice < 11:
		return p.endAll(now)
	}
	return p.rotate(some, n, now)
}

func (p *countedTable) endAll(now instant) call {
	return p.call(now, "EndUserSessions", func(ctx context.Context) (string, error) {
		return "", p.store.EndUserSessions(ctx, p.user(), "")
	}, func(countedState) (countedState, string) { return countedState{}, "" })
}

// given is the session with the ID of this number, as it is created.
func (p *countedTable) given(n int, r *rand.Rand, now instant) sessionState {
	return sessionState{digest: fmt.Sprint("first", n), client: "first", byPassword: r.IntN(3) == 0,
		created: now, idle: now.add(1000 * tick), expires: now.add(2000 * tick)}
}

func (p *countedTable) create(n int, r *rand.Rand, now instant) call {
	given := p.given(n, r, now)
	ask := phoneauth.NewSession{Session: given.record(p.id(n), p.user()), Most: mostCounted, Now: now.time()}
	evicted := func(r phoneauth.SessionRecord) string { return fmt.Sprintf("ends %d %v", p.number(r.ID), sessionOf(r)) }
	return p.call(now, fmt.Sprintf("Create %d %v", n, given), func(ctx context.Context) (string, error) {
		got, err := p.store.CreateSession(ctx, ask)
		if err != nil {
			return "", err
		}
		p.learn(n, given.digest)
		return evicted(got), nil
	}, func(s countedState) (countedState, string) {
		ends, err := ask.Evict(p.live(&s))
		if err != nil {
			refusal, _ := answered(err)
			return s, refusal
		}
		answer := evicted(phoneauth.SessionRecord{})
		if ends != nil {
			answer = evicted(*ends)
			s[p.number(ends.ID)] = sessionState{}
		}
		s[n] = given
		return s, answer
	})
}

func (p *countedTable) list(now instant) call {
	text := func(all []phoneauth.SessionRecord) string {
		var texts []string
		for _, r := range all {
			texts = append(texts, fmt.Sprint(p.number(r.ID), sessionOf(r)))
		}
		return fmt.Sprint(texts)
	}
	return p.call(now, "UserSessions", func(ctx context.Context) (string, error) {
		got, err := p.store.UserSessions(ctx, p.user(), now.time())
		if err != nil {
			return "", err
		}
		return text(got), nil
	}, func(s countedState) (countedState, string) { return s, text(p.live(&s)) })
}

func (p *countedTable) end(n int, now instant) call {
	return p.call(now, fmt.Sprint("EndSession ", n), func(ctx context.Context) (string, error) {
		return "", p.store.EndSession(ctx, p.user(), p.id(n))
	}, func(s countedState) (countedState, string) {
		if s[n] == (sessionState{}) {
			return s, phoneauth.ErrNotFound.Error()
		}
		s[n] = sessionState{}
		return s, ""
	})
}

func (p *countedTable) rotate(n, next int, now instant) call {
	given := phoneauth.Rotation{ID: p.id(n), Digest: []byte(p.digest(n)), Next: fmt.Append(nil, "next", next),
		Client: "next", IdleUntil: now.add(1000 * tick).time(), Now: now.time()}
	return p.call(now, fmt.Sprintf("Rotate %d from %s to %s", n, given.Digest, given.Next), func(ctx context.Context) (string, error) {
		got, err := p.store.RotateSession(ctx, given)
		switch {
		case err == nil:
			p.learn(n, string(got.Digest))
			return sessionOf(got).String(), nil
		case errors.Is(err, phoneauth.ErrReused):
			return sessionOf(got).String(), err
		}
		return "", err
	}, func(s countedState) (countedState, string) {
		var answer string
		s[n], answer = s[n].rotate(given)
		return s, answer
	})
}
