package storetest

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// journal is the fixture of the cases of a JournalStore.
type journal struct {
	testing.TB
	options
	store phoneauth.JournalStore
	// day is when this case begins: no other case has entries on it.
	day time.Time
}

// days gives each case a day of its own, also in a database where an earlier run left
// its entries.
var days = func() *atomic.Int64 {
	var n atomic.Int64
	n.Store(rand.Int64N(30_000))
	return &n
}()

func newJournal(t testing.TB, store phoneauth.JournalStore, o options) *journal {
	return &journal{TB: t, options: o, store: store, day: start.AddDate(0, 0, int(days.Add(2)))}
}

func journalCases() []testCase[*journal] {
	return slices.Concat(journalFindCases, journalCountCases, journalBlankCases, journalValueCases, journalEdgeCases, journalRaces)
}

// entry returns a new one of this print and user, at a time on the day of the case, gone
// thirty days later.
func (j *journal) entry(print, userID string, at time.Duration) phoneauth.JournalEntry {
	now := j.day.Add(at)
	return phoneauth.JournalEntry{
		ID: unique(), Time: now, ExpiresAt: now.AddDate(0, 0, 30), Print: print, UserID: userID, MessageID: unique(),
		Type: phoneauth.EventCodeSent, Region: "EG", Purpose: "login", Channel: "sms", Sender: "twilio",
		Data: []byte("data " + unique()),
	}
}

// add appends entries, which must succeed.
func (j *journal) add(entries ...phoneauth.JournalEntry) {
	j.Helper()
	require.NoError(j, j.store.AppendEntries(j.Context(), entries), "AppendEntries")
}

// find calls Entries, which must succeed. It sets Limit and Now if they are not set.
func (j *journal) find(q phoneauth.JournalQuery) []phoneauth.JournalEntry {
	j.Helper()
	if q.Now.IsZero() {
		q.Now = j.day
	}
	q.Limit = cmp.Or(q.Limit, 1000)
	entries, err := j.store.Entries(j.Context(), q)
	require.NoError(j, err, "Entries")
	return entries
}

// found checks that q finds these entries, in this order.
func (j *journal) found(q phoneauth.JournalQuery, message string, want ...phoneauth.JournalEntry) {
	j.Helper()
	got := j.find(q)
	ids := func(entries []phoneauth.JournalEntry) []string {
		ids := make([]string, len(entries))
		for i, e := range entries {
			ids[i] = e.ID
		}
		return ids
	}
	require.Equal(j, ids(want), ids(got), "Entries: "+message)
	for i := range want {
		assertUTC(j, got[i].Time, got[i].ExpiresAt)
		require.Equal(j, plainEntry(want[i]), plainEntry(got[i]), "Entries: "+message)
	}
}

func plainEntry(e phoneauth.JournalEntry) phoneauth.JournalEntry {
	e.Data, e.Time, e.ExpiresAt = plain(e.Data), e.Time.UTC(), e.ExpiresAt.UTC()
	return e
}

// counts returns CountEntries between two times of the case, ordered by hour and type.
func (j *journal) counts(from, to time.Time) []phoneauth.JournalCount {
	j.Helper()
	counts, err := j.store.CountEntries(j.Context(), phoneauth.JournalCountQuery{From: from, To: to})
	require.NoError(j, err, "CountEntries")
	slices.SortFunc(counts, func(a, b phoneauth.JournalCount) int {
		return cmp.Or(a.Hour.Compare(b.Hour), cmp.Compare(a.Type, b.Type), cmp.Compare(a.Region, b.Region),
			cmp.Compare(a.Purpose, b.Purpose), cmp.Compare(a.Channel, b.Channel), cmp.Compare(a.Sender, b.Sender))
	})
	for _, c := range counts {
		assertUTC(j, c.Hour)
	}
	return counts
}

// kind returns the count of entries like e in the hour of e.
func kind(e phoneauth.JournalEntry, n int) phoneauth.JournalCount {
	return phoneauth.JournalCount{Hour: e.Time.UTC().Truncate(time.Hour), Type: e.Type, Region: e.Region, Purpose: e.Purpose,
		Channel: e.Channel, Sender: e.Sender, Count: n}
}

