package redisstore

import (
	"encoding/binary"
	"strconv"
	"time"

	"github.com/phoneauth/phoneauth"
)

// index is what names and counts entries. lua/entry_index.lua writes it, by slot.
type index struct {
	store *Store
	// latest is the time of the entry that happened last, and life how long the one is kept that is kept longest.
	latest time.Time
	life   time.Duration
	parts  map[int]*indexPart
}

// indexPart is what one script is told: the names that each sorted set gets, the entries that each hour counts, and
// which hours there are, each with when its last entry is gone.
type indexPart struct {
	named map[string][]entryName
	hours map[int64]*indexHour
	last  map[int64]time.Time
}

// entryName is a member of a sorted set that names an entry, and its score.
type entryName struct {
	score  int64
	member string
}

// indexHour are the entries that one hour counts: those that count once, by kind, and those that have a count.
type indexHour struct {
	once    map[string][]*phoneauth.JournalEntry
	counted []*phoneauth.JournalEntry
}

func (s *Store) newIndex() *index {
	return &index{store: s, parts: map[int]*indexPart{}}
}

func (ix *index) part(key string) *indexPart {
	slot := ix.store.slot(key)
	if ix.parts[slot] == nil {
		ix.parts[slot] = &indexPart{named: map[string][]entryName{}, hours: map[int64]*indexHour{}, last: map[int64]time.Time{}}
	}
	return ix.parts[slot]
}

// add names e by its print, user and message, and counts it.
func (ix *index) add(e *phoneauth.JournalEntry) {
	s := ix.store
	if e.Time.After(ix.latest) {
		ix.latest = e.Time
	}
	ix.life = max(ix.life, entryLife(e))
	name := entryName{-e.Time.UnixMicro(), member(e)}
	for _, by := range [...]struct{ kind, of string }{{printKind, e.Print}, {entryUserKind, e.UserID}, {messageKind, e.MessageID}} {
		if by.of != "" {
			key := s.key(by.kind, by.of)
			named := ix.part(key).named
			named[key] = append(named[key], name)
		}
	}
	hour := hourOf(e.Time.UnixMicro())
	if last := ix.part(s.hoursKey()).last; e.ExpiresAt.After(last[hour]) {
		last[hour] = e.ExpiresAt
	}
	p := ix.part(s.hourKey(timesKind, hour))
	h := p.hours[hour]
	if h == nil {
		h = &indexHour{once: map[string][]*phoneauth.JournalEntry{}}
		p.hours[hour] = h
	}
	if e.Count > 1 {
		h.counted = append(h.counted, e)
		return
	}
	kind, _ := packKind(e) // it was packed before
	h.once[kind] = append(h.once[kind], e)
}

// calls write all of it.
func (ix *index) calls() []*call {
	calls := make([]*call, 0, len(ix.parts))
	for _, p := range ix.parts {
		c := &call{script: entryIndexScript}
		c.time(ix.latest.Add(-skew))
		c.ttl(ix.life)
		c.int(int64(len(p.named)))
		for key, names := range p.named {
			c.key(key)
			c.int(int64(len(names)))
			for _, name := range names {
				c.int(name.score)
				c.text(name.member)
			}
		}
		c.int(int64(len(p.hours)))
		for hour, h := range p.hours {
			ix.store.putHour(c, hour)
			h.put(c)
		}
		c.int(int64(len(p.last)))
		for hour, last := range p.last {
			c.key(ix.store.hoursKey())
			c.time(last)
			c.int(hour)
		}
		calls = append(calls, c)
	}
	return calls
}

// put writes the entries of h, each with its time.
func (h *indexHour) put(c *call) {
	c.int(int64(len(h.once)))
	for kind, entries := range h.once {
		c.text(kind)
		c.int(int64(len(entries)))
		for _, e := range entries {
			c.time(e.Time)
			c.text(counted(kind, e.ID))
		}
	}
	c.int(int64(len(h.counted)))
	for _, e := range h.counted {
		kind, _ := packKind(e)
		c.text(kind)
		c.text(e.ID)
		c.time(e.Time)
		c.text(counted(kind, e.ID))
		c.int(entryCount(e))
	}
}

// counted is what stands for an entry in the times of its hour: its kind, with the length before it, and its id.
func counted(kind, id string) string {
	b := make([]byte, 0, 2+len(kind)+len(id))
	return string(append(append(binary.BigEndian.AppendUint16(b, uint16(len(kind))), kind...), id...))
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
