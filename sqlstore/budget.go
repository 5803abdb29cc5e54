package sqlstore

import (
	"context"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/meter"
)

// A budget's counter has the score in amount, in at the last change of it, and in until
// when it is forgotten.

func (c *counter) budget() meter.Budget {
	return meter.Budget{Score: c.amount, At: c.at, Forget: c.until}
}

// setBudget has b written if it is another. It is not, where settle has not locked the
// row.
func (c *counter) setBudget(b meter.Budget) {
	c.write = c.write || b != c.budget()
	c.amount, c.at, c.until = b.Score, b.At, b.Forget
}

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
		if c := cs.get(ofBudget, b.Key); c.peek && c.budget().Faded(b, now) >= b.Thin {
			if err := cs.lock(ctx, q, c); err != nil {
				return err
			}
		}
	}
	return nil
}

// charge adds to each of budgets its Add, or says which of them refuses.
func (cs *counters) charge(budgets []phoneauth.Budget, now int64) error {
	for i := range budgets {
		c := cs.get(ofBudget, budgets[i].Key)
		charged, err := c.budget().Charged(&budgets[i], now)
		if err != nil {
			return err
		}
		c.setBudget(charged)
	}
	return nil
}

// credit adds to each of budgets sends times its Add, and more.
func (cs *counters) credit(budgets []phoneauth.Budget, sends int, more float64, now int64) {
	for i := range budgets {
		c := cs.get(ofBudget, budgets[i].Key)
		c.setBudget(c.budget().Credited(&budgets[i], sends, more, now))
	}
}