var journalFindCases = []testCase[*journal]{
	{"Append stores entries", "AppendEntries stores entries", func(j *journal) {
		print, user := unique(), unique()
		one, two, three := j.entry(print, user, 0), j.entry(print, user, time.Second), j.entry(print, user, time.Minute)
		j.add(two, one)
		j.add(three)
		j.found(phoneauth.JournalQuery{Print: print}, "by print", three, two, one)
		j.found(phoneauth.JournalQuery{UserID: user}, "by user", three, two, one)
		j.found(phoneauth.JournalQuery{MessageID: two.MessageID}, "by message", two)
	}},
	{"Append of nothing", "AppendEntries stores entries", func(j *journal) {
		j.add()
	}},
	{"Append again", "so an entry without a Count may be appended again after an unknown outcome", func(j *journal) {
		one, two := j.entry(unique(), unique(), 0), j.entry(unique(), unique(), 0)
		j.add(one)
		j.add(one, two)
		j.found(phoneauth.JournalQuery{Print: two.Print}, "after one that is there already", two)
		j.add(two, one)
		j.found(phoneauth.JournalQuery{Print: one.Print}, "once", one)
		j.found(phoneauth.JournalQuery{Print: two.Print}, "once", two)
	}},
	{"Append adds counts", "An entry whose ID the store has already adds its Count to that one", func(j *journal) {
		e := j.entry(unique(), "", 0)
		for _, e.Count = range []int{1, 2, 40} {
			j.add(e)
		}
		e.Count = 43
		j.found(phoneauth.JournalQuery{Print: e.Print}, "1, 2 and 40", e)
	}},
	{"Append changes nothing but the count", "and changes nothing else", func(j *journal) {
		e := j.entry(unique(), unique(), 0)
		e.Count = 1
		j.add(e)
		other := j.entry(unique(), unique(), time.Hour)
		other.ID, other.Count, other.Type, other.Region = e.ID, 2, phoneauth.EventLimited, "DE"
		j.add(other)
		e.Count = 3
		j.found(phoneauth.JournalQuery{Print: e.Print}, "as it was", e)
		j.found(phoneauth.JournalQuery{UserID: e.UserID}, "as it was", e)
		j.found(phoneauth.JournalQuery{Print: other.Print}, "under what it was appended with again")
		j.found(phoneauth.JournalQuery{UserID: other.UserID}, "under what it was appended with again")
		j.found(phoneauth.JournalQuery{MessageID: other.MessageID}, "under what it was appended with again")
	}},
	{"Append of one ID twice", "A list may name one key twice: the second use sees what the first has done", func(j *journal) {
		e := j.entry(unique(), "", 0)
		e.Count = 2
		j.add(e, e, e)
		e.Count = 6
		j.found(phoneauth.JournalQuery{Print: e.Print}, "three of 2", e)
	}},
	{"Entries are of one print, user or message", "Print or UserID or MessageID: exactly one is set", func(j *journal) {
		print, user := unique(), unique()
		both, printed, owned, other := j.entry(print, user, 0), j.entry(print, "", 0), j.entry("", user, 0), j.entry(unique(), unique(), 0)
		both.Time, owned.MessageID, printed.MessageID = j.day.Add(time.Second), "", both.MessageID
		j.add(both, printed, owned, other)
		j.found(phoneauth.JournalQuery{Print: print}, "by print", both, printed)
		j.found(phoneauth.JournalQuery{UserID: user}, "by user", both, owned)
		j.found(phoneauth.JournalQuery{MessageID: both.MessageID}, "by message", both, printed)
		j.found(phoneauth.JournalQuery{Print: user}, "a print is no user")
		j.found(phoneauth.JournalQuery{UserID: print}, "a user is no print")
		j.found(phoneauth.JournalQuery{MessageID: print}, "a print is no message")
	}},
	{"Entries come newest first", "newest first; between equal times the smaller ID comes first", func(j *journal) {
		print := unique()
		var all []phoneauth.JournalEntry
		for i := range 12 {
			all = append(all, j.entry(print, "", time.Duration(i/3)*tick))
		}
		for i := range all {
			j.add(all[(i*5)%len(all)])
		}
		slices.SortFunc(all, func(a, b phoneauth.JournalEntry) int { return cmp.Or(b.Time.Compare(a.Time), cmp.Compare(a.ID, b.ID)) })
		j.found(phoneauth.JournalQuery{Print: print}, "all", all...)
		j.found(phoneauth.JournalQuery{Print: print, Limit: 4}, "the newest four", all[:4]...)
	}},
	{"Entries are no more than Limit", "Limit is how many entries are returned at most", func(j *journal) {
		print := unique()
		one, two, three := j.entry(print, "", 0), j.entry(print, "", tick), j.entry(print, "", 2*tick)
		j.add(one, two, three)
		j.found(phoneauth.JournalQuery{Print: print, Limit: 1}, "one", three)
		j.found(phoneauth.JournalQuery{Print: print, Limit: 3}, "three", three, two, one)
	}},
	{"Entries before a time", "Before leaves out entries of this time and later; zero leaves out none", func(j *journal) {
		print := unique()
		one, two, three := j.entry(print, "", 0), j.entry(print, "", tick), j.entry(print, "", time.Hour)
		j.add(one, two, three)
		q := phoneauth.JournalQuery{Print: print, Before: three.Time}
		j.found(q, "before the third", two, one)
		q.Before = two.Time
		j.found(q, "before the second", one)
		q.Before, q.Limit = three.Time.Add(tick), 2
		j.found(q, "two of three", three, two)
		q.Before = one.Time
		j.found(q, "before the first")
	}},
	{"Entries leave out what is gone", "Entries that are gone at q.Now are left out", func(j *journal) {
		print := unique()
		short, long := j.entry(print, "", time.Second), j.entry(print, "", 0)
		short.ExpiresAt = j.day.Add(time.Hour)
		j.add(short, long)
		q := phoneauth.JournalQuery{Print: print, Now: short.ExpiresAt.Add(-tick)}
		j.found(q, "a microsecond before", short, long)
		q.Now = short.ExpiresAt
		j.found(q, "at the expiry", long)
		q.Limit = 1
		j.found(q, "what is gone takes no place of the limit", long)
	}},
}

