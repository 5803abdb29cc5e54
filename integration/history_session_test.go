package integration_test

import (
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

// sessionState is one session. Each has a history of its own: EndUserSessions ends each
// of the user's in one step, and is not one step for all of them.
type sessionState struct {
	digest, previous, client        string
	byPassword                      bool
	created, rotated, idle, expires instant
}

func (s sessionState) String() string {
	return fmt.Sprintf("{%s after %s on %q, by password %t, created %v, rotated %v, until %v and %v}",
		s.digest, s.previous, s.client, s.byPassword, s.created, s.rotated, s.idle, s.expires)
}

func (s sessionState) perhaps(latest instant) []any {
	if s != (sessionState{}) && min(s.idle, s.expires) <= latest {
		return []any{s, sessionState{}}
	}
	return []any{s}
}

func sessionOf(r phoneauth.SessionRecord) sessionState {
	if r.ID == "" {
		return sessionState{}
	}
	s := sessionState{digest: string(r.Digest), previous: string(r.Previous), client: r.Client, byPassword: r.ByPassword,
		created: at(r.CreatedAt), idle: at(r.IdleUntil), expires: at(r.ExpiresAt)}
	if !r.RotatedAt.IsZero() {
		s.rotated = at(r.RotatedAt)
	}
	return s
}

// record is s as the rules of package phoneauth know it, the zero record for none.
func (s sessionState) record(id, user string) phoneauth.SessionRecord {
	if s == (sessionState{}) {
		return phoneauth.SessionRecord{}
	}
	r := phoneauth.SessionRecord{ID: id, UserID: user, Digest: []byte(s.digest), Previous: []byte(s.previous),
		Client: s.client, ByPassword: s.byPassword, AuthTime: s.created.time(), CreatedAt: s.created.time(),
		IdleUntil: s.idle.time(), ExpiresAt: s.expires.time()}
	if s.rotated != 0 {
		r.RotatedAt = s.rotated.time()
	}
	return r
}

// rotate is RotateSession, of the session with this id.
func (s sessionState) rotate(r phoneauth.Rotation) (sessionState, string) {
	next, write, err := r.Apply(s.record(r.ID, ""))
	switch {
	case errors.Is(err, phoneauth.ErrReused):
		return sessionState{}, fmt.Sprintf("%v %v", err, s)
	case err != nil:
		return s, err.Error()
	case write:
		s = sessionOf(next)
	}
	return s, s.String()
}

// sessionTable is a user with some sessions, one after the other.
type sessionTable struct {
	store  phoneauth.SessionStore
	tag    string
	serial atomic.Int64
	mu     sync.Mutex
	seen   [sessionsOfUser][]string // digests, the latest last
}

const (
	sessionsOfUser  = 4
	callsPerSession = clients * callsPerClient / sessionsOfUser
)

func sessionGame(store phoneauth.Store, tag string) table {
	p := &sessionTable{store: store, tag: tag}
	return table{parts: sessionsOfUser, start: sessionState{}, next: p.next, perhaps: func(state any, _, latest instant) []any {
		return state.(sessionState).perhaps(latest)
	}}
}

func (p *sessionTable) id(part int) string { return fmt.Sprintf("session %s %d", p.tag, part) }
func (p *sessionTable) user() string       { return "user " + p.tag }

func (p *sessionTable) learn(part int, digest string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !slices.Contains(p.seen[part], digest) {
		p.seen[part] = append(p.seen[part], digest)
	}
}

// digest is mostly the latest, or the one before it.
func (p *sessionTable) digest(part int, r *rand.Rand) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	seen, back := p.seen[part], 1
	switch n := r.IntN(20); {
	case n < 1:
		back = 3
	case n < 6:
		back = 2
	}
	if back > len(seen) {
		return "unknown"
	}
	return seen[len(seen)-back]
}

