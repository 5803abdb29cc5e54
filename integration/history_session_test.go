package integration_test

import (
	"context"
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
	digest, previous       string
	rotated, idle, expires instant
}

func (s sessionState) live(now instant) bool { return now < min(s.idle, s.expires) }

func (s sessionState) String() string {
	return fmt.Sprintf("{%s after %s, rotated %v, until %v and %v}", s.digest, s.previous, s.rotated, s.idle, s.expires)
}

func (s sessionState) perhaps(now, latest instant) []any {
	if end := min(s.idle, s.expires); now < end && end <= latest {
		return []any{s, sessionState{}}
	}
	return []any{s}
}

func sessionOf(r phoneauth.SessionRecord) sessionState {
	s := sessionState{digest: string(r.Digest), previous: string(r.Previous), idle: at(r.IdleUntil), expires: at(r.ExpiresAt)}
	if !r.RotatedAt.IsZero() {
		s.rotated = at(r.RotatedAt)
	}
	return s
}

// rotation is a Rotation, as the model sees it.
type rotation struct {
	digest, next string
	grace        time.Duration
	idle         instant
}

func (s sessionState) rotate(r rotation, now instant) (sessionState, string) {
	switch {
	case !s.live(now):
		return s, phoneauth.ErrNotFound.Error()
	case r.digest == s.digest:
		s.previous, s.digest, s.rotated, s.idle = s.digest, r.next, now, r.idle
		return s, s.String()
	case r.digest == s.previous && now < s.rotated.add(r.grace):
		return s, s.String()
	}
	return sessionState{}, fmt.Sprintf("%v %v", phoneauth.ErrReused, s)
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
	return table{parts: sessionsOfUser, start: sessionState{}, next: p.next, perhaps: func(state any, now, latest instant) []any {
		return state.(sessionState).perhaps(now, latest)
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
	given := sessionState{digest: fmt.Sprint("first", n), idle: now.add(time.Duration(1+r.IntN(2)) * tick), expires: now.add(3 * tick)}
	return p.call(part, now, fmt.Sprint("Create", given), func(ctx context.Context) (string, error) {
		err := p.store.CreateSession(ctx, phoneauth.SessionRecord{ID: p.id(part), UserID: p.user(), Digest: []byte(given.digest),
			AuthTime: now.time(), CreatedAt: now.time(), IdleUntil: given.idle.time(), ExpiresAt: given.expires.time()})
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
		if !s.live(now) {
			return s, phoneauth.ErrNotFound.Error()
		}
		return s, s.String()
	})
}

func (p *sessionTable) rotate(part, n int, r *rand.Rand, now instant) call {
	given := rotation{digest: p.digest(part, r), next: fmt.Sprint("next", n),
		grace: time.Duration(min(2, r.IntN(6))) * tick, idle: now.add(time.Duration(1+r.IntN(3)) * tick)}
	return p.call(part, now, fmt.Sprintf("Rotate%+v", given), func(ctx context.Context) (string, error) {
		got, err := p.store.RotateSession(ctx, phoneauth.Rotation{ID: p.id(part), Digest: []byte(given.digest), Next: []byte(given.next),
			Grace: given.grace, IdleUntil: given.idle.time(), Now: now.time()})
		if answer, known := answered(err); !known || answer == phoneauth.ErrNotFound.Error() {
			return "", err
		}
		p.learn(part, string(got.Digest))
		return sessionOf(got).String(), err
	}, func(s sessionState) (sessionState, string) { return s.rotate(given, now) })
}

func (p *sessionTable) end(part int, now instant) call {
	return p.call(part, now, "EndSession", func(ctx context.Context) (string, error) {
		return "", p.store.EndSession(ctx, p.id(part))
	}, func(sessionState) (sessionState, string) { return sessionState{}, "" })
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
