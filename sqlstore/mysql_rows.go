package sqlstore

import (
	"context"
	"strings"

	"github.com/phoneauth/phoneauth"
)

// How a step writes its rows in MySQL: with one statement a table.
//
// Rows that exist are locked when they are read. A row that does not exist cannot be locked. So
// one that the step has found absent is written empty, unless the step writes something else.
// Whoever inserts it at once waits for the transaction, or is waited for, and meets a row that
// was absent. What the step removes is written empty, too. An empty row counts as absent, can be
// locked, and goes with the next Purge. A row that the step has read and does not change is
// written unchanged, but for its revision.
//
// So each row on which a step rests is a row that it writes. On one server the locks would be
// enough. In Galera they are known to their node only, and two nodes agree on the rows that
// were written: of two steps of which one writes what the other rests on, one fails to commit
// and is done again.

// upsert is one INSERT … ON DUPLICATE KEY UPDATE of many rows. The server counts a new row
// once and an old one twice, because its revision changes in any case. So the count says whether
// a row exists that the step has found absent.
type upsert struct {
	*query
	rows int
	want int64 // the count, or -1 where either is right
}

const (
	countsNew = 1
	countsOld = 2
)

func (s *Store) upsert(table, columns string) *upsert {
	return &upsert{query: s.query("INSERT INTO " + table + " (" + columns + ") VALUES ")}
}

func (u *upsert) row(counts int64, values []any) {
	if u.rows > 0 {
		u.add(", ")
	}
	u.add("("+strings.Repeat("?, ", len(values)-1)+"?)", values...)
	u.rows++
	u.want += counts
}

// write stores the rows with all columns, of which key is one.
func (u *upsert) write(ctx context.Context, on querier, columns string) error {
	if u.rows == 0 {
		return nil
	}
	u.add(" ON DUPLICATE KEY UPDATE revision = revision + 1")
	for column := range strings.SplitSeq(columns, ", ") {
		if column != "key" {
			u.add(", " + column + " = VALUES(" + column + ")")
		}
	}
	n, err := u.exec(ctx, on)
	if err == nil && u.want >= 0 && n != u.want {
		err = errRaced
	}
	return err
}

func (q *query) addKeys(keys []string) *query {
	for i, key := range keys {
		if i > 0 {
			q.add(", ")
		}
		q.add("?", []byte(key))
	}
	return q
}

// upsert writes the changes of the step, or checks that what it has found absent is absent
// still, if it changes nothing.
func (r *rows) upsert() error {
	if !r.writes() {
		return r.checkAbsent()
	}
	u := r.s.upsert(r.s.table.challenges, challengeColumns)
	for _, sl := range r.slots {
		counts := int64(countsNew)
		if sl.known || sl.empty {
			counts = countsOld
		}
		switch {
		case sl.set != nil:
			u.row(counts, challengeValues(sl.set))
		case sl.known && sl.remove, sl.asked && !sl.known:
			u.row(counts, challengeValues(&phoneauth.Challenge{Key: sl.key}))
		case sl.asked:
			u.row(counts, challengeValues(&sl.was))
		}
	}
	if err := u.write(r.ctx, r.on, challengeColumns); err != nil {
		return err
	}
	u = r.s.upsert(r.s.table.counters, counterColumns)
	for _, c := range r.counters {
		counts := int64(countsNew)
		if c.known || c.empty {
			counts = countsOld
		}
		switch write := c.write && !c.remove; {
		case c.known && c.remove:
			c.forget()
			u.row(counts, c.values())
		case write || c.asked && !c.peek:
			u.row(counts, c.values())
		}
	}
	return u.write(r.ctx, r.on, counterColumns)
}

// writes reports whether the step has changed anything.
func (r *rows) writes() bool {
	for _, sl := range r.slots {
		if sl.set != nil || sl.known && sl.remove {
			return true
		}
	}
	for _, c := range r.counters {
		if c.write && !c.remove || c.known && c.remove {
			return true
		}
	}
	return false
}

// checkAbsent returns errRaced if a row exists that the step has found absent.
func (r *rows) checkAbsent() error {
	if r.ofOneMoment() {
		return nil
	}
	q := r.s.query("SELECT count(*) FROM (SELECT 1 FROM DUAL WHERE FALSE")
	asked := len(q.args)
	for _, sl := range r.slots {
		if sl.asked && !sl.known && !sl.empty {
			q.add(" UNION ALL SELECT 1 FROM "+r.s.table.challenges+" WHERE key = ?", []byte(sl.key))
		}
	}
	for _, c := range r.counters {
		if c.asked && !c.known && !c.empty && !c.peek {
			q.add(" UNION ALL SELECT 1 FROM "+r.s.table.counters+" WHERE key = ?", []byte(c.key))
		}
	}
	if len(q.args) == asked {
		return nil
	}
	var found int
	if err := q.add(") found").row(r.ctx, r.on, &found); err != nil {
		return err
	}
	if found > 0 {
		return errRaced
	}
	return nil
}

// cancelAll writes the row of each challenge empty, whether there is one or not, in one statement.
func (s *Store) cancelAll(ctx context.Context, q querier, keys []string) error {
	u := s.upsert(s.table.challenges, challengeColumns)
	for _, key := range keys {
		u.row(0, challengeValues(&phoneauth.Challenge{Key: key}))
	}
	u.want = -1
	return u.write(ctx, q, challengeColumns)
}

// purgeLocked removes one batch of a table: it locks rows that nobody holds, and deletes them. It
// returns how many of them were not empty, and whether there may be more.
func (s *Store) purgeLocked(ctx context.Context, on querier, t *expiring, at int64) (removed int64, more bool, err error) {
	empty := "FALSE"
	var args []any
	switch t.name {
	case s.table.challenges:
		empty, args = "expires_at = ? AND length(id) = 0", []any{never}
	case s.table.counters:
		empty, args = "at_us = ? AND until_us = ?", []any{phoneauth.NoTAT, phoneauth.NoTAT}
	}
	q := s.query("SELECT "+t.key+", "+empty+" FROM "+t.name, args...)
	q.add(" FORCE INDEX ("+t.name+"_due) WHERE due <= ?", due(at, t.grain))
	for _, end := range t.ends {
		q.add(" AND "+end+" <= ?", at)
	}
	var gone []string
	err = q.add(" ORDER BY due LIMIT ?"+s.skipLocked, purgeBatch).rows(ctx, on, func(scan func(into ...any) error) error {
		var key []byte
		var empty bool
		err := scan(&key, &empty)
		gone = append(gone, string(key))
		if !empty {
			removed++
		}
		return err
	})
	if err != nil || len(gone) == 0 {
		return 0, false, err
	}
	// The index keeps a small table from being read, and so locked, from end to end.
	del := s.query("DELETE d FROM " + t.name + " d FORCE INDEX (PRIMARY) WHERE d." + t.key + " IN (")
	_, err = del.addKeys(gone).add(")").exec(ctx, on)
	return removed, len(gone) == purgeBatch, err
}
