package redisstore

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/phoneauth/phoneauth"
)

// slot is where Redis Cluster keeps a key: the CRC-16 (XMODEM) of what stands in its
// first braces, or of all of it. One node is one slot.
func (s *Store) slot(key string) int {
	if !s.cluster {
		return 0
	}
	if _, after, ok := strings.Cut(key, "{"); ok {
		if tag, _, ok := strings.Cut(after, "}"); ok && tag != "" {
			key = tag
		}
	}
	var crc uint16
	for i := range len(key) {
		crc ^= uint16(key[i]) << 8
		for range 8 {
			if crc&0x8000 != 0 {
				crc = crc<<1 ^ 0x1021
			} else {
				crc <<= 1
			}
		}
	}
	return int(crc % 16384)
}

// group is a part of the takes and budgets of a call that one script can do.
type group struct {
	slot    int
	takes   []phoneauth.Take
	budgets []phoneauth.Budget
}

// runs splits takes and budgets where the slot changes, and keeps their order. All runs
// but one at a slot would be one more round trip; the Service's are in order.
func (s *Store) runs(takes []phoneauth.Take, budgets []phoneauth.Budget) []group {
	var all []group
	at := func(slot int) *group {
		if len(all) == 0 || all[len(all)-1].slot != slot {
			all = append(all, group{slot: slot})
		}
		return &all[len(all)-1]
	}
	for _, t := range takes {
		g := at(s.slot(s.key(limitKind, t.Key)))
		g.takes = append(g.takes, t)
	}
	for _, b := range budgets {
		g := at(s.slot(s.key(budgetKind, b.Key)))
		g.budgets = append(g.budgets, b)
	}
	return all
}

// bySlot is runs where order does not matter: one group a slot.
func (s *Store) bySlot(takes []phoneauth.Take, budgets []phoneauth.Budget) []group {
	var all []group
	for _, run := range s.runs(takes, budgets) {
		i := slices.IndexFunc(all, func(g group) bool { return g.slot == run.slot })
		if i < 0 {
			all = append(all, run)
			continue
		}
		all[i].takes = append(all[i].takes, run.takes...)
		all[i].budgets = append(all[i].budgets, run.budgets...)
	}
	return all
}

// split takes the group of this slot out of all.
func split(all []group, slot int) (here group, others []group) {
	here.slot = slot
	for _, g := range all {
		if g.slot == slot {
			here = g
		} else {
			others = append(others, g)
		}
	}
	return here, others
}

// lenient splits off takes of keys that are only given back to. Nothing refuses those,
// and what they give cannot be taken back, since a limit forgets what it does not need:
// they wait until nothing else can refuse.
func lenient(takes []phoneauth.Take) (firm, back []phoneauth.Take) {
	for _, t := range takes {
		if slices.ContainsFunc(takes, func(u phoneauth.Take) bool { return u.Key == t.Key && u.Cost >= 0 }) {
			firm = append(firm, t)
		} else {
			back = append(back, t)
		}
	}
	return firm, back
}

// taken is what a call that spans slots has done so far, to be undone if a later slot
// refuses.
type taken struct {
	store  *Store
	now    time.Time
	done   []*call
	resend int64
}

// take does the takes and charges of g. With undo, that can be undone.
func (t *taken) take(ctx context.Context, g group, undo bool) error {
	r, err := t.store.do(ctx, t.store.takeCall(g, t.now, undo))
	if err != nil {
		return err
	}
	switch r.status() {
	case statusOK:
		t.add(g, r)
		return nil
	case statusRefused:
		return r.refusal("", g.takes, g.budgets)
	}
	return errAnswer
}

// add notes that g is done, and from the changes that r tells how to undo it.
func (t *taken) add(g group, r reply) {
	t.resend = max(t.resend, r.int(1))
	changes := r.replies(2)
	if len(changes) != len(g.takes)+len(g.budgets) {
		return
	}
	undo := &call{script: undoScript}
	undo.time(t.now)
	t.store.putUndoneTakes(undo, g.takes, changes)
	t.store.putUndoneBudgets(undo, g.budgets, changes[len(g.takes):])
	if len(undo.keys) > 0 {
		t.done = append(t.done, undo)
	}
}

// putUndoneTakes writes each key once, with what all takes of it come to.
func (s *Store) putUndoneTakes(c *call, takes []phoneauth.Take, changes []reply) {
	var undone []int
	costs := map[string]int{}
	for i, take := range takes {
		if _, seen := costs[take.Key]; !seen {
			undone = append(undone, i)
		}
		costs[take.Key] += take.Cost
	}
	undone = slices.DeleteFunc(undone, func(i int) bool { return costs[takes[i].Key] == 0 })
	c.int(int64(len(undone)))
	for _, i := range undone {
		c.key(s.key(limitKind, takes[i].Key))
		c.text(changes[i].text(0))
		c.text(changes[i].text(1))
		c.float(float64(costs[takes[i].Key]) * float64(micros(takes[i].Every)))
	}
}

// putUndoneBudgets writes each key that was changed once: its changes tell the sum.
func (s *Store) putUndoneBudgets(c *call, budgets []phoneauth.Budget, changes []reply) {
	var undone []int
	for i, b := range budgets {
		if len(changes[i]) > 0 && !slices.ContainsFunc(undone, func(j int) bool { return budgets[j].Key == b.Key }) {
			undone = append(undone, i)
		}
	}
	c.int(int64(len(undone)))
	for _, i := range undone {
		c.key(s.key(budgetKind, budgets[i].Key))
		c.text(changes[i].text(0))
		c.text(changes[i].text(1))
		c.text(changes[i].text(2))
		c.fade(budgets[i])
	}
}

// undoDeadline bounds what is done after a refusal, whatever became of the caller.
const undoDeadline = time.Second

// undo gives back what was taken, after a refusal only: where an outcome is unknown,
// all stays taken. A slot that does not answer keeps what it has: stricter, not looser.
func (t *taken) undo(ctx context.Context) {
	if len(t.done) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoDeadline)
	defer cancel()
	t.store.each(ctx, t.done)
}

// each makes calls that nothing can refuse, all at once. What becomes of them is nobody's
// concern: see where it is called.
func (s *Store) each(ctx context.Context, calls []*call) {
	if len(calls) == 1 {
		_, _ = s.do(ctx, calls[0])
		return
	}
	var all sync.WaitGroup
	for _, c := range calls {
		all.Go(func() { _, _ = s.do(ctx, c) })
	}
	all.Wait()
}

// takeCalls are calls for takes and charges that nothing refuses.
func (s *Store) takeCalls(groups []group, now time.Time) []*call {
	calls := make([]*call, len(groups))
	for i, g := range groups {
		calls[i] = s.takeCall(g, now, false)
	}
	return calls
}
