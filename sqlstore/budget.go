package sqlstore

import (
	"context"
	"math"
	"time"

	"github.com/phoneauth/phoneauth"
)

// A budget's counter has the score in amount, in at the last change of it, and in until
// when it is forgotten.

// spared reports whether of leaves its row alone while its score is below Thin. It is
// read without a lock then, so that those who change nothing wait for nobody.
func spared(of *phoneauth.Budget) bool { return of.Thin != 0 && of.Weight == 0 }

func (cs *counters) nameBudgets(budgets []phoneauth.Budget) {
	for i := range budgets {
		if b := &budgets[i]; spared(b) {
			cs.peek(ofBudget, b.Key)
		} else {
			cs.name(ofBudget, b.Key)
		}
	}
}

// settle locks the budgets that were only read and are not below Thin.
func (cs *counters) settle(ctx context.Context, q querier, budgets []phoneauth.Budget, now int64) error {
	for i := range budgets {
		b := &budgets[i]
		if c := cs.get(ofBudget, b.Key); c.peek && c.faded(b, now) >= b.Thin {
			if err := cs.lock(ctx, q, c); err != nil {
				return err
			}
		}
	}
	return nil
}

// faded is the score at now, which is 0 for one that is forgotten.
func (c *counter) faded(of *phoneauth.Budget, now int64) float64 {
	since := add(now, -c.at)
	switch {
	case c.amount == 0 || now >= c.until:
		return 0
	case since <= 0:
		return c.amount
	}
	over := of.Owed
	if c.amount < 0 {
		over = of.Earned
	}
	return c.amount * math.Exp(-float64(since)*float64(time.Microsecond)/float64(over))
}

// charge adds to each of budgets its Add, or says which of them refuses.
func (cs *counters) charge(budgets []phoneauth.Budget, now int64) error {
	for i := range budgets {
		b := &budgets[i]
		c := cs.get(ofBudget, b.Key)
		faded := c.faded(b, now)
		if exceeds(faded+b.Add, b.Max) {
			return refused(b.Name, c.wait(b, faded, now))
		}
		c.change(b, faded, b.Add, now)
	}
	return nil
}

// credit adds to each of budgets sends times its Add, and more.
func (cs *counters) credit(budgets []phoneauth.Budget, sends int, more float64, now int64) {
	for i := range budgets {
		b := &budgets[i]
		c := cs.get(ofBudget, b.Key)
		if sum := float64(sends)*b.Add + more; sum != 0 {
			c.change(b, c.faded(b, now), sum, now)
		}
	}
}

// change makes the score faded plus by, or what Thin makes of it: nothing, where settle
// has not locked the row.
func (c *counter) change(of *phoneauth.Budget, faded, by float64, now int64) {
	if of.Thin != 0 && faded < of.Thin {
		if by *= of.Weight; of.Weight == 0 {
			return
		}
	}
	c.write = true
	c.amount = faded + by
	c.at = max(c.at, now)
	c.until = add(c.at, mul(4, micros(max(of.Owed, of.Earned))))
}

// exceeds is the test of a charge. Round rounds half away from zero.
func exceeds(sum, most float64) bool { return math.Round(sum) > most }

// wait is how long a charge that is refused now will be: at most until the score is
// forgotten, even where Max has no room for Add and no wait would do.
func (c *counter) wait(of *phoneauth.Budget, faded float64, now int64) int64 {
	longest := mul(4, micros(max(of.Owed, of.Earned)))
	if c.until > now {
		longest = add(c.until, -now)
	}
	longest = max(longest, 1)
	below := math.Floor(of.Max) + 0.5 - of.Add // a score below it is admitted
	if below <= 0 {
		return longest
	}
	owed := float64(of.Owed) / float64(time.Microsecond)
	wait := int64(max(1, min(math.Ceil(owed*math.Log(faded/below)), float64(longest))))
	// The clock may be behind the last change; then fading is still to begin.
	wait = add(wait, max(0, add(c.at, -now)))
	if wait < longest && exceeds(c.faded(of, add(now, wait))+of.Add, of.Max) {
		wait++
	}
	return min(wait, longest)
}
