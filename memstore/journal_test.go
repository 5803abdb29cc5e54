package memstore_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/memstore"
)

func journalEntry(n int) phoneauth.JournalEntry {
	return phoneauth.JournalEntry{
		ID: fmt.Sprintf("%022d", n), Time: start, ExpiresAt: start.Add(90 * 24 * time.Hour),
		Print: fmt.Sprintf("%022d", n/4), UserID: fmt.Sprint(n / 4), MessageID: fmt.Sprintf("%032d", n/2),
		Type: phoneauth.EventCodeSent, Region: "EG", Purpose: "sign_in", Channel: "sms", Sender: "main",
		Data: []byte(`{"what":"a few details, as they come with most entries"}`),
	}
}

// entries makes entries that meet: few prints, users, messages and times.
func (d dice) entries(now time.Time) (entries []phoneauth.JournalEntry) {
	word := func(word string, of int) string {
		if n := d.IntN(of); n > 0 {
			return fmt.Sprint(word, n)
		}
		return ""
	}
	for range 1 + d.IntN(5) {
		at := now.Add(-time.Duration(d.IntN(5)) * time.Hour / 2)
		entries = append(entries, phoneauth.JournalEntry{
			ID: fmt.Sprint("id", d.IntN(200)), Time: at, ExpiresAt: at.Add(time.Duration(1+d.IntN(100)) * time.Hour),
			Print: word("print", 4), UserID: word("user", 4), MessageID: word("message", 20),
			Type: phoneauth.EventType(word("type", 3)), Region: word("region", 3), Sender: word("sender", 2),
			Count: max(0, d.IntN(8)-4), Data: []byte(word("data", 3)),
		})
	}
	return entries
}

func TestJournalAgainstAList(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		journalAgainstAList(t, dice{rand.New(rand.NewPCG(seed, 7))})
	}
}

// journal is a list of all entries that ever were, but for those purged.
type journal []phoneauth.JournalEntry

func (j journal) with(entries []phoneauth.JournalEntry) journal {
	for _, e := range entries {
		if at := slices.IndexFunc(j, func(old phoneauth.JournalEntry) bool { return old.ID == e.ID }); at >= 0 {
			j[at].Count += e.Count
		} else {
			j = append(j, e)
		}
	}
	return j
}

func (j journal) asked(q phoneauth.JournalQuery) (found []phoneauth.JournalEntry) {
	for _, e := range j {
		of := q.Print != "" && e.Print == q.Print || q.UserID != "" && e.UserID == q.UserID ||
			q.MessageID != "" && e.MessageID == q.MessageID
		if of && q.Now.Before(e.ExpiresAt) && (q.Before.IsZero() || e.Time.Before(q.Before)) {
			found = append(found, e)
		}
	}
	slices.SortFunc(found, func(a, b phoneauth.JournalEntry) int {
		return cmp.Or(b.Time.Compare(a.Time), cmp.Compare(a.ID, b.ID))
	})
	return found[:min(len(found), q.Limit)]
}

func (j journal) counted(q phoneauth.JournalCountQuery) map[phoneauth.JournalCount]int {
	counts := map[phoneauth.JournalCount]int{}
	for _, e := range j {
		if !e.Time.Before(q.From) && e.Time.Before(q.To) {
			counts[phoneauth.JournalCount{
				Hour: e.Time.Truncate(time.Hour), Type: e.Type,
				Region: e.Region, Purpose: e.Purpose, Channel: e.Channel, Sender: e.Sender,
			}] += max(e.Count, 1)
		}
	}
	return counts
}

func (j journal) blank(userID, print string, before time.Time) {
	for i := range j {
		if e := &j[i]; userID != "" && e.UserID == userID ||
			print != "" && e.Print == print && e.Time.Before(before) {
			e.UserID, e.MessageID, e.Data = "", "", nil
		}
	}
}

