package storetest

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/phoneauth/phoneauth"
)

// brokenJournal is a JournalStore whose verbs, where they are set, replace those of the
// reference.
type brokenJournal struct {
	*entries
	append  func([]phoneauth.JournalEntry) error
	find    func(phoneauth.JournalQuery) ([]phoneauth.JournalEntry, error)
	counted func(phoneauth.JournalCountQuery) ([]phoneauth.JournalCount, error)
	blank   func(userID, print string, before time.Time) error
	purge   func(time.Time) (int, error)
	before  func(context.Context) error
}

// inJournal is a reference journal with one thing wrong.
func inJournal(fault func(w *brokenJournal, j *entries)) func(*entries) phoneauth.JournalStore {
	return func(j *entries) phoneauth.JournalStore {
		w := &brokenJournal{
			entries: j,
			append:  func(list []phoneauth.JournalEntry) error { return j.AppendEntries(ctx, list) },
			find:    func(q phoneauth.JournalQuery) ([]phoneauth.JournalEntry, error) { return j.Entries(ctx, q) },
			counted: func(q phoneauth.JournalCountQuery) ([]phoneauth.JournalCount, error) { return j.CountEntries(ctx, q) },
			blank: func(userID, print string, before time.Time) error {
				return j.BlankEntries(ctx, userID, print, before)
			},
			purge:  func(now time.Time) (int, error) { return j.Purge(ctx, now) },
			before: func(context.Context) error { return nil },
		}
		fault(w, j)
		return w
	}
}

func (w *brokenJournal) AppendEntries(ctx context.Context, list []phoneauth.JournalEntry) error {
	if err := w.before(ctx); err != nil {
		return err
	}
	return w.append(list)
}

func (w *brokenJournal) Entries(_ context.Context, q phoneauth.JournalQuery) ([]phoneauth.JournalEntry, error) {
	return w.find(q)
}

func (w *brokenJournal) CountEntries(_ context.Context, q phoneauth.JournalCountQuery) ([]phoneauth.JournalCount, error) {
	return w.counted(q)
}

func (w *brokenJournal) BlankEntries(_ context.Context, userID, print string, before time.Time) error {
	return w.blank(userID, print, before)
}

// Purge implements [phoneauth.Purger].
func (w *brokenJournal) Purge(_ context.Context, now time.Time) (int, error) { return w.purge(now) }

// appending is a journal that appends something else than it was handed.
func appending(change func(j *entries, list []phoneauth.JournalEntry) []phoneauth.JournalEntry) func(*entries) phoneauth.JournalStore {
	return inJournal(func(w *brokenJournal, j *entries) {
		w.append = func(list []phoneauth.JournalEntry) error {
			return j.AppendEntries(ctx, change(j, slices.Clone(list)))
		}
	})
}

// appendingEach is appending where each entry changes.
func appendingEach(change func(e *phoneauth.JournalEntry)) func(*entries) phoneauth.JournalStore {
	return appending(func(_ *entries, list []phoneauth.JournalEntry) []phoneauth.JournalEntry {
		for i := range list {
			change(&list[i])
		}
		return list
	})
}

// finding is a journal that finds something else.
func finding(change func(q phoneauth.JournalQuery, found *[]phoneauth.JournalEntry)) func(*entries) phoneauth.JournalStore {
	return inJournal(func(w *brokenJournal, j *entries) {
		w.find = func(q phoneauth.JournalQuery) ([]phoneauth.JournalEntry, error) {
			found, err := j.Entries(ctx, q)
			change(q, &found)
			return found, err
		}
	})
}

// seeking is a journal that asks for something else.
func seeking(change func(q *phoneauth.JournalQuery)) func(*entries) phoneauth.JournalStore {
	return inJournal(func(w *brokenJournal, j *entries) {
		w.find = func(q phoneauth.JournalQuery) ([]phoneauth.JournalEntry, error) {
			change(&q)
			return j.Entries(ctx, q)
		}
	})
}

