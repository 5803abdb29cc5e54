package redisstore

import (
	"encoding/binary"
	"strconv"
	"time"

	"github.com/phoneauth/phoneauth"
)

// index is what lua/entry_index.lua is to write, by slot.
type index struct {
	store *Store
	parts map[int]*indexPart
}

// indexPart is the part of it in one slot: sorted sets that name entries, hours that count
// them, and steps that list hours.
type indexPart struct {
	named, counted []*entryGroup
	hours          []func(*call)
	groups         map[string]*entryGroup
}

// entryGroup are the entries that one sorted set names, or that one hour counts.
type entryGroup struct {
	key  string
	hour int64
	// life is how long the one is kept that is kept longest.
	life    time.Duration
	entries []*phoneauth.JournalEntry
}

func (ix *index) part(key string) *indexPart {
	slot := ix.store.slot(key)
	if ix.parts[slot] == nil {
		ix.parts[slot] = &indexPart{groups: map[string]*entryGroup{}}
	}
	return ix.parts[slot]
}

// put adds e to the group of key, which is one of groups.
func (p *indexPart) put(groups *[]*entryGroup, key string, e *phoneauth.JournalEntry) *entryGroup {
	g := p.groups[key]
	if g == nil {
		g = &entryGroup{key: key}
		p.groups[key], *groups = g, append(*groups, g)
	}
	g.life, g.entries = max(g.life, entryLife(e)), append(g.entries, e)
	return g
}

// add names e by its print, user and message, and counts it.
func (ix *index) add(e *phoneauth.JournalEntry) {
	s := ix.store
	for _, by := range [...]struct{ kind, of string }{{printKind, e.Print}, {entryUserKind, e.UserID}, {messageKind, e.MessageID}} {
		if by.of != "" {
			key := s.key(by.kind, by.of)
			p := ix.part(key)
			p.put(&p.named, key, e)
		}
	}
	hour := hourOf(e.Time.UnixMicro())
	key := s.hourKey(timesKind, hour)
	p := ix.part(key)
	p.put(&p.counted, key, e).hour = hour
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
			c.ttl(entryLife(e) + time.Hour)
		})
	}
}

// calls write all of ix; latest is the time by which old members are dropped.
func (ix *index) calls(latest time.Time) []*call {
	var calls []*call
	for _, p := range ix.parts {
		c := &call{script: entryIndexScript}
		c.time(latest)
		c.int(int64(len(p.named)))
		for _, g := range p.named {
			c.key(g.key)
			c.ttl(g.life)
			c.int(int64(len(g.entries)))
			for _, e := range g.entries {
				c.int(-e.Time.UnixMicro())
				c.text(member(e))
			}
		}
		c.int(int64(len(p.counted)))
		for _, g := range p.counted {
			ix.store.putHour(c, g.hour)
			c.ttl(g.life + time.Hour)
			c.int(int64(len(g.entries)))
			for _, e := range g.entries {
				c.int(e.Time.UnixMicro())
				c.text(counted(e))
			}
			for _, e := range g.entries {
				c.int(int64(max(e.Count, 1)))
			}
		}
		c.int(int64(len(p.hours)))
		for _, put := range p.hours {
			put(c)
		}
		calls = append(calls, c)
	}
	return calls
}

// counted is what stands for e in the times of its hour: its kind, with the length before
// it, and its id.
func counted(e *phoneauth.JournalEntry) string {
	kind, _ := packKind(e) // it was packed before
	return string(binary.BigEndian.AppendUint16(nil, uint16(len(kind)))) + kind + e.ID
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