func journalAgainstAList(t *testing.T, d dice) {
	ctx, s := context.Background(), memstore.New()
	var list journal
	now := start
	for range steps(300) {
		now = now.Add(time.Duration(d.IntN(3600)) * time.Second)
		// An ID that comes again after its entry is gone is a new entry: drop it at once.
		list = slices.DeleteFunc(list, func(e phoneauth.JournalEntry) bool { return !now.Before(e.ExpiresAt) })
		_, err := s.Purge(ctx, now)
		require.NoError(t, err)
		switch d.IntN(8) {
		default:
			entries := d.entries(now)
			list = list.with(entries)
			require.NoError(t, s.AppendEntries(ctx, entries))
		case 0:
			user, print := fmt.Sprint("user", 1+d.IntN(4)), fmt.Sprint("print", 1+d.IntN(4))
			if d.IntN(2) == 0 {
				user = ""
			}
			if d.IntN(2) == 0 {
				print = ""
			}
			before := now.Add(-time.Duration(d.IntN(4)) * time.Hour / 2)
			list.blank(user, print, before)
			require.NoError(t, s.BlankEntries(ctx, user, print, before))
		}
		q := phoneauth.JournalQuery{Limit: 1 + d.IntN(20), Now: now}
		switch n := 1 + d.IntN(4); d.IntN(3) {
		case 0:
			q.Print = fmt.Sprint("print", n)
		case 1:
			q.UserID = fmt.Sprint("user", n)
		case 2:
			q.MessageID = fmt.Sprint("message", n)
		}
		if d.IntN(3) == 0 {
			q.Before = now.Add(-time.Duration(d.IntN(4)) * time.Hour / 2)
		}
		got, err := s.Entries(ctx, q)
		require.NoError(t, err)
		want := list.asked(q)
		require.Len(t, got, len(want))
		for i := range got {
			sameEntry(t, want[i], got[i])
		}
		sameCounts(t, s, list, phoneauth.JournalCountQuery{
			From: now.Add(-time.Duration(d.IntN(50)) * time.Hour / 2), To: now.Add(-time.Duration(d.IntN(3)) * time.Hour / 2),
		})
	}
	_, err := s.Purge(ctx, now.Add(1000*time.Hour))
	require.NoError(t, err)
	_, bytes := s.Used()
	require.Zero(t, bytes, "nothing is left, and the reckoning is exact")
}

func sameEntry(t *testing.T, want, got phoneauth.JournalEntry) {
	t.Helper()
	if len(want.Data) == 0 {
		want.Data = nil
	}
	if len(got.Data) == 0 {
		got.Data = nil
	}
	require.Equal(t, want, got)
}

func sameCounts(t *testing.T, s *memstore.Store, list journal, q phoneauth.JournalCountQuery) {
	t.Helper()
	counts, err := s.CountEntries(context.Background(), q)
	require.NoError(t, err)
	got := map[phoneauth.JournalCount]int{}
	for _, c := range counts {
		n := c.Count
		c.Count = 0
		got[c] += n
	}
	require.Equal(t, list.counted(q), got)
	require.Len(t, counts, len(got), "each kind comes once an hour")
}

