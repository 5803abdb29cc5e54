package redisstore

import (
	"context"
	"slices"
	"strconv"
	"time"

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

// entriesAtOnce is how many entries one step stores. A server does nothing else meanwhile: sign-ins
// wait for it.
const entriesAtOnce = 64

// AppendEntries implements [phoneauth.JournalStore]. 64 entries at a time are stored in one step, on
// a cluster one a slot, and can be found after a second one.
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
	if err != nil || len(stored) == 0 {
		return err
	}
	ix := index{store: s, parts: map[int]*indexPart{}}
	latest := stored[0].Time
	hours := map[int64]*phoneauth.JournalEntry{}
	for i := range stored {
		e := &stored[i]
		ix.add(e)
		if e.Time.After(latest) {
			latest = e.Time
		}
		hour := hourOf(e.Time.UnixMicro())
		if last, ok := hours[hour]; !ok || e.ExpiresAt.After(last.ExpiresAt) {
			hours[hour] = e
		}
	}
	if !s.cluster {
		ix.addHours(hours)
	}
	if _, err := s.each(ctx, ix.calls(latest.Add(-skew))); err != nil || !s.cluster {
		return err
	}
	ix.parts = map[int]*indexPart{}
	ix.addHours(hours)
	_, err = s.each(ctx, ix.calls(latest.Add(-skew)))
	return err
}

// putEntries stores entries, and returns them as they then are.
func (s *Store) putEntries(ctx context.Context, entries []phoneauth.JournalEntry) ([]phoneauth.JournalEntry, error) {
	keys := make([]string, len(entries))
	for i := range entries {
		keys[i] = s.entryKey(entries[i].ID)
	}
	packed := make([][]byte, len(entries))
	for i := range entries {
		var err error
		if packed[i], err = packEntry(&entries[i]); err != nil {
			return nil, err
		}
	}
	sp := s.spread(keys, func(int) *call { return &call{script: entryPutScript} }, func(c *call, i int) {
		c.key(keys[i])
		c.bytes(packed[i])
		c.ttl(entryLife(&entries[i]))
	})
	replies, err := s.each(ctx, sp.calls)
	if err != nil {
		return nil, err
	}
	there, err := sp.gather(replies)
	if err != nil {
		return nil, err
	}
	stored := slices.Clone(entries)
	for i := range stored {
		if was := there.text(i); was != "" {
			if stored[i], err = unpackEntry(entries[i].ID, was); err != nil {
				return nil, err
			}
		}
	}
	return stored, nil
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