// counting is a journal that counts something else.
func counting(change func(q *phoneauth.JournalCountQuery), answer func(*phoneauth.JournalCount)) func(*entries) phoneauth.JournalStore {
	return inJournal(func(w *brokenJournal, j *entries) {
		w.counted = func(q phoneauth.JournalCountQuery) ([]phoneauth.JournalCount, error) {
			change(&q)
			counts, err := j.CountEntries(ctx, q)
			for i := range counts {
				answer(&counts[i])
			}
			return counts, err
		}
	})
}

func asked(*phoneauth.JournalCountQuery) {}

func answered(*phoneauth.JournalCount) {}

// blanking is a journal that blanks in another way.
func blanking(change func(j *entries, userID, print *string, before *time.Time)) func(*entries) phoneauth.JournalStore {
	return inJournal(func(w *brokenJournal, j *entries) {
		w.blank = func(userID, print string, before time.Time) error {
			change(j, &userID, &print, &before)
			return j.BlankEntries(ctx, userID, print, before)
		}
	})
}

// keeping is a journal that blanks less.
func keeping(keep func(was phoneauth.JournalEntry, now *phoneauth.JournalEntry)) func(*entries) phoneauth.JournalStore {
	return inJournal(func(w *brokenJournal, j *entries) {
		w.blank = func(userID, print string, before time.Time) error {
			was := maps.Clone(j.all)
			err := j.BlankEntries(ctx, userID, print, before)
			for id, e := range j.all {
				if len(e.Data) == 0 && len(was[id].Data) > 0 {
					keep(was[id], &e)
					j.all[id] = e
				}
			}
			return err
		}
	})
}

var wrongJournals = slices.Concat(wrongAppends, wrongFinds, wrongCounts, wrongBlanks, wrongEntries)

var wrongAppends = []wrongJournal{
	{"Append stores the first entry only", "Append stores entries", appending(func(_ *entries, list []phoneauth.JournalEntry) []phoneauth.JournalEntry {
		return list[:min(1, len(list))]
	})},
	{"Append loses messages", "Append stores entries", appendingEach(func(e *phoneauth.JournalEntry) { e.MessageID = "" })},
	{"Append of nothing is an error", "Append of nothing", inJournal(func(w *brokenJournal, j *entries) {
		w.append = func(list []phoneauth.JournalEntry) error {
			if len(list) == 0 {
				return phoneauth.ErrNotFound
			}
			return j.AppendEntries(ctx, list)
		}
	})},
	{"Append appends twice", "Append again", appendingEach(func(e *phoneauth.JournalEntry) { e.ID += unique() })},
	{"Append of an ID that is there stops", "Append again", inJournal(func(w *brokenJournal, j *entries) {
		w.append = func(list []phoneauth.JournalEntry) error {
			for _, e := range list {
				if _, ok := j.all[e.ID]; ok {
					return nil
				}
				_ = j.AppendEntries(ctx, []phoneauth.JournalEntry{e})
			}
			return nil
		}
	})},
	{"Append counts an entry without a Count", "Append again", appending(func(j *entries, list []phoneauth.JournalEntry) []phoneauth.JournalEntry {
		for i := range list {
			if _, ok := j.all[list[i].ID]; ok {
				list[i].Count = max(1, list[i].Count)
			}
		}
		return list
	})},
	{"Append keeps the first count", "Append adds counts", appending(func(j *entries, list []phoneauth.JournalEntry) []phoneauth.JournalEntry {
		return slices.DeleteFunc(list, func(e phoneauth.JournalEntry) bool { _, ok := j.all[e.ID]; return ok })
	})},
	{"Append keeps the last count", "Append adds counts", appending(func(j *entries, list []phoneauth.JournalEntry) []phoneauth.JournalEntry {
		for _, e := range list {
			if was, ok := j.all[e.ID]; ok {
				was.Count = 0
				j.all[e.ID] = was
			}
		}
		return list
	})},
	{"Append replaces", "Append changes nothing but the count", appending(func(j *entries, list []phoneauth.JournalEntry) []phoneauth.JournalEntry {
		for i, e := range list {
			list[i].Count += j.all[e.ID].Count
			delete(j.all, e.ID)
		}
		return list
	})},
	{"Append counts one ID of a list once", "Append of one ID twice", appending(func(_ *entries, list []phoneauth.JournalEntry) []phoneauth.JournalEntry {
		return slices.CompactFunc(list, func(x, y phoneauth.JournalEntry) bool { return x.ID == y.ID })
	})},
}

