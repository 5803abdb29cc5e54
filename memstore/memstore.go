// Package memstore is a [phoneauth.Store] and a [phoneauth.JournalStore] in memory: for
// tests, for development, and for a service that is one process and may forget its users
// when it ends.
//
// It is one mutex around a few hash tables. It starts no goroutine and reads no clock. Each
// verb drops a few expired records, and their memory goes back to the runtime. [Store.Purge]
// drops all of them at once, for a store that is no longer used much.
//
// It has caps, so that very many requests cannot use all memory of the process. At a cap new
// work is refused with [ErrFull], and live records are never dropped. Wrong passwords for
// numbers without an account can fill at most a quarter of a cap, and so can the journal.
package memstore

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"sync"
	"time"

	"github.com/phoneauth/phoneauth"
)

// ErrFull is the error for new work at a cap. Nothing was stored, taken or counted. It is no
// answer of a Store (see [phoneauth.IsAnswer]), so the Service returns ErrUnavailable.
var ErrFull = errors.New("memstore: full")

var (
	_ phoneauth.Store            = (*Store)(nil)
	_ phoneauth.JournalStore     = (*Store)(nil)
	_ phoneauth.Opener           = (*Store)(nil)
	_ phoneauth.SessionAttempter = (*Store)(nil)
	_ phoneauth.Purger           = (*Store)(nil)
)

// Store is a [phoneauth.Store] in memory. [New] makes one. It is safe for concurrent use.
type Store struct {
	seed       [8]byte
	open, hard usage // new work stops at open; what is begun may go on to hard
	share      usage // where new lockouts stop, and the journal

	mu         sync.Mutex
	crowded    bool // close to a cap when something was last added
	challenges table[challenge]
	limits     table[limit]
	lockouts   table[lockout]
	scores     table[score]
	sessions   table[session]
	owners     table[owner] // by user id
	users      table[user]
	phones     table[link] // phone to user
	lastID     int64
	lines      table[line] // the journal
	pages      pages
	kinds      kinds
	threads    [threadKinds]table[thread]
}

// New returns an empty Store.
func New(options ...Option) *Store {
	s := &Store{open: usage{defaultRecords, defaultBytes}}
	for _, set := range options {
		set(s)
	}
	s.hard, s.share = s.open.reserve(), s.open.share()
	rand.Read(s.seed[:]) // never fails: it ends the process instead
	s.sessions.dropped = s.unlink
	s.lines.dropped = s.dropEntry
	return s
}

// Purge removes everything that is gone at now. A store in use needs no Purge; it
// gives back the memory of one that is not. Other verbs run in between.
func (s *Store) Purge(ctx context.Context, now time.Time) (int, error) {
	var removed int
	for _, t := range [...]interface {
		purge(now int64, c *cursor, steps int) (removed int)
	}{&s.challenges, &s.limits, &s.lockouts, &s.scores, &s.sessions, &s.lines} {
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
