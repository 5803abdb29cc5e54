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
	if err := r.readAll(); err != nil {
		return phoneauth.State{}, failed("read state", err)
	}
	state := p.Run(r)
	for i := range state.Challenges { // one key may be named twice
		state.Challenges[i] = plain(state.Challenges[i])
	}
	return state, nil
}

// A row of either table has the columns of both: those that it lacks are filled with
// something of their type, and nobody looks at them. Then comes which it is: selectPeeked is of
// counters that are read beside those which are locked.
const (
	selectSlot    = "SELECT key, id, digest, sealed, pending, tries_left, sends, expires_at, until_at, 0, 0, 0, 1 FROM "
	selectCounter = "SELECT c.key, c.key, c.key, c.key, c.key, 0, 0, 0, 0, at_us, until_us, amount, 2 FROM "
	selectPeeked  = "SELECT c.key, c.key, c.key, c.key, c.key, 0, 0, 0, 0, at_us, until_us, amount, 3 FROM "
)

// union is one statement that reads many rows of both tables.
type union struct{ *query }

func (u *union) next(text string, args ...any) *query {
	if len(u.text) > 0 {
		u.add(" UNION ALL ")
	}
	return u.add(text, args...)
}

// readAll reads in one statement all that was named, and locks nothing.
func (r *rows) readAll() error {
	u := &union{r.s.query("")}
	for _, sl := range r.slots {
		u.next(selectSlot+r.s.table.challenges+" WHERE key = ?", []byte(sl.key))
	}
	for _, c := range r.counters {
		u.next(selectCounter+r.s.table.counters+" c WHERE c.key = ?", []byte(c.key))
	}
	return r.readUnion(u)
}

func (r *rows) readUnion(u *union) error {
	if len(u.text) == 0 {
		return nil
	}
	return u.rows(r.ctx, r.on, func(scan func(into ...any) error) error {
		var at, until int64
		var amount float64
		var kind int
		row, err := scanChallenge(scan, &at, &until, &amount, &kind)
		if err != nil {
			return err
		}
		if kind == 1 {
			sl := r.slot(row.Key)
			sl.empty = !r.s.returning && row.ID == "" && row.ExpiresAt.IsZero()
			sl.was, sl.known = row, !sl.empty
			return nil
		}
		c := r.find(row.Key)
		c.hold(at, until, amount)
		c.locked = kind == 2
		return nil
	})
}
