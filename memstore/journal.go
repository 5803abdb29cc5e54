package memstore

import (
	"context"
	"math"
	"time"

	"github.com/phoneauth/phoneauth"
)

// journal returns what the entries hold of the caps.
func (s *Store) journal() usage {
	u := s.lines.used()
	u.bytes += s.pages.bytes
	for i := range s.threads {
		u.bytes += s.threads[i].used().bytes
	}
	return u
}

// appended is an entry on its way into the journal, with what is reckoned before the mutex is held.
type appended struct {
	*phoneauth.JournalEntry
	key     key // of the ID
	threads [threadKinds]key
}

func (s *Store) appended(j *phoneauth.JournalEntry) appended {
	a := appended{JournalEntry: j, key: s.key(j.ID)}
	for threadKind, name := range [threadKinds]string{j.Print, j.UserID, j.MessageID} {
		if name != "" {
			a.threads[threadKind] = s.key(name)
		}
	}
	return a
}

// AppendEntries implements [phoneauth.JournalStore]. With [ErrFull], the journal would
// hold more than a quarter of a cap, none of entries is stored or counted.
func (s *Store) AppendEntries(_ context.Context, entries []phoneauth.JournalEntry) error {
	all := make([]appended, len(entries))
	latest := int64(math.MinInt64)
	for i := range entries {
		all[i] = s.appended(&entries[i])
		latest = max(latest, entries[i].Time.UnixMicro())
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep(latest)
	sizes := make([]int, 0, len(all))
	for i := range all {
		if _, ok := s.lines.find(all[i].key); !ok {
			sizes = append(sizes, textsOf(all[i].JournalEntry))
		}
	}
	plan := s.pages.plan(sizes)
	more := usage{len(sizes), len(sizes) * (s.lines.each() + threadKinds*s.threads[0].each())}
	for _, room := range plan {
		more.bytes += room.memory()
	}
	if !s.shares(s.journal(), more) || !s.fits(more, s.open) {
		return ErrFull
	}
	for i := range all {
		plan = s.append(&all[i], plan)
	}
	return nil
}

// append stores an entry in a page, as planned, or counts it if it is there.
func (s *Store) append(a *appended, plan []room) []room {
	if old := s.lines.at(a.key); old != nil {
		e, _ := s.pages.get(old.value.ref)
		e.count += int64(a.Count)
		return plan
	}
	kind := s.kinds.use(kind{a.Type, a.Region, a.Purpose, a.Channel, a.Sender})
	r, plan := s.pages.append(a.JournalEntry, kind, plan)
	s.lines.insert(a.key, line{a.ExpiresAt.UnixMicro(), r})
	for threadKind, name := range [threadKinds]string{a.Print, a.UserID, a.MessageID} {
		if name != "" {
			s.tie(r, threadKind, a.threads[threadKind])
		}
	}
	return plan
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
	var list []found
	for r := t.newest; r != 0; {
		e, texts := s.pages.get(r)
		if now < e.expires && e.time < before {
			list = withNewer(list, found{e, texts}, q.Limit)
		}
		r = e.places[threadKind].older
	}
	var entries []phoneauth.JournalEntry
	for _, e := range list {
		entries = append(entries, e.unpack(e.texts, s.kinds.all[e.kind].kind))
	}
	return entries, nil
}

// CountEntries implements [phoneauth.JournalStore]. It looks at all of the journal, and
// counts what has expired until it is dropped.
func (s *Store) CountEntries(_ context.Context, q phoneauth.JournalCountQuery) ([]phoneauth.JournalCount, error) {
	type tally struct {
		hour int64
		kind uint32
	}
	const hour = int64(time.Hour / time.Microsecond)
	from, to := q.From.UnixMicro(), q.To.UnixMicro()
	tallies := map[tally]int64{}
	s.mu.Lock()
	defer s.mu.Unlock()
	for e := range s.pages.each {
		if from <= e.time && e.time < to {
			tallies[tally{e.time - (e.time%hour+hour)%hour, e.kind}] += max(e.count, 1)
		}
	}
	var counts []phoneauth.JournalCount
	for t, n := range tallies {
		k := s.kinds.all[t.kind]
		counts = append(counts, phoneauth.JournalCount{
			Hour: instant(t.hour), Type: k.event,
			Region: k.region, Purpose: k.purpose, Channel: k.channel, Sender: k.sender, Count: int(n),
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
	for r := t.newest; r != 0; {
		e, _ := s.pages.get(r)
		older := e.places[byUser].older
		s.blank(r)
		r = older
	}
	t, _ = s.threads[byPrint].get(phone)
	for r := t.newest; r != 0; {
		e, _ := s.pages.get(r)
		if e.time < until {
			s.blank(r)
		}
		r = e.places[byPrint].older
	}
	return nil
}

func (s *Store) blank(r ref) {
	s.untie(r, byUser)
	s.untie(r, byMessage)
	e, texts := s.pages.get(r)
	e.blank(texts)
}

// dropEntry takes an entry that is gone out of its threads and its page.
func (s *Store) dropEntry(gone line) {
	for threadKind := range threadKinds {
		s.untie(gone.ref, threadKind)
	}
	e, _ := s.pages.get(gone.ref)
	s.kinds.leave(e.kind)
	s.pages.drop(gone.ref)
}

// place returns where an entry is in the thread of a kind.
func (s *Store) place(r ref, threadKind int) *threadPlace {
	e, _ := s.pages.get(r)
	return &e.places[threadKind]
}

// tie puts an entry into the thread of a kind, whose name has the key k.
func (s *Store) tie(r ref, threadKind int, k key) {
	t := &s.threads[threadKind]
	was := t.at(k)
	if was == nil {
		t.insert(k, thread{r})
		return
	}
	newest := was.value.newest
	s.place(newest, threadKind).newer = r
	s.place(r, threadKind).older = newest
	was.value.newest = r
}

// untie takes an entry out of the thread of a kind.
func (s *Store) untie(r ref, threadKind int) {
	e, texts := s.pages.get(r)
	name, at := e.name(texts, threadKind), e.places[threadKind]
	if len(name) == 0 {
		return
	}
	if at.older != 0 {
		s.place(at.older, threadKind).newer = at.newer
	}
	switch {
	case at.newer != 0:
		s.place(at.newer, threadKind).older = at.older
	case at.older != 0:
		s.threads[threadKind].put(s.key(string(name)), thread{at.older})
	default:
		s.threads[threadKind].drop(s.key(string(name)))
	}
	e.places[threadKind] = threadPlace{}
}