var journalCountCases = []testCase[*journal]{
	{"Count by hour", "CountEntries returns how many entries there are of each kind", func(j *journal) {
		one, two, three := j.entry("", "", 0), j.entry(unique(), "", time.Second), j.entry("", unique(), 2*time.Hour)
		j.add(one, two, three)
		got := j.counts(j.day, j.day.Add(24*time.Hour))
		require.Equal(j, []phoneauth.JournalCount{kind(one, 2), kind(three, 1)}, got)
	}},
	{"Hour is the beginning of the hour", "Hour is the beginning of the hour, UTC", func(j *journal) {
		hour := j.day.Truncate(time.Hour).Add(time.Hour)
		last, first, end := j.entry("", "", 0), j.entry("", "", 0), j.entry("", "", 0)
		last.Time, first.Time, end.Time = hour.Add(-tick), hour, hour.Add(time.Hour-tick)
		j.add(last, first, end)
		got := j.counts(j.day, j.day.Add(24*time.Hour))
		require.Equal(j, []phoneauth.JournalCount{kind(last, 1), kind(first, 2)}, got)
		require.Equal(j, hour, got[1].Hour)
	}},
	{"Count between two times", "with a Time from q.From on and before q.To", func(j *journal) {
		early, first, last, late := j.entry("", "", 0), j.entry("", "", tick), j.entry("", "", 2*tick), j.entry("", "", 3*tick)
		j.add(early, first, last, late)
		require.Equal(j, []phoneauth.JournalCount{kind(first, 2)}, j.counts(first.Time, late.Time))
		require.Empty(j, j.counts(first.Time, first.Time))
		require.Empty(j, j.counts(j.day.Add(-time.Hour), early.Time))
	}},
	{"Count from the zero time", "with a Time from q.From on and before q.To", func(j *journal) {
		e := j.entry("", "", 0)
		e.Sender = unique() // entries of other cases are counted too
		j.add(e)
		require.Contains(j, j.counts(time.Time{}, e.Time.Add(tick)), kind(e, 1))
		require.NotContains(j, j.counts(time.Time{}, e.Time), kind(e, 1))
	}},
	{"Count by kind", "Region, Purpose, Channel and Sender are what entries are counted by; each may be empty", func(j *journal) {
		base := j.entry("", "", 0)
		all := []phoneauth.JournalEntry{base}
		for _, change := range []func(*phoneauth.JournalEntry){
			func(e *phoneauth.JournalEntry) { e.Type = phoneauth.EventLimited },
			func(e *phoneauth.JournalEntry) { e.Region = "" },
			func(e *phoneauth.JournalEntry) { e.Purpose = "" },
			func(e *phoneauth.JournalEntry) { e.Channel = "" },
			func(e *phoneauth.JournalEntry) { e.Sender = "" },
			func(e *phoneauth.JournalEntry) { e.Region, e.Sender = "twilio", "EG" },
		} {
			e := j.entry("", "", 0)
			change(&e)
			all = append(all, e)
		}
		j.add(all...)
		got := j.counts(j.day, j.day.Add(time.Hour))
		want := make([]phoneauth.JournalCount, len(all))
		for i, e := range all {
			want[i] = kind(e, 1)
		}
		require.ElementsMatch(j, want, got)
	}},
	{"an entry counts as its Count", "An entry counts as its Count, or as 1", func(j *journal) {
		one, many := j.entry("", "", 0), j.entry("", "", 0)
		many.Count = 40
		j.add(one, many)
		many.Count = 2
		j.add(many)
		require.Equal(j, []phoneauth.JournalCount{kind(one, 43)}, j.counts(j.day, j.day.Add(time.Hour)))
	}},
	{"Count of nothing", "CountEntries returns how many entries there are of each kind", func(j *journal) {
		require.Empty(j, j.counts(j.day, j.day.Add(24*time.Hour)))
	}},
}
