package sqlstore

import (
	"context"
	"strings"
)

// How a step writes its rows in MySQL.
//
// Rows that exist are locked when they are read. A row that does not exist cannot be locked,
// so one that the step has found absent and does not write is inserted, and deleted again by
// the next statement. Whoever inserts it at once waits for the transaction, or is waited for,
// and meets a row that was absent. A row that the step has read and does not write is written
// unchanged, but for its revision.
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

// deleteKeys deletes the rows with these keys. The index keeps a small table from being read,
// and so locked, from end to end.
func (s *Store) deleteKeys(ctx context.Context, on querier, table string, keys []string) error {
	if len(keys) == 0 {
		return nil
	}
	q := s.query("DELETE d FROM " + table + " d FORCE INDEX (PRIMARY) WHERE d.key IN (")
	_, err := q.addKeys(keys).add(")").exec(ctx, on)
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
	slots, any := r.s.upsert(r.s.table.challenges, challengeColumns), r.s.upsert(r.s.table.challenges, challengeColumns)
	var gone []string
	for _, sl := range r.slots {
		switch {
		case sl.set != nil && sl.known:
			slots.row(countsOld, challengeValues(sl.set))
		case sl.set != nil && sl.asked:
			slots.row(countsNew, challengeValues(sl.set))
		case sl.set != nil:
			any.row(0, challengeValues(sl.set))
		case sl.known && sl.remove:
			gone = append(gone, sl.key)
		case sl.known && sl.asked:
			slots.row(countsOld, challengeValues(&sl.was))
		case sl.asked:
			sl.was.Key = sl.key
			slots.row(countsNew, challengeValues(&sl.was))
			gone = append(gone, sl.key)
		}
	}
	any.want = -1
	for _, u := range []*upsert{slots, any} {
		if err := u.write(r.ctx, r.on, challengeColumns); err != nil {
			return err
		}
	}
	if err := r.upsertCounters(); err != nil {
		return err
	}
	return r.s.deleteKeys(r.ctx, r.on, r.s.table.challenges, gone)
}

func (r *rows) upsertCounters() error {
	u := r.s.upsert(r.s.table.counters, counterColumns)
	var gone []string
	for _, c := range r.counters {
		switch write := c.write && !c.remove; {
		case c.known && c.remove:
			gone = append(gone, c.key)
		case c.known && (write || c.asked && !c.peek):
			u.row(countsOld, c.values())
		case write:
			u.row(countsNew, c.values())
		case c.asked && !c.known && !c.peek:
			u.row(countsNew, c.values())
			gone = append(gone, c.key)
		}
	}
	if err := u.write(r.ctx, r.on, counterColumns); err != nil {
		return err
	}
	return r.s.deleteKeys(r.ctx, r.on, r.s.table.counters, gone)
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

// checkAbsent returns errRaced if a row exists that the step has found absent. A step that has
// read one row has read it at one moment: nothing is left to check.
func (r *rows) checkAbsent() error {
	if len(r.slots)+len(r.counters) < 2 {
		return nil
	}
	q := r.s.query("SELECT count(*) FROM (SELECT 1 FROM DUAL WHERE FALSE")
	asked := len(q.args)
	for _, sl := range r.slots {
		if sl.asked && !sl.known {
			q.add(" UNION ALL SELECT 1 FROM "+r.s.table.challenges+" WHERE key = ?", []byte(sl.key))
		}
	}
	for _, c := range r.counters {
		if c.asked && !c.known && !c.peek {
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

// cancelAll deletes the challenges with these keys, as one step: it writes the row of each first,
// whether there is one or not.
func (s *Store) cancelAll(ctx context.Context, q querier, keys []string) error {
	u := s.upsert(s.table.challenges, challengeColumns)
	for _, key := range keys {
		sl := slot{key: key}
		sl.was.Key = key
		u.row(0, challengeValues(&sl.was))
	}
	u.want = -1
	if err := u.write(ctx, q, challengeColumns); err != nil {
		return err
	}
	return s.deleteKeys(ctx, q, s.table.challenges, keys)
}

// purgeLocked removes one batch of a table: it locks rows that nobody holds, and deletes them.
func (s *Store) purgeLocked(ctx context.Context, on querier, t *expiring, at int64) (int64, error) {
	q := s.query("SELECT "+t.key+" FROM "+t.name+" FORCE INDEX ("+t.name+"_due) WHERE due <= ?", due(at, t.grain))
	for _, end := range t.ends {
		q.add(" AND "+end+" <= ?", at)
	}
	var gone []string
	err := q.add(" ORDER BY due LIMIT ?"+s.skipLocked, purgeBatch).rows(ctx, on, func(scan func(into ...any) error) error {
		var key []byte
		err := scan(&key)
		gone = append(gone, string(key))
		return err
	})
	if err != nil || len(gone) == 0 {
		return 0, err
	}
	del := s.query("DELETE d FROM " + t.name + " d FORCE INDEX (PRIMARY) WHERE d." + t.key + " IN (")
	return del.addKeys(gone).add(")").exec(ctx, on)
}