var wrongFinds = []wrongJournal{
	{"a print is a user", "Entries are of one print, user or message", inJournal(func(w *brokenJournal, j *entries) {
		w.find = func(q phoneauth.JournalQuery) ([]phoneauth.JournalEntry, error) {
			found, err := j.Entries(ctx, q)
			q.UserID, q.Print = q.Print, q.UserID
			more, _ := j.Entries(ctx, q)
			return append(found, more...), err
		}
	})},
	{"a message is one entry", "Entries are of one print, user or message", seeking(func(q *phoneauth.JournalQuery) {
		if q.MessageID != "" {
			q.Limit = 1
		}
	})},
	{"entries come oldest first", "Entries come newest first", finding(func(_ phoneauth.JournalQuery, found *[]phoneauth.JournalEntry) { slices.Reverse(*found) })},
	{"entries of one time come in any order", "Entries come newest first", finding(func(_ phoneauth.JournalQuery, found *[]phoneauth.JournalEntry) {
		slices.SortFunc(*found, func(x, y phoneauth.JournalEntry) int {
			return cmp.Or(y.Time.Compare(x.Time), cmp.Compare(x.MessageID, y.MessageID))
		})
	})},
	{"Limit is one more", "Entries are no more than Limit", seeking(func(q *phoneauth.JournalQuery) { q.Limit++ })},
	{"Limit takes the oldest", "Entries come newest first", inJournal(func(w *brokenJournal, j *entries) {
		w.find = func(q phoneauth.JournalQuery) ([]phoneauth.JournalEntry, error) {
			limit := q.Limit
			q.Limit = 1000
			found, err := j.Entries(ctx, q)
			return found[max(0, len(found)-limit):], err
		}
	})},
	{"Before is not before", "Entries before a time", seeking(func(q *phoneauth.JournalQuery) {
		if !q.Before.IsZero() {
			q.Before = q.Before.Add(tick)
		}
	})},
	{"Before is ignored", "Entries before a time", seeking(func(q *phoneauth.JournalQuery) { q.Before = time.Time{} })},
	{"no Before is the time now", "Append stores entries", seeking(func(q *phoneauth.JournalQuery) {
		if q.Before.IsZero() {
			q.Before = q.Now
		}
	})},
	{"entries never end", "Entries leave out what is gone", seeking(func(q *phoneauth.JournalQuery) { q.Now = time.Time{} })},
	{"entries live at their very expiry", "Entries leave out what is gone", seeking(func(q *phoneauth.JournalQuery) { q.Now = q.Now.Add(-tick) })},
	{"what is gone takes a place", "Entries leave out what is gone", inJournal(func(w *brokenJournal, j *entries) {
		w.find = func(q phoneauth.JournalQuery) ([]phoneauth.JournalEntry, error) {
			now := q.Now
			q.Now = time.Time{}
			found, err := j.Entries(ctx, q)
			return slices.DeleteFunc(found, func(e phoneauth.JournalEntry) bool { return !now.Before(e.ExpiresAt) }), err
		}
	})},
}

