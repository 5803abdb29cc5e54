package redisstore

import (
	"context"
	"math"
	"strconv"
	"time"

	"github.com/phoneauth/phoneauth"
)

// BlankEntries implements [phoneauth.JournalStore]. An entry that is appended meanwhile
// may stay as it is: it is as if it came after. What names an entry by its message goes
// before the entry is blanked, and what names it by its user after: if it fails half way,
// doing it again does the rest.
func (s *Store) BlankEntries(ctx context.Context, userID, print string, before time.Time) error {
	var pages []page
	if userID != "" {
		pages = append(pages, page{key: s.key(entryUserKind, userID), least: "-inf"})
	}
	if print != "" {
		pages = append(pages, page{key: s.key(printKind, print), least: "(" + strconv.FormatInt(-before.UnixMicro(), 10)})
	}
	for _, p := range pages {
		// The zero time: those that are gone as well.
		p.most = math.MaxInt32
		named, err := s.page(ctx, p)
		if err == nil {
			err = s.blank(ctx, named, blanking{userID, print, before})
		}
		if err == nil && userID != "" && p.key == s.key(entryUserKind, userID) {
			err = s.unname(ctx, map[string][]string{p.key: named})
		}
		if err != nil {
			return failed("blank entries", err)
		}
	}
	return nil
}

// blanking is what entries are to be blanked for.
type blanking struct {
	userID, print string
	before        time.Time
}

func (b *blanking) is(e *phoneauth.JournalEntry) bool {
	return b.userID != "" && e.UserID == b.userID || b.print != "" && e.Print == b.print && e.Time.Before(b.before)
}

// blank blanks those of the entries that members name which b is for.
func (s *Store) blank(ctx context.Context, members []string, b blanking) error {
	all, err := s.readEntries(ctx, members)
	if err != nil {
		return err
	}
	messages, users := map[string][]string{}, map[string][]string{}
	var keys []string
	for i := range all {
		e := &all[i]
		if !b.is(e) {
			continue
		}
		keys = append(keys, s.entryKey(e.ID))
		if e.MessageID != "" {
			key := s.key(messageKind, e.MessageID)
			messages[key] = append(messages[key], member(e))
		}
		if e.UserID != "" {
			key := s.key(entryUserKind, e.UserID)
			users[key] = append(users[key], member(e))
		}
	}
	if err := s.unname(ctx, messages); err != nil {
		return err
	}
	sp := s.spread(keys, func(int) *call {
		c := &call{script: entryBlankScript}
		c.text(b.userID)
		c.text(b.print)
		c.time(b.before)
		return c
	}, func(c *call, i int) { c.key(keys[i]) })
	if _, err := s.each(ctx, sp.calls); err != nil {
		return err
	}
	return s.unname(ctx, users)
}

// unname takes members out of sorted sets.
func (s *Store) unname(ctx context.Context, sets map[string][]string) error {
	keys := make([]string, 0, len(sets))
	for key := range sets {
		keys = append(keys, key)
	}
	sp := s.spread(keys, func(int) *call { return &call{script: unlistScript} }, func(c *call, i int) {
		c.key(keys[i])
		c.int(int64(len(sets[keys[i]])))
		for _, m := range sets[keys[i]] {
			c.text(m)
		}
	})
	_, err := s.each(ctx, sp.calls)
	return err
}
