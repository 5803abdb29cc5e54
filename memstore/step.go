package memstore

import (
	"sync"

	"github.com/phoneauth/phoneauth"
)

// step is one verb: a [phoneauth.Rows] that reads the tables and collects the changes. So the caps
// can be checked before anything is written.
type step struct {
	s          *Store
	now        int64
	challenges rows[challenge]
	limits     rows[limit]
	lockouts   rows[lockout]
	scores     rows[score]
	packed     []challenge // made before the mutex is held
}

var _ phoneauth.Rows = (*step)(nil)

// steps are reused, because each would cost several allocations.
var steps = sync.Pool{New: func() any { return new(step) }}

// step begins a verb at now. Its rows may then be named, and it ends with done.
func (s *Store) step(now int64) *step {
	st := steps.Get().(*step)
	st.s, st.now = s, now
	return st
}

func (st *step) done() {
	st.s = nil
	st.challenges, st.limits = emptied(st.challenges), emptied(st.limits)
	st.lockouts, st.scores = emptied(st.lockouts), emptied(st.scores)
	st.packed = emptied(st.packed)
	steps.Put(st)
}

// emptied keeps the memory of a list, unless it is large, and nothing in it.
func emptied[L ~[]E, E any](list L) L {
	switch {
	case len(list) == 0:
		return list
	case cap(list) > 64:
		return nil
	}
	clear(list)
	return list[:0]
}

func (st *step) takes(lists ...[]phoneauth.Take) {
	for _, takes := range lists {
		for i := range takes {
			st.limits.name(st.s, takes[i].Key)
		}
	}
}

func (st *step) charges(charges []phoneauth.Charge) {
	for i := range charges {
		st.scores.name(st.s, charges[i].Key)
	}
}

func (st *step) lockout(l *phoneauth.Lockout) {
	if l.Key != "" {
		st.lockouts.name(st.s, l.Key)
	}
}

// pack makes ready what may be stored.
func (st *step) pack(c *phoneauth.Challenge) {
	st.challenges.name(st.s, c.Key)
	st.packed = append(st.packed, pack(c))
}

// adds returns what the step will add to the store.
func (st *step) adds() usage {
	return st.challenges.adds(&st.s.challenges).
		plus(st.limits.adds(&st.s.limits)).
		plus(st.lockouts.adds(&st.s.lockouts)).
		plus(st.scores.adds(&st.s.scores))
}

// write does what the step has planned.
func (st *step) write() {
	st.challenges.write(&st.s.challenges)
	st.limits.write(&st.s.limits)
	st.lockouts.write(&st.s.lockouts)
	st.scores.write(&st.s.scores)
}

// commit writes the step, if the store has room for it up to limit.
func (st *step) commit(limit usage) error {
	if !st.s.fits(st.adds(), limit) {
		return ErrFull
	}
	st.write()
	return nil
}

// Challenge implements [phoneauth.Rows].
func (st *step) Challenge(name string) (phoneauth.Challenge, bool) {
	row := st.challenges.get(st.s, &st.s.challenges, name)
	if row.gone {
		return phoneauth.Challenge{}, false
	}
	return row.value.view(name), true
}

// SetChallenge implements [phoneauth.Rows].
func (st *step) SetChallenge(c phoneauth.Challenge) {
	row := st.challenges.get(st.s, &st.s.challenges, c.Key)
	row.set(st.repack(row, &c))
}

// repack packs c for a row, if it can with the body that is there or one packed already.
func (st *step) repack(at *row[challenge], c *phoneauth.Challenge) challenge {
	if at.at != nil && at.at.value.holds(c) {
		return at.at.value.with(c)
	}
	for i := range st.packed {
		if st.packed[i].holds(c) {
			return st.packed[i].with(c)
		}
	}
	return pack(c)
}

// DeleteChallenge implements [phoneauth.Rows].
func (st *step) DeleteChallenge(name string) {
	st.challenges.get(st.s, &st.s.challenges, name).delete()
}

// TAT implements [phoneauth.Rows].
func (st *step) TAT(name string) int64 {
	if row := st.limits.get(st.s, &st.s.limits, name); !row.gone {
		return int64(row.value)
	}
	return phoneauth.NoTAT
}

// SetTAT implements [phoneauth.Rows].
func (st *step) SetTAT(name string, tat int64) {
	st.limits.get(st.s, &st.s.limits, name).set(limit(tat))
}

// LockoutState implements [phoneauth.Rows].
func (st *step) LockoutState(name string) phoneauth.LockoutState {
	return phoneauth.LockoutState(st.lockouts.get(st.s, &st.s.lockouts, name).value)
}

// SetLockoutState implements [phoneauth.Rows].
func (st *step) SetLockoutState(name string, l phoneauth.LockoutState) {
	row := st.lockouts.get(st.s, &st.s.lockouts, name)
	if l == (phoneauth.LockoutState{}) {
		row.delete()
		return
	}
	row.set(lockout(l))
}

// ScoreState implements [phoneauth.Rows].
func (st *step) ScoreState(name string) phoneauth.ScoreState {
	return phoneauth.ScoreState(st.scores.get(st.s, &st.s.scores, name).value)
}

// SetScoreState implements [phoneauth.Rows].
func (st *step) SetScoreState(name string, sc phoneauth.ScoreState) {
	row := st.scores.get(st.s, &st.s.scores, name)
	if sc == (phoneauth.ScoreState{}) {
		row.delete()
		return
	}
	row.set(score(sc))
}
