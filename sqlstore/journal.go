package sqlstore

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"

	"github.com/phoneauth/phoneauth"
)

// entryColumns are in the order of entryValues and scanEntry.
const entryColumns = "id, time_us, expires_at, print, user_id, message_id, type, region, purpose, channel, sender, count, data"

func scanEntry(scan func(into ...any) error) (e phoneauth.JournalEntry, err error) {
	var id, print, user, message, kind, region, purpose, channel, sender []byte
	var at, expires int64
	err = scan(&id, &at, &expires, &print, &user, &message, &kind, &region, &purpose, &channel, &sender, &e.Count, &e.Data)
	e.ID, e.Time, e.ExpiresAt = string(id), instant(at), instant(expires)
	e.Print, e.UserID, e.MessageID = string(print), string(user), string(message)
	e.Type, e.Region, e.Purpose = phoneauth.EventType(kind), string(region), string(purpose)
	e.Channel, e.Sender = string(channel), string(sender)
	return e, err
}

// entryTypes are those of entryValues.
var entryTypes = [...]string{"BYTEA", "BIGINT", "BIGINT", "BYTEA", "BYTEA", "BYTEA", "BYTEA", "BYTEA", "BYTEA", "BYTEA", "BYTEA",
	"BIGINT", "BYTEA", "BIGINT", "BIGINT"}

// entryValues returns those of entryColumns, hour and due.
func entryValues(e *phoneauth.JournalEntry) []any {
	at, expires := e.Time.UnixMicro(), e.ExpiresAt.UnixMicro()
	return []any{[]byte(e.ID), at, expires, []byte(e.Print), []byte(e.UserID), []byte(e.MessageID),
		[]byte(e.Type), []byte(e.Region), []byte(e.Purpose), []byte(e.Channel), []byte(e.Sender),
		int64(e.Count), e.Data, int64(due(at, hour)), int64(due(expires, day))}
}

// appendBatch is how many entries one statement stores.
const appendBatch = 500

// appendSizes are how many entries one statement stores where statements are kept prepared. Each
// size is a statement of its own.
var appendSizes = [...]int{32, 8, 1}

// AppendEntries implements [phoneauth.JournalStore]. Up to 500 entries are one statement. In
// SQLite they are several, in one transaction.
func (s *Store) AppendEntries(ctx context.Context, entries []phoneauth.JournalEntry) error {
	const step = "append entries"
	all := merged(entries)
	if len(all) == 0 {
		return nil
	}
	if s.alone {
		return failed(step, again(ctx, func() error {
			return s.group.writeFirst(ctx, func(q querier) error { return s.appendSized(ctx, q, all) })
		}))
	}
	add := func(q querier) error {
		for batch := range slices.Chunk(all, appendBatch) {
			if _, err := s.appending(batch).exec(ctx, q); err != nil {
				return err
			}
		}
		return nil
	}
	if len(all) <= appendBatch {
		return s.write(ctx, step, add)
	}
	return s.atomically(ctx, step, add)
}