func TestJournalHasAShare(t *testing.T) {
	t.Parallel()
	const most = 400
	ctx, s := context.Background(), memstore.New(memstore.MaxRecords(most))
	n := 0
	for ; s.AppendEntries(ctx, []phoneauth.JournalEntry{journalEntry(n)}) == nil; n++ {
	}
	require.Equal(t, most/4, n)
	_, bytes := s.Used()
	again, one := journalEntry(0), journalEntry(n)
	again.Count = 3
	require.ErrorIs(t, s.AppendEntries(ctx, []phoneauth.JournalEntry{again, one}), memstore.ErrFull)
	_, after := s.Used()
	assert.Equal(t, bytes, after)
	q := phoneauth.JournalQuery{Print: again.Print, Limit: 1, Now: start}
	got, err := s.Entries(ctx, q)
	require.NoError(t, err)
	assert.Zero(t, got[0].Count, "of a batch that is refused nothing is counted")
	require.NoError(t, s.AppendEntries(ctx, []phoneauth.JournalEntry{again}), "what is there counts on")
	got, err = s.Entries(ctx, q)
	require.NoError(t, err)
	assert.Equal(t, 3, got[0].Count)

	for i := range most - most/4 {
		require.NoError(t, begin(s, challenge(i), start), "the rest is for others")
	}
	require.ErrorIs(t, begin(s, challenge(most), start), memstore.ErrFull)

	one.Time = start.Add(91 * 24 * time.Hour)
	require.NoError(t, s.AppendEntries(ctx, []phoneauth.JournalEntry{one}), "what has expired makes room at once")
}

func TestJournalHasAShareOfBytes(t *testing.T) {
	t.Parallel()
	const most = 1 << 20
	ctx, s := context.Background(), memstore.New(memstore.MaxBytes(most))
	for i := 0; ; i++ {
		e := journalEntry(i)
		e.Data = make([]byte, 1024)
		if err := s.AppendEntries(ctx, []phoneauth.JournalEntry{e}); err != nil {
			require.ErrorIs(t, err, memstore.ErrFull)
			break
		}
	}
	_, bytes := s.Used()
	assert.LessOrEqual(t, bytes, most/4)
	assert.Greater(t, bytes, most/5)
}

// Batches of any size, with entries of any size, some of them twice, never pass the share.
func TestJournalKeepsToItsShare(t *testing.T) {
	t.Parallel()
	const most = 4 << 20
	for seed := range uint64(20) {
		d := dice{rand.New(rand.NewPCG(seed, 8))}
		ctx, s := context.Background(), memstore.New(memstore.MaxBytes(most))
		stored := map[string]phoneauth.JournalEntry{}
		for full := 0; full < 3; {
			batch := make([]phoneauth.JournalEntry, 1+d.IntN(100))
			for i := range batch {
				batch[i] = journalEntry(d.IntN(20_000))
				batch[i].Data = make([]byte, d.IntN(1+d.IntN(20_000)))
			}
			if err := s.AppendEntries(ctx, batch); err != nil {
				require.ErrorIs(t, err, memstore.ErrFull)
				full++
			} else {
				for _, e := range batch {
					if _, ok := stored[e.ID]; !ok {
						stored[e.ID] = e
					}
				}
			}
			records, bytes := s.Used()
			require.LessOrEqual(t, bytes, most/4)
			require.Equal(t, len(stored), records)
		}
		for _, want := range stored {
			got, err := s.Entries(ctx, phoneauth.JournalQuery{Print: want.Print, Limit: 10, Now: start})
			require.NoError(t, err)
			at := slices.IndexFunc(got, func(e phoneauth.JournalEntry) bool { return e.ID == want.ID })
			require.GreaterOrEqual(t, at, 0)
			sameEntry(t, want, got[at])
		}
		_, err := s.Purge(ctx, start.AddDate(1, 0, 0))
		require.NoError(t, err)
		_, bytes := s.Used()
		require.Zero(t, bytes)
	}
}

func TestEntriesAreNotShared(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), memstore.New()
	given := []phoneauth.JournalEntry{journalEntry(1)}
	require.NoError(t, s.AppendEntries(ctx, given))
	clear(given[0].Data)
	q := phoneauth.JournalQuery{MessageID: given[0].MessageID, Limit: 5, Now: start}
	got, err := s.Entries(ctx, q)
	require.NoError(t, err)
	require.Equal(t, []phoneauth.JournalEntry{journalEntry(1)}, got)
	clear(got[0].Data)
	got, err = s.Entries(ctx, q)
	require.NoError(t, err)
	assert.Equal(t, journalEntry(1), got[0])
}