func (p *sessionTable) next(r *rand.Rand, now instant) call {
	n := int(p.serial.Add(1)) - 1
	part, age := min(n/callsPerSession, sessionsOfUser-1), n%callsPerSession
	switch dice := r.IntN(20); {
	case age == 0: // an id is never used again
		return p.create(part, n, r, now)
	case age > clients && dice < 1:
		return p.end(part, now)
	case age > clients && dice < 3:
		return p.endUser(part, r.IntN(2) == 0, now)
	case dice < 7:
		return p.find(part, now)
	}
	return p.rotate(part, n, r, now)
}

func (p *sessionTable) call(part int, now instant, text string, do func(context.Context) (string, error), step func(sessionState) (sessionState, string)) call {
	return call{text: text, parts: []int{part}, now: now, do: do, step: stepOf(step)}
}

func (p *sessionTable) create(part, n int, r *rand.Rand, now instant) call {
	given := sessionState{digest: fmt.Sprint("first", n), client: "first", created: now, idle: now.add(time.Duration(1+r.IntN(2)) * tick), expires: now.add(3 * tick)}
	return p.call(part, now, fmt.Sprint("Create", given), func(ctx context.Context) (string, error) {
		_, err := p.store.CreateSession(ctx, phoneauth.NewSession{Session: given.record(p.id(part), p.user()), Now: now.time()})
		if err == nil {
			p.learn(part, given.digest)
		}
		return "", err
	}, func(sessionState) (sessionState, string) {
		return given, ""
	})
}

func (p *sessionTable) find(part int, now instant) call {
	return p.call(part, now, "SessionByID", func(ctx context.Context) (string, error) {
		got, err := p.store.SessionByID(ctx, p.id(part), now.time())
		if err != nil {
			return "", err
		}
		return sessionOf(got).String(), nil
	}, func(s sessionState) (sessionState, string) {
		if !s.record(p.id(part), p.user()).Live(now.time()) {
			return s, phoneauth.ErrNotFound.Error()
		}
		return s, s.String()
	})
}

func (p *sessionTable) rotate(part, n int, r *rand.Rand, now instant) call {
	given := phoneauth.Rotation{ID: p.id(part), Digest: []byte(p.digest(part, r)), Next: fmt.Append(nil, "next", n), Client: fmt.Sprint("client", n),
		Grace: time.Duration(min(2, r.IntN(6))) * tick, IdleUntil: now.add(time.Duration(1+r.IntN(3)) * tick).time(), Now: now.time()}
	text := fmt.Sprintf("Rotate %d from %s to %s, grace %v, until %v", part, given.Digest, given.Next, given.Grace, at(given.IdleUntil))
	return p.call(part, now, text, func(ctx context.Context) (string, error) {
		got, err := p.store.RotateSession(ctx, given)
		if answer, known := answered(err); !known || answer == phoneauth.ErrNotFound.Error() {
			return "", err
		}
		p.learn(part, string(got.Digest))
		return sessionOf(got).String(), err
	}, func(s sessionState) (sessionState, string) { return s.rotate(given) })
}

func (p *sessionTable) end(part int, now instant) call {
	return p.call(part, now, fmt.Sprint("EndSession ", part), func(ctx context.Context) (string, error) {
		return "", p.store.EndSession(ctx, p.user(), p.id(part))
	}, func(s sessionState) (sessionState, string) {
		if s == (sessionState{}) {
			return s, phoneauth.ErrNotFound.Error()
		}
		return sessionState{}, ""
	})
}

func (p *sessionTable) endUser(but int, except bool, now instant) call {
	c := call{text: "EndUserSessions", now: now}
	var id string
	if except {
		id = p.id(but)
		c.text += fmt.Sprint(" but ", but)
	}
	for part := range sessionsOfUser {
		if !except || part != but {
			c.parts = append(c.parts, part)
		}
	}
	c.do = func(ctx context.Context) (string, error) { return "", p.store.EndUserSessions(ctx, p.user(), id) }
	c.step = stepOf(func(sessionState) (sessionState, string) { return sessionState{}, "" })
	return c
}
