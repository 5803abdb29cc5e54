package memstore

import (
	"context"
	"math"
	"time"
	"unique"

	"github.com/phoneauth/phoneauth"
)

// journal returns what the entries hold of the caps.
func (s *Store) journal() usage {
	u := s.lines.used()
	for i := range s.threads {
		u.bytes += s.threads[i].used().bytes
	}
	return u
}

// AppendEntries implements [phoneauth.JournalStore]. With [ErrFull], the journal would
// hold more than a quarter of a cap, none of entries is stored or counted.
func (s *Store) AppendEntries(_ context.Context, entries []phoneauth.JournalEntry) error {
	keys := make([]key, len(entries))
	packed := make([]*entry, len(entries))
	latest := int64(math.MinInt64)
	for i := range entries {
		keys[i], packed[i] = s.key(entries[i].ID), packEntry(&entries[i])
		latest = max(latest, packed[i].time)
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep(latest)
	var more usage
	for i, e := range packed {
		if _, ok := s.lines.get(keys[i]); !ok {
			more = more.plus(usage{1, s.lines.cost(e.line()) + threadKinds*s.threads[0].each()})
		}
	}
	if !s.shares(s.journal(), more) || !s.fits(more, s.open) {
		return ErrFull
	}
	for i, e := range packed {
		if old, ok := s.lines.get(keys[i]); ok {
			old.count += e.count
			continue
		}
		s.lines.put(keys[i], e.line())
		for threadKind := range threadKinds {
			s.tie(e, threadKind)
		}
	}
	return nil
}

// Entries implements [phoneauth.JournalStore].
func (s *Store) Entries(_ context.Context, q phoneauth.JournalQuery) ([]phoneauth.JournalEntry, error) {
	threadKind, name := byPrint, q.Print
	switch {
	case q.UserID != "":
		threadKind, name = byUser, q.UserID
	case q.MessageID != "":
		threadKind, name = byMessage, q.MessageID
	}
	k, now, before := s.key(name), q.Now.UnixMicro(), int64(math.MaxInt64)
	if !q.Before.IsZero() {
		before = q.Before.UnixMicro()
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	t, _ := s.threads[threadKind].get(k)
	var found []*entry
	for e := t.newest; e != nil; e = e.places[threadKind].older {
		if now < e.expires && e.time < before {
			found = withNewer(found, e, q.Limit)
		}
	}
	var entries []phoneauth.JournalEntry
	for _, e := range found {
		entries = append(entries, e.unpack())
	}
	return entries, nil
}

// CountEntries implements [phoneauth.JournalStore]. It looks at all of the journal, and
// counts what has expired until it is dropped.
func (s *Store) CountEntries(_ context.Context, q phoneauth.JournalCountQuery) ([]phoneauth.JournalCount, error) {
	type tally struct {
		hour int64
		kind unique.Handle[kind]
	}
	const hour = int64(time.Hour / time.Microsecond)
	from, to := q.From.UnixMicro(), q.To.UnixMicro()
	tallies := map[tally]int{}
	s.mu.Lock()
	for l := range s.lines.all {
		if from <= l.time && l.time < to {
			tallies[tally{l.time - (l.time%hour+hour)%hour, l.kind}] += max(l.count, 1)
		}
	}
	s.mu.Unlock()
	var counts []phoneauth.JournalCount
	for t, n := range tallies {
		k := t.kind.Value()
		counts = append(counts, phoneauth.JournalCount{
			Hour: instant(t.hour), Type: k.event,
			Region: k.region, Purpose: k.purpose, Channel: k.channel, Sender: k.sender, Count: n,
		})
	}
	return counts, nil
}

// BlankEntries implements [phoneauth.JournalStore].
func (s *Store) BlankEntries(_ context.Context, userID, print string, before time.Time) error {
	user, phone, until := s.key(userID), s.key(print), before.UnixMicro()
	s.mu.Lock()
	defer s.mu.Unlock()
	t, _ := s.threads[byUser].get(user)
	for e := t.newest; e != nil; {
		older := e.places[byUser].older
		s.blank(e)
		e = older
	}
	t, _ = s.threads[byPrint].get(phone)
	for e := t.newest; e != nil; e = e.places[byPrint].older {
		if e.time < until {
			s.blank(e)
		}
	}
	return nil
}

func (s *Store) blank(e *entry) {
	s.untie(e, byUser)
	s.untie(e, byMessage)
	e.setBody(e.id(), e.name(byPrint), "", "", "")
	s.lines.put(s.key(e.id()), e.line())
}

// untieAll takes an entry that is gone out of its threads.
func (s *Store) untieAll(gone line) {
	for threadKind := range threadKinds {
		s.untie(gone.entry, threadKind)
	}
}
