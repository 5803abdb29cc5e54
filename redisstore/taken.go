package redisstore

import (
	"context"
	"slices"
	"time"

	"github.com/phoneauth/phoneauth"
)

// taken is what a call that spans slots has done so far, to be undone if a later slot
// refuses.
type taken struct {
	store *Store
	now   time.Time
	// undos are in the order of what they undo, and of these slots.
	undos []*call
	slots []int
	// tats are those of the keys that were taken, as they are now.
	tats map[string]int64
}

// takeRuns does all of runs or, after a refusal, none of what was done before either.
func (t *taken) takeRuns(ctx context.Context, runs []uses) error {
	for i := range runs {
		if err := t.take(ctx, &runs[i], i < len(runs)-1); err != nil {
			return t.refused(ctx, err)
		}
	}
	return nil
}

// refused is err, and undoes what was taken if err is an answer.
func (t *taken) refused(ctx context.Context, err error) error {
	if err != nil && phoneauth.IsAnswer(err) {
		t.undo(ctx)
	}
	return err
}

// take does u. With undo, that can be undone.
func (t *taken) take(ctx context.Context, u *uses, undo bool) error {
	c := newRequest(takeScript, t.now)
	c.bit(undo)
	c.bit(false) // no lockout
	t.store.putUses(c, u)
	r, err := t.store.do(ctx, c)
	if err != nil {
		return err
	}
	switch r.status() {
	case statusOK:
		return t.add(u, r, undo)
	case statusRefused:
		return r.refusal(u.names(""))
	}
	return errAnswer
}

// add notes what r says of u, which is done: the tats and, with undo, the changes from
// which an undo is made.
func (t *taken) add(u *uses, r reply, undo bool) error {
	tats := r.texts(1)
	if len(tats) != len(u.takes) {
		return errAnswer
	}
	if t.tats == nil {
		t.tats = make(map[string]int64, len(tats))
	}
	for i := range u.takes {
		t.tats[u.takes[i].Key] = instant(tats[i])
	}
	if !undo {
		return nil
	}
	changes := r.list(2)
	if len(changes) != len(u.takes)+len(u.charges) {
		return errAnswer
	}
	c := newRequest(undoScript, t.now)
	t.store.putUndoneTakes(c, u.takes, changes)
	t.store.putUndoneCharges(c, u.charges, changes[len(u.takes):])
	if len(c.keys) > 0 {
		t.undos, t.slots = append(t.undos, c), append(t.slots, u.slot)
	}
	return nil
}

// resendAt is phoneauth.ResendAt of takes that were taken.
func (t *taken) resendAt(takes []phoneauth.Take) time.Time {
	tats := make([]int64, len(takes))
	for i := range takes {
		tats[i] = t.tats[takes[i].Key]
	}
	return time.UnixMicro(phoneauth.ResendAt(takes, tats, t.now.UnixMicro())).UTC()
}

// putUndoneTakes writes each key once, with what all takes of it come to.
func (s *Store) putUndoneTakes(c *call, takes []phoneauth.Take, changes reply) {
	var undone []int
	spans := map[string]int64{}
	for i := range takes {
		if _, seen := spans[takes[i].Key]; !seen {
			undone = append(undone, i)
		}
		spans[takes[i].Key] += span(&takes[i])
	}
	c.count(len(undone))
	for _, i := range undone {
		change := changes.list(i)
		c.key(s.key(limitKind, takes[i].Key))
		c.piece(change.text(0))
		c.piece(change.text(1))
		c.number(spans[takes[i].Key])
	}
}

// putUndoneCharges writes each key that was changed once: its changes tell the sum.
func (s *Store) putUndoneCharges(c *call, charges []phoneauth.Charge, changes reply) {
	var undone []int
	for i := range charges {
		if len(changes.list(i)) > 0 && !slices.ContainsFunc(undone, func(j int) bool { return charges[j].Key == charges[i].Key }) {
			undone = append(undone, i)
		}
	}
	c.count(len(undone))
	for _, i := range undone {
		change := changes.list(i)
		c.key(s.key(scoreKind, charges[i].Key))
		c.piece(change.text(0))
		c.piece(change.text(1))
		c.piece(change.text(2))
		c.fading(&charges[i].Score)
	}
}

// undoDeadline bounds what is done after a refusal, whatever became of the caller.
const undoDeadline = time.Second

// undo gives back what was taken, after a refusal only: where an outcome is unknown,
// all stays taken. A slot that does not answer keeps what it has: stricter, not looser.
func (t *taken) undo(ctx context.Context) {
	if len(t.undos) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoDeadline)
	defer cancel()
	slices.Reverse(t.undos)
	slices.Sort(t.slots)
	if len(slices.Compact(t.slots)) == len(t.undos) {
		_, _ = t.store.each(ctx, t.undos)
		return
	}
	// A slot was asked twice: what was done there last is undone first.
	for _, c := range t.undos {
		_, _ = t.store.do(ctx, c)
	}
}