// appendSized stores entries by statements that are kept prepared. Those without a count are
// apart, because a statement that may change a row is dearer: see [Store.appending].
func (s *Store) appendSized(ctx context.Context, q querier, entries []*phoneauth.JournalEntry) error {
	counted := func(e *phoneauth.JournalEntry) bool { return e.Count != 0 }
	plain := slices.DeleteFunc(slices.Clone(entries), counted)
	entries = slices.DeleteFunc(slices.Clone(entries), func(e *phoneauth.JournalEntry) bool { return !counted(e) })
	for _, list := range [...][]*phoneauth.JournalEntry{plain, entries} {
		for _, size := range appendSizes {
			for ; len(list) >= size; list = list[size:] {
				if _, err := s.appending(list[:size]).exec(ctx, q); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// appending returns the statement that stores entries. SQLite keeps a copy of each page that a
// statement changes, if it may fail halfway, and one that updates may. So where no entry has a
// count, it has none to add, and passes over those that are there.
func (s *Store) appending(entries []*phoneauth.JournalEntry) *query {
	verb, as, add := "INSERT INTO ", " AS j", " ON CONFLICT (id) DO UPDATE SET count = j.count + excluded.count"
	switch {
	case !s.returning:
		as, add = "", " ON DUPLICATE KEY UPDATE count = count + VALUES(count)"
	case s.alone && entries[0].Count == 0:
		verb, as, add = "INSERT OR FAIL INTO ", "", " ON CONFLICT (id) DO NOTHING"
	}
	q := s.query(verb + s.table.journal + as + " (" + entryColumns + ", hour, due) ")
	if s.arrays {
		q.addColumns(entries)
		return q.add(add)
	}
	q.add("VALUES ")
	for i, e := range entries {
		if i > 0 {
			q.add(",")
		}
		q.add("(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", entryValues(e)...)
	}
	return q.add(add)
}

// addColumns appends a SELECT of entries, each column of which is one argument. So the
// statement is the same for any number of entries, and prepared once.
func (q *query) addColumns(entries []*phoneauth.JournalEntry) {
	var blobs [len(entryTypes)][][]byte
	var numbers [len(entryTypes)][]int64
	for _, e := range entries {
		for c, value := range entryValues(e) {
			switch v := value.(type) {
			case []byte:
				if v == nil { // it would be NULL
					v = []byte{}
				}
				blobs[c] = append(blobs[c], v)
			case int64:
				numbers[c] = append(numbers[c], v)
			}
		}
	}
	for c, kind := range entryTypes {
		before := ", "
		if c == 0 {
			before = "SELECT * FROM unnest("
		}
		var column any = blobs[c]
		if kind == "BIGINT" {
			column = numbers[c]
		}
		q.add(before+"CAST(? AS "+kind+"[])", column)
	}
	q.add(")")
}

// merged returns entries with each ID once, in the order of IDs. A statement can change a row
// only once, and two callers who change the same rows then cannot deadlock.
func merged(entries []phoneauth.JournalEntry) []*phoneauth.JournalEntry {
	all := make([]*phoneauth.JournalEntry, len(entries))
	for i := range entries {
		all[i] = &entries[i]
	}
	slices.SortStableFunc(all, func(a, b *phoneauth.JournalEntry) int { return cmp.Compare(a.ID, b.ID) })
	n := 0
	for _, e := range all {
		if n > 0 && all[n-1].ID == e.ID {
			sum := *all[n-1] // the caller's is not changed
			sum.Count += e.Count
			all[n-1] = &sum
			continue
		}
		all[n] = e
		n++
	}
	return all[:n]
}

// Entries implements [phoneauth.JournalStore].
func (s *Store) Entries(ctx context.Context, q phoneauth.JournalQuery) ([]phoneauth.JournalEntry, error) {
	var all []phoneauth.JournalEntry
	err := s.entries(q).rows(ctx, s.on, func(scan func(into ...any) error) error {
		e, err := scanEntry(scan)
		all = append(all, e)
		return err
	})
	if err != nil {
		return nil, failed("entries", err)
	}
	return all, nil
}

// entries returns one search in an index, which holds no empty values.
func (s *Store) entries(q phoneauth.JournalQuery) *query {
	column, key := "message_id", q.MessageID
	switch {
	case q.Print != "":
		column, key = "print", q.Print
	case q.UserID != "":
		column, key = "user_id", q.UserID
	}
	before := int64(math.MaxInt64)
	if !q.Before.IsZero() {
		before = q.Before.UnixMicro()
	}
	return s.query("SELECT "+entryColumns+" FROM "+s.table.journal+
		" WHERE "+column+" = ? AND "+s.filled(column)+" AND time_us < ? AND expires_at > ? ORDER BY time_us DESC, id LIMIT ?",
		[]byte(key), before, q.Now.UnixMicro(), q.Limit)
}

// CountEntries implements [phoneauth.JournalStore].
func (s *Store) CountEntries(ctx context.Context, q phoneauth.JournalCountQuery) ([]phoneauth.JournalCount, error) {
	const kind = "hour, type, region, purpose, channel, sender"
	from, to := q.From.UnixMicro(), q.To.UnixMicro()
	var all []phoneauth.JournalCount
	err := s.query("SELECT "+kind+", CAST(sum(CASE WHEN count = 0 THEN 1 ELSE count END) AS "+s.integer+") FROM "+s.table.journal+
		" WHERE hour >= ? AND hour <= ? AND time_us >= ? AND time_us < ? GROUP BY "+kind,
		due(from, hour), due(to, hour), from, to).
		rows(ctx, s.on, func(scan func(into ...any) error) error {
			var c phoneauth.JournalCount
			var at int64
			var what, region, purpose, channel, sender []byte
			err := scan(&at, &what, &region, &purpose, &channel, &sender, &c.Count)
			c.Hour, c.Type, c.Region = instant(at*hour), phoneauth.EventType(what), string(region)
			c.Purpose, c.Channel, c.Sender = string(purpose), string(channel), string(sender)
			all = append(all, c)
			return err
		})
	if err != nil {
		return nil, failed("count entries", err)
	}
	return all, nil
}

// BlankEntries implements [phoneauth.JournalStore].
func (s *Store) BlankEntries(ctx context.Context, userID, print string, before time.Time) error {
	if userID == "" && print == "" {
		return nil
	}
	const set = " SET data = ?, message_id = ?, user_id = ?"
	none := []byte(nil)
	q := s.query("UPDATE " + s.table.journal)
	if s.returning {
		// They are locked in the order of IDs, as AppendEntries does it.
		q.add(set+" WHERE id"+s.in[0]+"SELECT id FROM "+s.table.journal+" WHERE id"+s.in[0], none, none, none)
		s.addMatches(q, userID, print, before)
		q.add(s.in[1] + " ORDER BY id" + s.forUpdate + s.in[1])
	} else { // MySQL can change a table that it searches only by a join
		q.add(" JOIN (")
		s.addMatches(q, userID, print, before)
		q.add(") k ON id = k.found"+set, none, none, none)
	}
	return s.write(ctx, "blank entries", func(on querier) error {
		_, err := q.exec(ctx, on)
		return err
	})
}

// addMatches appends a search for the entries of the user, and one for those of the print.
func (s *Store) addMatches(q *query, userID, print string, before time.Time) {
	if userID != "" {
		q.add("SELECT id AS found FROM "+s.table.journal+" WHERE user_id = ? AND "+s.filled("user_id"), []byte(userID))
	}
	if userID != "" && print != "" {
		q.add(" UNION ALL ")
	}
	if print != "" {
		q.add("SELECT id AS found FROM "+s.table.journal+" WHERE print = ? AND "+s.filled("print")+" AND time_us < ?", []byte(print), before.UnixMicro())
	}
}
