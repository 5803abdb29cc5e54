// Package memstore is a [phoneauth.Store] in memory: for tests, for development, and
// for a service that is one process and may forget its users when it ends.
//
// It is one mutex around a few hash tables. No goroutine works behind it and no clock
// is read: what has expired is dropped a few records at a time by the verbs that come
// after, and its memory goes back to the runtime. [Store.Purge] drops all of it at
// once, for a store that has gone quiet.
//
// It has caps, so that a flood of new work cannot take the memory of the process.
// Beyond them new work is refused with [ErrFull]; what is live is never dropped for it.
package memstore

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"sync"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/meter"
)

// ErrFull is the refusal of new work by a store at one of its caps: nothing was
// stored, taken or counted. It is not one of the named answers of a Store, so the
// Service answers it as an outage.
var ErrFull = errors.New("memstore: full")

const (
	defaultRecords = 1_000_000
	defaultBytes   = 256 << 20
)

var (
	_ phoneauth.Store  = (*Store)(nil)
	_ phoneauth.Purger = (*Store)(nil)
)

// Store is a [phoneauth.Store] in memory. [New] makes one.
type Store struct {
	seed       [8]byte
	open, hard usage // new work stops at open; what is begun may go on to hard

	mu         sync.Mutex
	now        int64 // of the latest verb that was given one
	challenges table[challenge]
	limits     table[limit]
	failures   table[failure]
	budgets    table[budget]
	sessions   table[session]
	owners     table[link] // user id to the first of the user's sessions
	users      table[user]
	phones     table[link] // phone to user
	lastID     int64
}

// Option sets one of the caps of a [Store].
type Option func(*Store)

// MaxRecords caps how many challenges, limits, failure counters, budgets, sessions and
// users there are together: by default, or when n is zero, 1,000,000.
//
// At the cap nothing new is begun. To an attempt on a live challenge, which may have to
// count a failure, an eighth more is open, or 1,024 records if that is more.
func MaxRecords(n int) Option {
	return func(s *Store) { s.open.records = cmp.Or(n, defaultRecords) }
}

// MaxBytes caps the memory that the records hold, tables included, by a reckoning that
// is rather too high than too low: by default, or when n is zero, 256 MiB, room for
// 1,000,000 pending challenges.
//
// At the cap nothing new is begun. To what there is, as it grows, and to an attempt on
// a live challenge, an eighth more is open, or 1 MiB if that is more.
func MaxBytes(n int) Option {
	return func(s *Store) { s.open.bytes = cmp.Or(n, defaultBytes) }
}

// New returns an empty Store.
func New(options ...Option) *Store {
	s := &Store{open: usage{defaultRecords, defaultBytes}}
	for _, set := range options {
		set(s)
	}
	s.hard = usage{
		records: int(meter.Add(int64(s.open.records), int64(max(s.open.records/8, 1024)))),
		bytes:   int(meter.Add(int64(s.open.bytes), int64(max(s.open.bytes/8, 1<<20)))),
	}
	rand.Read(s.seed[:]) // never fails: it ends the process instead
	s.sessions.dropped = s.unlink
	return s
}

// usage is what caps are about.
type usage struct{ records, bytes int }

func (u usage) plus(v usage) usage { return usage{u.records + v.records, u.bytes + v.bytes} }

func (s *Store) used() usage {
	return s.challenges.used().
		plus(s.limits.used()).
		plus(s.failures.used()).
		plus(s.budgets.used()).
		plus(s.sessions.used()).
		plus(s.users.used()).
		plus(usage{bytes: s.owners.used().bytes + s.phones.used().bytes})
}

// fits reports whether more may be stored: up to limit, or to s.hard if that makes no
// record but lets one grow. What adds nothing always fits.
func (s *Store) fits(more, limit usage) bool {
	if more.records <= 0 {
		limit = s.hard
	}
	sum := s.used().plus(more)
	return (more.records <= 0 || sum.records <= limit.records) &&
		(more.bytes <= 0 || sum.bytes <= limit.bytes)
}

// How many steps a verb sweeps in each table. A verb adds a handful of records, each
// of which costs a handful of steps in its life: sweepSteps is more than both at once.
const (
	sweepSteps   = 32
	crowdedSteps = 1024
)

// sweep begins a verb at now: it drops some of what has expired, more of it when the
// store is close to a cap.
func (s *Store) sweep(now int64) {
	s.now = now
	steps := sweepSteps
	if used := s.used(); used.records >= s.open.records-s.open.records/16 ||
		used.bytes >= s.open.bytes-s.open.bytes/16 {
		steps = crowdedSteps
	}
	for _, t := range s.expiring() {
		t.sweep(now, steps)
	}
}

// expiring is a table whose records have an end.
type expiring interface {
	sweep(now int64, steps int)
	purge(now int64, c *cursor, steps int) (removed int)
}

func (s *Store) expiring() [5]expiring {
	return [...]expiring{&s.challenges, &s.limits, &s.failures, &s.budgets, &s.sessions}
}

// Purge removes everything that is gone at now. A store in use needs no Purge; it
// gives back the memory of one that is not. Other verbs run in between.
func (s *Store) Purge(ctx context.Context, now time.Time) (int, error) {
	var removed int
	for _, t := range s.expiring() {
		for c := new(cursor); !c.done; {
			if err := ctx.Err(); err != nil {
				return removed, err
			}
			s.mu.Lock()
			removed += t.purge(now.UnixMicro(), c, crowdedSteps)
			s.mu.Unlock()
		}
	}
	return removed, nil
}

// key is where a table has a record: the first 16 bytes of the SHA-256 of a secret
// seed and the record's name. It takes the place of the name, so that names cost no
// memory: of 1e7 names two share a key with a chance of 1e14 in 2^129, and without the
// seed nobody can look for two that do. The seed is short so that seed and name are
// one block of SHA-256.
type key [16]byte

func (s *Store) key(name string) key {
	var buf [len(s.seed) + 128]byte
	sum := sha256.Sum256(append(append(buf[:0], s.seed[:]...), name...))
	return key(sum[:16])
}
