package sqlstore

import (
	"slices"
	"strings"

	"github.com/phoneauth/phoneauth"
)

// How a step locks its rows in MySQL: all by one statement, but for one case. It locks challenges,
// then limits and lockouts, then scores, each of these in the order of keys. Scores that may be
// sampled come last, because most operations share them.
//
// A step that will not write a row which others share must not lock it:
//
//   - A counter that only a match changes is locked if the challenge of the candidate has one of
//     its digests. The same statement has locked that challenge before. The condition decides
//     nothing: Run does. A row that was not read counts as absent. If it is there, the write
//     finds that out, and the step is done again: see upsert.
//   - A sampled score is read without a lock. If the step writes it after all, a statement of its own
//     locks it. So a step that is refused does not wait for it, and while it is locked nothing
//     else is read.

// nameMatches adds what a match of a candidate may change.
func (r *rows) nameMatches(candidates []phoneauth.Candidate) {
	for i := range candidates {
		of := &candidates[i]
		r.candidates = append(r.candidates, of)
		keys := of.OnMatch.Keys()
		r.nameSlots(keys.Challenges...)
		for _, key := range keys.Limits {
			r.nameMatch(of, ofLimit+key)
		}
		for _, key := range keys.Scores {
			r.nameMatch(of, ofScore+key)
		}
	}
}

// nameMatch adds a counter that is locked if a candidate matches, unless it is locked in any case.
func (r *rows) nameMatch(of *phoneauth.Candidate, key string) {
	c := r.find(key)
	if c == nil {
		c = &counter{key: key}
		c.forget()
		r.counters = append(r.counters, c)
	} else if len(c.gates) == 0 && !c.peeks {
		return
	}
	for i := range of.OnMatch.Credits {
		if score := &of.OnMatch.Credits[i].Score; ofScore+score.Key == key {
			c.last = c.last || score.SampleBelow != 0
			if score.Sampled() {
				c.peeks = true
				return
			}
		}
	}
	c.gates = append(c.gates, of)
}

// lockAll reads all that was named and is not loaded, and locks it, except for counters
// that are only peeked at and those whose candidates do not match.
func (r *rows) lockAll() error {
	u := &union{r.s.query("")}
	var slots []string
	for _, sl := range r.slots {
		if !sl.loaded {
			slots = append(slots, sl.key)
			sl.loaded = true
		}
	}
	if len(slots) > 0 {
		u.next("(" + selectSlot + r.s.table.challenges + " FORCE INDEX (PRIMARY) WHERE key IN (").addKeys(slots).add(")" + r.s.forUpdate + ")")
	}
	var counters []*counter
	var peeked []string
	for _, c := range r.counters {
		if c.loaded && (c.peek || c.locked || c.gated()) {
			continue
		}
		c.forget()
		c.loaded, c.locked = true, !c.peek && (len(c.gates) > 0 || !c.peeks)
		counters = append(counters, c)
		if c.peek || c.peeks {
			peeked = append(peeked, c.key)
		}
	}
	if len(peeked) > 0 {
		u.next(selectPeeked + r.s.table.counters + " c FORCE INDEX (PRIMARY) WHERE c.key IN (").addKeys(peeked).add(")")
	}
	r.lockTogether(u, counters, nil)
	for _, of := range r.candidates {
		r.lockTogether(u, counters, of)
	}
	return r.readUnion(u)
}

// gated reports whether only a match needs c.
func (c *counter) gated() bool { return c.peeks || len(c.gates) > 0 }

// rank is the place of c in the order of locks.
func (c *counter) rank() int {
	switch {
	case c.last:
		return 2
	case strings.HasPrefix(c.key, ofScore):
		return 1
	}
	return 0
}

// lockTogether adds to u what locks the counters that only a match of a candidate needs, or, with
// nil, that are locked in any case.
func (r *rows) lockTogether(u *union, counters []*counter, of *phoneauth.Candidate) {
	for rank := range 3 {
		var keys []string
		for _, c := range counters {
			locks := !c.peek && !c.gated()
			if of != nil {
				locks = slices.Contains(c.gates, of)
			}
			if locks && c.rank() == rank {
				keys = append(keys, c.key)
			}
		}
		if len(keys) == 0 {
			continue
		}
		u.next("(" + selectCounter)
		if of != nil {
			u.add(r.s.table.challenges + " m FORCE INDEX (PRIMARY) STRAIGHT_JOIN ")
		}
		// The server locks a row that is alone in its table before the statement begins: out of
		// order, and before the condition is looked at. So each table has another key, of no row.
		keys = append(keys, "")
		u.add(r.s.table.counters + " c FORCE INDEX (PRIMARY) WHERE ")
		if of != nil {
			u.matches(of, r.now).add(" AND ")
		}
		u.add("c.key IN (").addKeys(keys).add(")" + r.s.forUpdate + ")")
	}
}

// matches adds that the challenge m is that of a candidate, is live at now, and has one of the
// digests.
func (q *query) matches(of *phoneauth.Candidate, now int64) *query {
	q.add("m.key IN (?, '') AND m.expires_at > ?", []byte(of.Key), now)
	if of.ID != "" {
		q.add(" AND m.id = ?", []byte(of.ID))
	}
	q.add(" AND m.digest IN (''")
	for _, digest := range of.Digests {
		q.add(", ?", digest)
	}
	return q.add(")")
}
