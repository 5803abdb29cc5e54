package sqlstore

import "github.com/phoneauth/phoneauth"

// A limit's counter has its tat in at, and in until, where Purge looks too.

func (cs *counters) nameTakes(takes []phoneauth.Take) {
	for i := range takes {
		cs.name(ofLimit, takes[i].Key)
	}
}

// take takes all of takes, or says which of them is refused; then what was taken before
// it must not be written.
func (cs *counters) take(takes []phoneauth.Take, now int64) error {
	for i := range takes {
		t := &takes[i]
		c := cs.get(ofLimit, t.Key)
		every := micros(t.Every)
		if t.Cost < 0 {
			c.setTat(add(c.at, mul(t.Cost, every)), now)
			continue
		}
		next := add(max(c.at, now), mul(max(t.Cost, 1), every))
		if wait := add(add(next, -now), -mul(t.Burst, every)); wait > 0 {
			return refused(t.Name, wait)
		}
		if t.Cost > 0 {
			c.setTat(next, now)
		}
	}
	return nil
}

// setTat has it written, unless an instant that has passed would replace another.
func (c *counter) setTat(at, now int64) {
	c.at, c.until = at, at
	c.write = at != c.was && max(at, c.was) > now
}

// resendAt is when takes, which were just taken, would all be admitted again. A take of
// cost c is, when those before it on its key have cost a, at x with
// max(tat, x) + (a+c)·Every − x ≤ Burst·Every. Where tat ≤ x that is so, since it was
// so the first time; else it is so from x = tat + (a+c−Burst)·Every on.
func (cs *counters) resendAt(takes []phoneauth.Take, now int64) int64 {
	at := now
	cost := make(map[string]int64, len(takes)) // by key, of those before
	for i := range takes {
		t := &takes[i]
		before, every := cost[t.Key], micros(t.Every)
		if t.Cost >= 0 {
			asked := add(before, mul(max(t.Cost, 1), every))
			at = max(at, add(add(cs.get(ofLimit, t.Key).at, asked), -mul(t.Burst, every)))
		}
		cost[t.Key] = add(before, mul(t.Cost, every))
	}
	return at
}