var wrongCounts = []wrongJournal{
	{"counts are of the day", "Count by hour", counting(asked, func(c *phoneauth.JournalCount) { c.Hour = c.Hour.Truncate(24 * time.Hour) })},
	{"counts are of the nearest hour", "Hour is the beginning of the hour", counting(asked, func(c *phoneauth.JournalCount) { c.Hour = c.Hour.Add(time.Hour) })},
	{"counts leave the first out", "Count between two times", counting(func(q *phoneauth.JournalCountQuery) { q.From = q.From.Add(tick) }, answered)},
	{"counts have the last, too", "Count between two times", counting(func(q *phoneauth.JournalCountQuery) { q.To = q.To.Add(tick) }, answered)},
	{"counts know no time before 1970", "Count from the zero time", inJournal(func(w *brokenJournal, j *entries) {
		w.counted = func(q phoneauth.JournalCountQuery) ([]phoneauth.JournalCount, error) {
			if q.From.UnixMicro() < 0 {
				return nil, nil
			}
			return j.CountEntries(ctx, q)
		}
	})},
	{"counts know no sender", "Count by kind", counting(asked, func(c *phoneauth.JournalCount) { c.Sender = "" })},
	{"counts know no empty region", "Count by kind", counting(asked, func(c *phoneauth.JournalCount) { c.Region = cmp.Or(c.Region, "ZZ") })},
	{"an entry counts as one", "an entry counts as its Count", inJournal(func(w *brokenJournal, j *entries) {
		w.counted = func(q phoneauth.JournalCountQuery) ([]phoneauth.JournalCount, error) {
			ones := newEntries()
			for id, e := range j.all {
				e.Count = 1
				ones.all[id] = e
			}
			return ones.CountEntries(ctx, q)
		}
	})},
	{"an entry without a Count counts as none", "Count by hour", counting(asked, func(c *phoneauth.JournalCount) { c.Count = 0 })},
	{"no counts are a count", "Count of nothing", inJournal(func(w *brokenJournal, j *entries) {
		w.counted = func(q phoneauth.JournalCountQuery) ([]phoneauth.JournalCount, error) {
			counts, err := j.CountEntries(ctx, q)
			if len(counts) == 0 {
				counts = []phoneauth.JournalCount{{Hour: q.From}}
			}
			return counts, err
		}
	})},
}

var wrongBlanks = []wrongJournal{
	{"Blank by user minds the time", "Blank by user", inJournal(func(w *brokenJournal, j *entries) {
		w.blank = func(userID, print string, before time.Time) error {
			for id, e := range j.all {
				if userID != "" && e.UserID == userID && e.Time.Before(before) {
					j.all[id] = blanked(e)
				}
			}
			return j.BlankEntries(ctx, "", print, before)
		}
	})},
	{"Blank keeps Data", "Blank by user", keeping(func(was phoneauth.JournalEntry, now *phoneauth.JournalEntry) { now.Data = was.Data })},
	{"Blank keeps messages", "Blank by user", keeping(func(was phoneauth.JournalEntry, now *phoneauth.JournalEntry) { now.MessageID = was.MessageID })},
	{"Blank keeps the user", "Blank by print", keeping(func(was phoneauth.JournalEntry, now *phoneauth.JournalEntry) { now.UserID = was.UserID })},
	{"Blank by print minds no time", "Blank by print", blanking(func(_ *entries, _, _ *string, before *time.Time) { *before = before.AddDate(1, 0, 0) })},
	{"Blank by print blanks that very time", "Blank by print", blanking(func(_ *entries, _, _ *string, before *time.Time) { *before = before.Add(tick) })},
	{"Blank by print is for entries of the user", "Blank by user and print", blanking(func(_ *entries, userID, print *string, _ *time.Time) {
		if *userID != "" {
			*print = ""
		}
	})},
	{"Blank takes the print away", "Blank keeps the rest", keeping(func(_ phoneauth.JournalEntry, now *phoneauth.JournalEntry) { now.Print = "" })},
	{"Blank takes the type away", "Blank keeps the rest", keeping(func(_ phoneauth.JournalEntry, now *phoneauth.JournalEntry) { now.Type = "" })},
	{"Blank takes the count away", "Blank keeps the rest", keeping(func(_ phoneauth.JournalEntry, now *phoneauth.JournalEntry) { now.Count = 0 })},
	{"Blank of a user blanks what is nobody's", "Blank of no user and no print", inJournal(func(w *brokenJournal, j *entries) {
		w.blank = func(userID, print string, before time.Time) error {
			for id, e := range j.all {
				if e.UserID == userID || e.Print == print && e.Time.Before(before) {
					j.all[id] = blanked(e)
				}
			}
			return nil
		}
	})},
}

