package sqlstore

import (
	"cmp"
	"context"
	"slices"
)

// A row that is not there cannot be locked, so an advisory lock stands for it: see
// 00011_challenges_functions.sql. The functions take these locks in the database. This file is
// about the transactions, which take them in one statement before they write.

// absent is the lock of a row that is not there.
type absent struct {
	number int64
	alone  bool // for a step that inserts the row; else for one that rests on its absence
}

// lockOf returns the number of the lock of a row that is not there: its FNV-1a hash. Two rows
// with one number only wait for each other.
func lockOf(table, key string) int64 {
	h := uint64(14695981039346656037)
	for _, part := range [...]string{table, "\x00", key} {
		for i := range len(part) {
			h = (h ^ uint64(part[i])) * 1099511628211
		}
	}
	return int64(h)
}

// takeLocks takes the locks, in their order.
func takeLocks(ctx context.Context, s *Store, on querier, all []absent) error {
	if len(all) == 0 {
		return nil
	}
	q := s.query("SELECT ")
	for i, a := range all {
		if i > 0 {
			q.add(", ")
		}
		if a.alone {
			q.add("pg_advisory_xact_lock(?)", a.number)
		} else {
			q.add("pg_advisory_xact_lock_shared(?)", a.number)
		}
	}
	_, err := q.exec(ctx, on)
	return err
}

// lockAbsent locks the rows that the step inserts, and with check those on whose absence it rests.
// A step that writes nothing needs none of it.
func (r *rows) lockAbsent(check bool) error {
	if r.s.alone {
		return nil
	}
	var all []absent
	writes := false
	inOrder := slices.SortedFunc(slices.Values(r.slots), func(a, b *slot) int { return cmp.Compare(a.key, b.key) })
	for _, sl := range inOrder {
		inserts := sl.set != nil && !sl.known
		writes = writes || sl.set != nil || sl.remove
		if inserts || check && sl.asked && !sl.known {
			all = append(all, absent{lockOf(r.s.table.challenges, sl.key), inserts})
		}
	}
	for _, c := range r.counters {
		inserts := c.inserts()
		writes = writes || c.write || c.remove
		if inserts || c.rests(check) {
			all = append(all, absent{lockOf(r.s.table.counters, c.key), inserts})
		}
	}
	if !writes {
		return nil
	}
	return takeLocks(r.ctx, r.s, r.on, all)
}
