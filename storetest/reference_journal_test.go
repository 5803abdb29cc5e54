package storetest

import (
	"bytes"
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/phoneauth/phoneauth"
)

// entries are a JournalStore in its shortest form.
type entries struct {
	mu  sync.Mutex
	all map[string]phoneauth.JournalEntry
}

func newEntries() *entries { return &entries{all: map[string]phoneauth.JournalEntry{}} }

func (j *entries) AppendEntries(_ context.Context, list []phoneauth.JournalEntry) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, e := range list {
		if was, ok := j.all[e.ID]; ok {
			was.Count += e.Count
			j.all[e.ID] = was
			continue
		}
		j.all[e.ID] = cloneEntry(e)
	}
	return nil
}

func (j *entries) Entries(_ context.Context, q phoneauth.JournalQuery) ([]phoneauth.JournalEntry, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	var found []phoneauth.JournalEntry
	for _, e := range j.all {
		asked := q.Print != "" && q.Print == e.Print || q.UserID != "" && q.UserID == e.UserID ||
			q.MessageID != "" && q.MessageID == e.MessageID
		if asked && q.Now.Before(e.ExpiresAt) && (q.Before.IsZero() || e.Time.Before(q.Before)) {
			found = append(found, cloneEntry(e))
		}
	}
	slices.SortFunc(found, func(a, b phoneauth.JournalEntry) int { return cmp.Or(b.Time.Compare(a.Time), cmp.Compare(a.ID, b.ID)) })
	return found[:min(q.Limit, len(found))], nil
}

func (j *entries) CountEntries(_ context.Context, q phoneauth.JournalCountQuery) ([]phoneauth.JournalCount, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	counts := map[phoneauth.JournalCount]int{}
	for _, e := range j.all {
		if !e.Time.Before(q.From) && e.Time.Before(q.To) {
			c := e.Counted()
			n := c.Count
			c.Count = 0
			counts[c] += n
		}
	}
	var all []phoneauth.JournalCount
	for c, n := range counts {
		c.Count = n
		all = append(all, c)
	}
	return all, nil
}

func (j *entries) BlankEntries(_ context.Context, userID, print string, before time.Time) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	for id, e := range j.all {
		if userID != "" && e.UserID == userID || print != "" && e.Print == print && e.Time.Before(before) {
			j.all[id] = blanked(e)
		}
	}
	return nil
}

// Purge implements [phoneauth.Purger].
func (j *entries) Purge(_ context.Context, now time.Time) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	before := len(j.all)
	maps.DeleteFunc(j.all, func(_ string, e phoneauth.JournalEntry) bool { return !now.Before(e.ExpiresAt) })
	return before - len(j.all), nil
}

// cloneEntry is e with a slice of its own and times in UTC.
func cloneEntry(e phoneauth.JournalEntry) phoneauth.JournalEntry {
	e.Data, e.Time, e.ExpiresAt = bytes.Clone(e.Data), e.Time.UTC(), e.ExpiresAt.UTC()
	return e
}