var wrongEntries = []wrongJournal{
	{"the zone of an entry comes back", "entries come back in UTC", finding(func(_ phoneauth.JournalQuery, found *[]phoneauth.JournalEntry) {
		for i := range *found {
			(*found)[i].Time = (*found)[i].Time.In(elsewhere)
		}
	})},
	{"Data is kept", "entries go in by value", inJournal(func(w *brokenJournal, j *entries) {
		w.append = func(list []phoneauth.JournalEntry) error {
			for _, e := range list {
				j.all[e.ID] = e
			}
			return nil
		}
	})},
	{"Data is handed out", "entries come out by value", inJournal(func(w *brokenJournal, j *entries) {
		w.find = func(q phoneauth.JournalQuery) ([]phoneauth.JournalEntry, error) {
			found, err := j.Entries(ctx, q)
			for i := range found {
				found[i].Data = j.all[found[i].ID].Data
			}
			return found, err
		}
	})},
	{"Data is cut", "entries with every byte", appendingEach(func(e *phoneauth.JournalEntry) { e.Data = e.Data[:min(255, len(e.Data))] })},
	{"an empty region is a dash", "entries with every byte", appendingEach(func(e *phoneauth.JournalEntry) { e.Region = cmp.Or(e.Region, "-") })},
	{"case of a print does not matter", "entries are told apart byte by byte", appendingEach(func(e *phoneauth.JournalEntry) { e.Print = strings.ToUpper(e.Print) })},
	{"Purge removes entries too early", "Purge of entries", inJournal(func(w *brokenJournal, j *entries) {
		w.purge = func(now time.Time) (int, error) { return j.Purge(ctx, now.Add(tick)) }
	})},
	{"Purge says no number of entries", "Purge says how many entries it removed", inJournal(func(w *brokenJournal, j *entries) {
		w.purge = func(now time.Time) (int, error) {
			_, err := j.Purge(ctx, now)
			return 0, err
		}
	})},
	{"journal verbs wait for ever", "journal verbs on an ended context", inJournal(func(w *brokenJournal, _ *entries) {
		w.before = func(ctx context.Context) error {
			if ctx.Err() != nil {
				select {}
			}
			return nil
		}
	})},
	{"journal verbs lie about an ended context", "journal verbs on an ended context", inJournal(func(w *brokenJournal, _ *entries) {
		w.before = func(ctx context.Context) error {
			if ctx.Err() != nil {
				return phoneauth.ErrNotFound
			}
			return nil
		}
	})},
	{"naive: counts of an entry are lost", "race: every count counts", inJournal(naiveAppend)},
	{"naive: an entry is there twice", "race: an entry is there once", inJournal(func(w *brokenJournal, j *entries) {
		w.append = func(list []phoneauth.JournalEntry) error {
			for _, e := range list {
				j.mu.Lock()
				_, ok := j.all[e.ID]
				j.mu.Unlock()
				pause()
				j.mu.Lock()
				if e = cloneEntry(e); !ok {
					j.all[e.ID+unique()] = e
					j.all[e.ID] = phoneauth.JournalEntry{}
				}
				j.mu.Unlock()
			}
			return nil
		}
	})},
}

// naiveAppend reads a count, and writes it back later.
func naiveAppend(w *brokenJournal, j *entries) {
	w.append = func(list []phoneauth.JournalEntry) error {
		for _, e := range list {
			j.mu.Lock()
			was, ok := j.all[e.ID]
			j.mu.Unlock()
			pause()
			if ok {
				was.Count += e.Count
				e = was
			}
			j.mu.Lock()
			j.all[e.ID] = cloneEntry(e)
			j.mu.Unlock()
		}
		return nil
	}
}
