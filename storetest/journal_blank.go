package storetest

import (
	"time"

	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// blank is BlankEntries, which must succeed.
func (j *journal) blank(userID, print string, before time.Time) {
	j.Helper()
	require.NoError(j, j.store.BlankEntries(j.Context(), userID, print, before), "BlankEntries")
}

// blanked returns e as it is after BlankEntries.
func blanked(e phoneauth.JournalEntry) phoneauth.JournalEntry {
	e.Data, e.MessageID, e.UserID = nil, "", ""
	return e
}

var journalBlankCases = []testCase[*journal]{
	{"Blank by user", "BlankEntries empties Data, MessageID and UserID of the entries of this user", func(j *journal) {
		print, user := unique(), unique()
		one, two, other := j.entry(print, user, 2*time.Second), j.entry(print, user, time.Hour), j.entry(print, unique(), 0)
		j.add(one, two, other)
		j.blank(user, "", j.day)
		j.found(phoneauth.JournalQuery{UserID: user}, "by the user who is no more")
		j.found(phoneauth.JournalQuery{MessageID: one.MessageID}, "by a message that is no more")
		j.found(phoneauth.JournalQuery{Print: print}, "whatever their time", blanked(two), blanked(one), other)
		j.found(phoneauth.JournalQuery{UserID: other.UserID}, "of another user", other)
	}},
	{"Blank by print", "and of the entries with this print whose Time is before the given one", func(j *journal) {
		print := unique()
		early, late, other := j.entry(print, unique(), 0), j.entry(print, unique(), time.Hour), j.entry(unique(), unique(), 0)
		j.add(early, late, other)
		j.blank("", print, late.Time)
		j.found(phoneauth.JournalQuery{Print: print}, "the early one alone", late, blanked(early))
		j.found(phoneauth.JournalQuery{UserID: early.UserID}, "by its user")
		j.found(phoneauth.JournalQuery{MessageID: early.MessageID}, "by its message")
		j.found(phoneauth.JournalQuery{UserID: late.UserID}, "of that very time", late)
		j.found(phoneauth.JournalQuery{Print: other.Print}, "of another print", other)
		j.blank("", print, late.Time.Add(tick))
		j.found(phoneauth.JournalQuery{Print: print}, "both", blanked(late), blanked(early))
	}},
	{"Blank by user and print", "BlankEntries empties Data, MessageID and UserID of the entries of this user, and of the entries with this print", func(j *journal) {
		print, user := unique(), unique()
		owned, printed, later := j.entry(unique(), user, time.Hour), j.entry(print, unique(), 0), j.entry(print, unique(), 2*time.Hour)
		j.add(owned, printed, later)
		j.blank(user, print, j.day.Add(time.Hour))
		j.found(phoneauth.JournalQuery{Print: owned.Print}, "by user alone", blanked(owned))
		j.found(phoneauth.JournalQuery{Print: print}, "by print alone", later, blanked(printed))
	}},
	{"Blank keeps the rest", "All else stays", func(j *journal) {
		e := j.entry(unique(), unique(), 0)
		e.Count = 5
		j.add(e)
		j.blank(e.UserID, e.Print, j.day.Add(time.Hour))
		j.found(phoneauth.JournalQuery{Print: e.Print}, "print, type and times", blanked(e))
		require.Equal(j, []phoneauth.JournalCount{kind(e, 5)}, j.counts(j.day, j.day.Add(time.Hour)), "it counts as before")
		j.add(e)
		e.Count = 10
		j.found(phoneauth.JournalQuery{Print: e.Print}, "appended again: the count alone", blanked(e))
		j.found(phoneauth.JournalQuery{UserID: e.UserID}, "appended again: the user stays away")
	}},
	{"Blank of no user and no print", "An empty userID or print matches nothing", func(j *journal) {
		nobody, nowhere := j.entry(unique(), "", 0), j.entry("", unique(), 0)
		j.add(nobody, nowhere)
		j.blank("", "", j.day.Add(time.Hour))
		j.blank("", unique(), j.day.Add(time.Hour))
		j.blank(unique(), "", j.day.Add(time.Hour))
		j.found(phoneauth.JournalQuery{Print: nobody.Print}, "without a user", nobody)
		j.found(phoneauth.JournalQuery{UserID: nowhere.UserID}, "without a print", nowhere)
	}},
}
