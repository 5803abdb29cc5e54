package boltstore

import (
	"context"
	"time"

	"github.com/phoneauth/phoneauth"
)

// putLine stores an entry of the journal, to be found by its time, and by its print, user
// and message, newest first.
func (t *tx) putLine(e phoneauth.JournalEntry) {
	inUTC(&e.Time, &e.ExpiresAt)
	t.put(line+e.ID, e, ends(e.ExpiresAt.UnixMicro()), entry("time", stamp(e.Time.UnixMicro())),
		entry("print", e.Print, newest(e.Time)),
		entry("user", e.UserID, newest(e.Time)),
		entry("message", e.MessageID, newest(e.Time)))
}

// newest returns a stamp that sorts newer times first.
func newest(at time.Time) string { return stamp(^at.UnixMicro()) }

// older returns the range of the entries with this name whose time is before the given one.
func older(kind, name string, before time.Time) (from, to string) {
	_, to = all(entry(kind, name))
	return entry(kind, name, newest(before.Add(-time.Microsecond))), to
}

func (s *Store) AppendEntries(ctx context.Context, entries []phoneauth.JournalEntry) error {
	return s.do(ctx, "append entries", func(t *tx) error {
		for _, e := range entries {
			if found, ok := load[phoneauth.JournalEntry](t, line+e.ID); ok {
				found.Value.Count += e.Count
				e = found.Value
			}
			t.putLine(e)
		}
		return nil
	})
}

func (s *Store) Entries(ctx context.Context, q phoneauth.JournalQuery) ([]phoneauth.JournalEntry, error) {
	kind, name := "print", q.Print
	switch {
	case q.UserID != "":
		kind, name = "user", q.UserID
	case q.MessageID != "":
		kind, name = "message", q.MessageID
	}
	from, to := all(entry(kind, name))
	if !q.Before.IsZero() {
		from, to = older(kind, name, q.Before)
	}
	return transact(ctx, s.view, "entries", func(t *tx) (found []phoneauth.JournalEntry, err error) {
		for _, key := range t.find(from, to) {
			if e := get[phoneauth.JournalEntry](t, key); q.Now.Before(e.ExpiresAt) {
				found = append(found, e)
			}
			if len(found) == q.Limit {
				break
			}
		}
		return found, nil
	})
}

func (s *Store) CountEntries(ctx context.Context, q phoneauth.JournalCountQuery) ([]phoneauth.JournalCount, error) {
	return transact(ctx, s.view, "count entries", func(t *tx) (all []phoneauth.JournalCount, err error) {
		counts := map[phoneauth.JournalCount]int{}
		for _, key := range t.find(entry("time", stamp(q.From.UnixMicro())), entry("time", stamp(q.To.UnixMicro()))) {
			kind := get[phoneauth.JournalEntry](t, key).Counted()
			n := kind.Count
			kind.Count = 0
			counts[kind] += n
		}
		for kind, n := range counts {
			kind.Count = n
			all = append(all, kind)
		}
		return all, nil
	})
}

func (s *Store) BlankEntries(ctx context.Context, userID, print string, before time.Time) error {
	return s.do(ctx, "blank entries", func(t *tx) error {
		var keys []string
		if userID != "" {
			keys = t.find(all(entry("user", userID)))
		}
		if print != "" {
			keys = append(keys, t.find(older("print", print, before))...)
		}
		for _, key := range keys {
			e := get[phoneauth.JournalEntry](t, key)
			e.Data, e.MessageID, e.UserID = nil, "", ""
			t.putLine(e)
		}
		return nil
	})
}
