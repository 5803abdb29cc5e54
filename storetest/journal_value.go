package storetest

import (
	"bytes"
	"context"
	"strings"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

var journalValueCases = []testCase[*journal]{
	{"entries come back in UTC", "come back as the same instant in UTC", func(j *journal) {
		e := j.entry(unique(), unique(), 0)
		local := e
		local.Time, local.ExpiresAt = e.Time.In(elsewhere), e.ExpiresAt.In(elsewhere)
		j.add(local)
		q := phoneauth.JournalQuery{Print: e.Print, Before: e.Time.Add(tick).In(elsewhere), Now: e.Time.In(elsewhere)}
		j.found(q, "in UTC", e)
		require.Equal(j, []phoneauth.JournalCount{kind(e, 1)}, j.counts(j.day.In(elsewhere), j.day.Add(time.Hour).In(elsewhere)))
		j.blank("", e.Print, e.Time.In(elsewhere))
		j.found(q, "not before its own time", e)
	}},
	{"entries go in by value", "a store neither keeps nor changes a slice it was handed", func(j *journal) {
		e := j.entry(unique(), unique(), 0)
		was := e
		was.Data = bytes.Clone(e.Data)
		list := []phoneauth.JournalEntry{e}
		j.add(list...)
		assert.Equal(j, was, e, "unchanged by the store")
		spoil(e.Data)
		j.found(phoneauth.JournalQuery{Print: e.Print}, "as handed over", was)
	}},
	{"entries come out by value", "what it returns belongs to the caller", func(j *journal) {
		e := j.entry(unique(), unique(), 0)
		j.add(e)
		want := e
		want.Data = bytes.Clone(e.Data)
		for range 2 {
			spoil(j.find(phoneauth.JournalQuery{Print: e.Print})[0].Data)
		}
		j.found(phoneauth.JournalQuery{Print: e.Print}, "after what was returned changed", want)
	}},
	{"entries with every byte", "opaque to the store, at most 1 KiB", func(j *journal) {
		e, empty := j.entry(unique(), unique(), 0), j.entry(unique(), "", 0)
		e.Data, e.Print, e.UserID, e.MessageID = blob(1024), printable()+unique()[:8], strings.Repeat("u", 102)+unique(), strings.Repeat("m", 102)+unique()
		empty.Data, empty.MessageID, empty.Region, empty.Purpose, empty.Channel, empty.Sender = []byte{}, "", "", "", "", ""
		j.add(e, empty)
		j.found(phoneauth.JournalQuery{Print: e.Print}, "by print", e)
		j.found(phoneauth.JournalQuery{UserID: e.UserID}, "by user", e)
		j.found(phoneauth.JournalQuery{MessageID: e.MessageID}, "by message", e)
		j.found(phoneauth.JournalQuery{Print: empty.Print}, "nothing but what must be", empty)
	}},
	{"entries are told apart byte by byte", "compared byte by byte", func(j *journal) {
		upper, lower := j.entry(unique(), unique(), 0), j.entry("", "", 0)
		lower.Print, lower.UserID, lower.ID = strings.ToLower(upper.Print), strings.ToLower(upper.UserID), strings.ToLower(upper.ID)
		j.add(upper, lower)
		j.found(phoneauth.JournalQuery{Print: upper.Print}, "the one", upper)
		j.found(phoneauth.JournalQuery{UserID: lower.UserID}, "the other", lower)
		j.blank(lower.UserID, "", j.day)
		j.found(phoneauth.JournalQuery{Print: upper.Print}, "the one", upper)
	}},
	{"Purge of entries", "It changes no answer of any verb", func(j *journal) {
		short, long := j.entry(unique(), "", 0), j.entry(unique(), "", 0)
		short.ExpiresAt = j.day.Add(time.Hour)
		j.add(short, long)
		purge(j, j.store, short.ExpiresAt.Add(-tick), -1)
		j.found(phoneauth.JournalQuery{Print: short.Print, Now: short.ExpiresAt.Add(-tick)}, "a microsecond to live", short)
		purge(j, j.store, short.ExpiresAt, -1)
		j.found(phoneauth.JournalQuery{Print: short.Print, Now: short.ExpiresAt}, "gone")
		j.found(phoneauth.JournalQuery{Print: long.Print, Now: short.ExpiresAt}, "another", long)
	}},
	{"Purge says how many entries it removed", "Purge removes what is gone at now, and returns how many records it removed", func(j *journal) {
		now := j.day.Add(time.Hour)
		if !purge(j, j.store, now, -1) {
			j.Skip("the store is no Purger")
		}
		one, two, kept := j.entry(unique(), "", 0), j.entry(unique(), "", 0), j.entry(unique(), "", 0)
		one.ExpiresAt, two.ExpiresAt, kept.ExpiresAt = now, now.Add(-tick), now.Add(tick)
		j.add(one, two, kept)
		purge(j, j.store, now, 2)
		purge(j, j.store, now, 0)
		j.found(phoneauth.JournalQuery{Print: kept.Print, Now: now}, "a microsecond to live", kept)
	}},
}

// verbs returns all verbs of a JournalStore.
func (j *journal) verbs() []verb {
	e := j.entry(unique(), unique(), 0)
	return []verb{
		only("AppendEntries", func(ctx context.Context) error {
			return j.store.AppendEntries(ctx, []phoneauth.JournalEntry{e})
		}),
		only("Entries", func(ctx context.Context) error {
			_, err := j.store.Entries(ctx, phoneauth.JournalQuery{Print: e.Print, Limit: 9, Now: j.day})
			return err
		}),
		only("CountEntries", func(ctx context.Context) error {
			_, err := j.store.CountEntries(ctx, phoneauth.JournalCountQuery{From: j.day, To: j.day.Add(time.Hour)})
			return err
		}),
		only("BlankEntries", func(ctx context.Context) error { return j.store.BlankEntries(ctx, e.UserID, e.Print, j.day) }),
	}
}

var journalEdgeCases = []testCase[*journal]{
	{"journal verbs on an ended context", "A verb returns soon after its context ends. A verb whose context ends may have done its work", func(j *journal) {
		verbs := j.verbs()
		secretive(j, ended(j, j.options, verbs), "data ", "twilio", "EG")
		for _, v := range verbs {
			out := within(j, j.options, j.Context(), v)
			require.NoError(j, out.err, "%s after a call on an ended context", v.name)
		}
	}},
}

var journalRaces = []testCase[*journal]{
	{"race: every count counts", "An entry whose ID the store has already adds its Count to that one", func(j *journal) {
		for round := range j.heavy() {
			e, errs := j.entry(unique(), "", time.Duration(round)*tick), make([]error, crowd)
			e.Count = 2
			together(crowd, func(i int) { errs[i] = j.store.AppendEntries(j.Context(), []phoneauth.JournalEntry{e}) })
			for _, err := range errs {
				require.NoError(j, err, "round %d", round)
			}
			e.Count = 2 * crowd
			j.found(phoneauth.JournalQuery{Print: e.Print}, "each appends 2", e)
		}
	}},
	{"race: an entry is there once", "ID is unique", func(j *journal) {
		for round := range j.heavy() {
			print, errs := unique(), make([]error, callers)
			all := []phoneauth.JournalEntry{j.entry(print, "", 3*tick), j.entry(print, "", 2*tick), j.entry(print, "", tick)}
			together(callers, func(i int) {
				list := []phoneauth.JournalEntry{all[i%3], all[(i+1)%3], all[(i+2)%3]}
				errs[i] = j.store.AppendEntries(j.Context(), list)
			})
			for _, err := range errs {
				require.NoError(j, err, "round %d", round)
			}
			j.found(phoneauth.JournalQuery{Print: print}, "each once", all...)
		}
	}},
}
