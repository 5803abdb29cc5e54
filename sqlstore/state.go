package sqlstore

import (
	"context"
	"slices"

	"github.com/phoneauth/phoneauth"
)

// ReadState implements [phoneauth.ChallengeStore]. It is one statement, and so of one
// moment, and locks nothing.
func (s *Store) ReadState(ctx context.Context, p phoneauth.StateParams) (phoneauth.State, error) {
	r := s.rows(ctx, s.on, p.Now.UnixMicro())
	r.nameKeys(p.Keys())
	for _, key := range slices.Compact(slices.Sorted(slices.Values(p.Challenges))) {
		r.slots = append(r.slots, &slot{key: key})
	}
	if err := r.readAll(false); err != nil {
		return phoneauth.State{}, failed("read state", err)
	}
	state := p.Run(r)
	for i := range state.Challenges { // one key may be named twice
		state.Challenges[i] = plain(state.Challenges[i])
	}
	return state, nil
}

// readAll reads in one statement all that was named and is not loaded. A row of either table
// has the columns of both: those that it lacks are filled with something of their type, and
// nobody looks at them. With lock it locks each row as it reads it, in the order of names,
// except for counters that are peeked at. Only MySQL can lock here.
func (r *rows) readAll(lock bool) error {
	q := r.s.query("")
	next := func(columns, table, key string, lock bool) {
		if len(q.args) > 0 {
			q.add(" UNION ALL ")
		}
		begin, end := "", ""
		if lock {
			begin, end = "(", r.s.forUpdate+")"
		}
		q.add(begin+"SELECT "+columns+" FROM "+table+" WHERE key = ?"+end, []byte(key))
	}
	for _, sl := range r.slots {
		if !sl.loaded {
			next("key, id, digest, sealed, pending, tries_left, sends, expires_at, until_at, 1, 0, 0, 0",
				r.s.table.challenges, sl.key, lock)
			sl.loaded = true
		}
	}
	for _, c := range r.counters {
		if !c.loaded {
			next("key, key, key, key, key, 0, 0, 0, 0, 0, at_us, until_us, amount",
				r.s.table.counters, c.key, lock && !c.peek)
			c.loaded = true
		}
	}
	if len(q.args) == 0 {
		return nil
	}
	return q.rows(r.ctx, r.on, func(scan func(into ...any) error) error {
		var isChallenge bool
		var at, until int64
		var amount float64
		row, err := scanChallenge(scan, &isChallenge, &at, &until, &amount)
		switch {
		case err != nil:
			return err
		case isChallenge:
			sl := r.slot(row.Key)
			sl.empty = !r.s.returning && row.ID == "" && row.ExpiresAt.IsZero()
			sl.was, sl.known = row, !sl.empty
		default:
			c := r.find(row.Key)
			c.empty = !r.s.returning && at == phoneauth.NoTAT && until == phoneauth.NoTAT
			c.known, c.at, c.until, c.amount = !c.empty, at, until, amount
		}
		return nil
	})
}
