package sqlstore

import (
	"cmp"
	"context"
	"slices"

	"github.com/phoneauth/phoneauth"
)

// rows are the rows of one step in one transaction: those loaded before the step runs, and the
// changes that the step makes. It implements [phoneauth.Rows].
//
// Rows that exist are locked when they are loaded. A key without a row has a lock that save takes
// (see lockAbsent), and then save checks that it is still absent. A step has these phases, each in the
// same order of rows, so steps do not deadlock: locking waits for transactions that hold a row;
// locking what is absent waits for those that insert it or rest on it; writing waits for none that
// is in an earlier phase.
type rows struct {
	s        *Store
	ctx      context.Context
	on       querier
	now      int64
	slots    []*slot
	counters []*counter
	// candidates are those of whose matches counters are named. Only MySQL has them.
	candidates []*phoneauth.Candidate
	err        error // the first fault that a method of Rows met
}

var _ phoneauth.Rows = (*rows)(nil)

func (s *Store) rows(ctx context.Context, on querier, now int64) *rows {
	return &rows{s: s, ctx: ctx, on: on, now: now}
}

// save writes the changes of the step. It returns errRaced when a row exists now that was absent
// when the step read it.
func (r *rows) save() error {
	if r.err != nil {
		return r.err
	}
	if !r.s.returning {
		return r.upsert()
	}
	check := !r.ofOneMoment()
	if err := r.lockAbsent(check); err != nil {
		return err
	}
	b := r.s.batch()
	for _, sl := range r.slots {
		sl.save(r.s.table.challenges, b, check)
	}
	saveCounters(r.counters, r.s.table.counters, b, check)
	return b.run(r.ctx, r.on)
}

// ofOneMoment reports whether what the step has read was all so at one moment: it is one row, or
// nobody else writes. A row that was absent then need not be looked for again.
func (r *rows) ofOneMoment() bool { return r.s.alone || len(r.slots)+len(r.counters) < 2 }

// addAbsent adds to b that no row of table has this key.
func (b *batch) addAbsent(table, key string) {
	b.add(0, "SELECT 1 FROM "+table+" WHERE key = ?", []byte(key))
}

func (r *rows) slot(key string) *slot {
	i := slices.IndexFunc(r.slots, func(sl *slot) bool { return sl.key == key })
	if i < 0 {
		return nil
	}
	return r.slots[i]
}

// Challenge implements [phoneauth.Rows].
func (r *rows) Challenge(key string) (phoneauth.Challenge, bool) {
	sl := r.slot(key)
	sl.asked = true
	return sl.was, sl.known
}

// SetChallenge implements [phoneauth.Rows]. What it replaces was named, and so is locked.
func (r *rows) SetChallenge(c phoneauth.Challenge) {
	sl := r.slot(c.Key)
	sl.asked, sl.set = true, &c
}

// DeleteChallenge implements [phoneauth.Rows].
func (r *rows) DeleteChallenge(key string) { r.slot(key).remove = true }

// TAT implements [phoneauth.Rows].
func (r *rows) TAT(key string) int64 {
	c := r.counter(ofLimit, key)
	c.asked = true
	return c.at
}

// SetTAT implements [phoneauth.Rows]. An instant that has passed does not replace an earlier
// one.
func (r *rows) SetTAT(key string, tat int64) {
	c := r.counter(ofLimit, key)
	c.write = tat > r.now || tat < c.at
	c.at, c.until = tat, tat
}

// LockoutState implements [phoneauth.Rows].
func (r *rows) LockoutState(key string) phoneauth.LockoutState {
	c := r.counter(ofLockout, key)
	c.asked = true
	if !c.known {
		return phoneauth.LockoutState{}
	}
	// Former versions wrote the smallest number for a lock that never was.
	return phoneauth.LockoutState{Failures: int(c.amount), LockedUntil: max(c.until, 0), ForgetAt: c.at}
}

// SetLockoutState implements [phoneauth.Rows].
func (r *rows) SetLockoutState(key string, s phoneauth.LockoutState) {
	c := r.counter(ofLockout, key)
	c.amount, c.until, c.at = float64(s.Failures), s.LockedUntil, s.ForgetAt
	c.write, c.remove = true, s == phoneauth.LockoutState{}
}

// ScoreState implements [phoneauth.Rows]. It locks a row that was read without a lock when
// a change of its score would be written.
func (r *rows) ScoreState(key string) phoneauth.ScoreState {
	c := r.counter(ofScore, key)
	c.asked = true
	if c.sampled != nil && c.score().Faded(c.sampled, r.now) >= c.sampled.SampleBelow {
		if err := r.lock(c); err != nil {
			r.err = cmp.Or(r.err, err)
			return phoneauth.ScoreState{}
		}
	}
	return c.score()
}

// SetScoreState implements [phoneauth.Rows].
func (r *rows) SetScoreState(key string, s phoneauth.ScoreState) {
	c := r.counter(ofScore, key)
	c.amount, c.at, c.until = s.Value, s.ChangedAt, s.ForgetAt
	c.asked, c.write, c.remove = true, true, s == phoneauth.ScoreState{}
}
