package redisstore

import (
	"strconv"
	"time"

	"github.com/phoneauth/phoneauth"
)

// index is what lua/entry_index.lua is to write, by slot.
type index struct {
	store *Store
	parts map[int]*indexPart
}

// indexPart is the part of it in one slot: three lists of steps.
type indexPart struct {
	named, counted, hours []func(*call)
}

func (ix *index) part(key string) *indexPart {
	slot := ix.store.slot(key)
	if ix.parts[slot] == nil {
		ix.parts[slot] = &indexPart{}
	}
	return ix.parts[slot]
}

// add names e by its print, user and message, and counts it.
func (ix *index) add(e *phoneauth.JournalEntry) {
	s := ix.store
	for kind, of := range map[string]string{printKind: e.Print, entryUserKind: e.UserID, messageKind: e.MessageID} {
		if of == "" {
			continue
		}
		key := s.key(kind, of)
		p := ix.part(key)
		p.named = append(p.named, func(c *call) {
			c.key(key)
			c.int(-e.Time.UnixMicro())
			c.text(member(e))
			c.span(entryLife(e))
		})
	}
	hour := hourOf(e.Time.UnixMicro())
	p := ix.part(s.hourKey(timesKind, hour))
	p.counted = append(p.counted, func(c *call) {
		kind, _ := packKind(e) // it was packed before
		s.putHour(c, hour)
		c.text(e.ID)
		c.int(e.Time.UnixMicro())
		c.text(kind)
		c.int(int64(max(e.Count, 1)))
		c.span(entryLife(e) + time.Hour)
	})
}

// addHours lists hours, each with the entry that is the last of it to be gone.
func (ix *index) addHours(hours map[int64]*phoneauth.JournalEntry) {
	key := ix.store.hoursKey()
	p := ix.part(key)
	for hour, e := range hours {
		p.hours = append(p.hours, func(c *call) {
			c.key(key)
			c.int(hour)
			c.time(e.ExpiresAt)
			c.span(entryLife(e) + time.Hour)
		})
	}
}

// calls write all of ix; latest is the time by which old members are dropped.
func (ix *index) calls(latest time.Time) []*call {
	var calls []*call
	for _, p := range ix.parts {
		c := &call{script: entryIndexScript}
		c.time(latest)
		for _, steps := range [][]func(*call){p.named, p.counted, p.hours} {
			c.int(int64(len(steps)))
			for _, put := range steps {
				put(c)
			}
		}
		calls = append(calls, c)
	}
	return calls
}

// hourKey is where something about an hour is kept. All about one hour is one slot.
func (s *Store) hourKey(kind string, hour int64) string {
	return s.key(kind, "{"+strconv.FormatInt(hour, 10)+"}")
}

// hoursKey is where it is kept which hours there are.
func (s *Store) hoursKey() string { return s.key(hoursKind, "all") }

func (s *Store) putHour(c *call, hour int64) {
	c.key(s.hourKey(timesKind, hour))
	c.key(s.hourKey(weightsKind, hour))
	c.key(s.hourKey(sumsKind, hour))
}
