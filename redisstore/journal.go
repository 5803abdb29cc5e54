package redisstore

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/phoneauth/phoneauth"
)

// The journal. An entry is kept under its id. Sorted sets of each print, user and message
// say which entries are theirs, and the counts of an hour are kept apart, so that counting
// need not look at every entry.
//
// An entry is stored before anything names it, so no reader finds half of one; what names
// it is written again when the entry is appended again. A reader compares what it finds
// with what it has asked for: a sorted set may name entries that are gone or blanked.

// entryLife is how long e is kept, counted from its storing: it is stored when it happens.
func entryLife(e *phoneauth.JournalEntry) time.Duration { return e.ExpiresAt.Sub(e.Time) }

func (s *Store) entryKey(id string) string { return s.key(entryKind, id) }

// entriesAtOnce is how many entries one script counts. A server does nothing else meanwhile: sign-ins
// wait for it.
const entriesAtOnce = 64

// AppendEntries implements [phoneauth.JournalStore]. 64 entries at a time are stored, in one round trip, and
// can be found after a second one. Those that have a Count, or were there, take one more. On a cluster these are
// some to each server, at the same time.
func (s *Store) AppendEntries(ctx context.Context, entries []phoneauth.JournalEntry) error {
	for some := range slices.Chunk(entries, entriesAtOnce) {
		if err := s.appendEntries(ctx, some); err != nil {
			return failed("append entries", err)
		}
	}
	return nil
}

func (s *Store) appendEntries(ctx context.Context, entries []phoneauth.JournalEntry) error {
	stored, err := s.putEntries(ctx, entries)
	if err != nil {
		return err
	}
	ix := s.newIndex()
	for i := range stored {
		ix.add(&stored[i])
	}
	_, err = s.eachAgain(ctx, ix.calls())
	return err
}

// putEntries stores entries, and returns them as they then are.
func (s *Store) putEntries(ctx context.Context, entries []phoneauth.JournalEntry) ([]phoneauth.JournalEntry, error) {
	stored, packed := slices.Clone(entries), make([][]byte, len(entries))
	for i := range entries {
		var err error
		if packed[i], err = packEntry(&entries[i]); err != nil {
			return nil, err
		}
	}
	rest, err := s.putNew(ctx, entries, packed)
	if err != nil {
		return nil, err
	}
	return stored, s.putRest(ctx, stored, packed, rest)
}

// putNew stores those of entries that are new and have no count, and returns the indexes of the others. That is one
// command for each, which costs the server less than a script does. go-redis may send it again: then it was there.
func (s *Store) putNew(ctx context.Context, entries []phoneauth.JournalEntry, packed [][]byte) (rest []int, err error) {
	pipe := s.client.Pipeline()
	var commands []*redis.Cmd
	var of []int
	for i := range entries {
		e := &entries[i]
		if e.Count > 0 {
			rest = append(rest, i)
			continue
		}
		commands, of = append(commands, pipe.Do(ctx, "set", s.entryKey(e.ID), packed[i], "px", milliseconds(entryLife(e)), "nx")), append(of, i)
	}
	_, _ = pipe.Exec(ctx) // its error is the first of those of the commands
	for j, command := range commands {
		switch err := command.Err(); err {
		case nil:
		case redis.Nil: // it was there
			rest = append(rest, of[j])
		default:
			s.unanswered(ctx, err)
			return nil, err
		}
	}
	return rest, nil
}

// putRest stores those of entries with the indexes rest, or finds what was there, and has them as they then are.
func (s *Store) putRest(ctx context.Context, entries []phoneauth.JournalEntry, packed [][]byte, rest []int) error {
	keys := make([]string, len(rest))
	for j, i := range rest {
		keys[j] = s.entryKey(entries[i].ID)
	}
	sp := s.spread(keys, func(int) *call { return &call{script: entryPutScript} }, func(c *call, j int) {
		c.key(keys[j])
		c.bytes(packed[rest[j]])
		c.ttl(entryLife(&entries[rest[j]]))
	})
	replies, err := s.each(ctx, sp.calls)
	if err != nil {
		return err
	}
	there, err := sp.gather(replies)
	if err != nil {
		return err
	}
	for j, i := range rest {
		if was := there.text(j); was != "" {
			if entries[i], err = unpackEntry(entries[i].ID, was); err != nil {
				return err
			}
		}
	}
	return nil
}

// Entries implements [phoneauth.JournalStore].
func (s *Store) Entries(ctx context.Context, q phoneauth.JournalQuery) ([]phoneauth.JournalEntry, error) {
	entries, err := s.entries(ctx, &q)
	return entries, failed("entries", err)
}

func (s *Store) entries(ctx context.Context, q *phoneauth.JournalQuery) ([]phoneauth.JournalEntry, error) {
	key, is := s.key(printKind, q.Print), func(e *phoneauth.JournalEntry) bool { return e.Print == q.Print }
	switch {
	case q.UserID != "":
		key, is = s.key(entryUserKind, q.UserID), func(e *phoneauth.JournalEntry) bool { return e.UserID == q.UserID }
	case q.MessageID != "":
		key, is = s.key(messageKind, q.MessageID), func(e *phoneauth.JournalEntry) bool { return e.MessageID == q.MessageID }
	}
	least := "-inf"
	if !q.Before.IsZero() {
		least = "(" + strconv.FormatInt(-q.Before.UnixMicro(), 10)
	}
	// Entries that are named and cannot be found are rare: then more are asked for.
	for most := q.Limit; ; most *= 2 {
		named, err := s.page(ctx, page{key: key, least: least, most: most, now: q.Now})
		if err != nil {
			return nil, err
		}
		all, err := s.readEntries(ctx, named)
		if err != nil {
			return nil, err
		}
		var found []phoneauth.JournalEntry
		for i := range all {
			if e := &all[i]; len(found) < q.Limit && q.Now.Before(e.ExpiresAt) && is(e) {
				found = append(found, *e)
			}
		}
		if len(found) == q.Limit || len(named) < most {
			return found, nil
		}
	}
}

// page is a part of a sorted set of entries: those from the score least on.
type page struct {
	key, least string
	most       int
	now        time.Time
}

// page returns members of p that are not gone at p.now.
func (s *Store) page(ctx context.Context, p page) ([]string, error) {
	c := &call{script: entryPageScript}
	c.time(p.now)
	c.key(p.key)
	c.text(p.least)
	c.int(int64(p.most))
	r, err := s.do(ctx, c)
	if err != nil {
		return nil, err
	}
	return r.texts(1), nil
}

// readEntries returns the entries that members name, in their order, without those that
// are not there.
func (s *Store) readEntries(ctx context.Context, members []string) ([]phoneauth.JournalEntry, error) {
	keys := make([]string, len(members))
	for i, m := range members {
		keys[i] = s.entryKey(memberID(m))
	}
	held, err := s.read(ctx, keys)
	if err != nil {
		return nil, err
	}
	var all []phoneauth.JournalEntry
	for i, packed := range held {
		if packed == "" {
			continue
		}
		e, err := unpackEntry(memberID(members[i]), packed)
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return all, nil
}
