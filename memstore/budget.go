package memstore

import (
	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/meter"
)

// budget is the score of a [phoneauth.Budget].
type budget struct{ meter.Budget }

func (b budget) end() int64 { return b.Forget }
func (budget) size() int    { return 0 }

// score is what the charges of one verb make of one budget, not yet written: see tat.
type score struct {
	key     key
	known   bool // there is a record
	changed bool
	budget  budget
}

// scores usually fit on the stack of the verb.
type scores [8]score

func (s *Store) budgetKeys(into []key, budgets []phoneauth.Budget) []key {
	for i := range budgets {
		into = append(into, s.key(budgets[i].Key))
	}
	return into
}

// charge adds charges of budgets to plan, or says which of them is refused.
func (s *Store) charge(plan []score, budgets []phoneauth.Budget, keys []key, now int64) ([]score, error) {
	for i := range budgets {
		var p *score
		plan, p = s.scored(plan, keys[i])
		charged, err := p.budget.Charged(&budgets[i], now)
		if err != nil {
			return nil, err
		}
		p.set(charged)
	}
	return plan, nil
}

// credit adds to each of budgets sends times its Add, and more.
func (s *Store) credit(budgets []phoneauth.Budget, keys []key, sends int32, more float64, now int64) {
	var buf scores
	plan := buf[:0]
	for i := range budgets {
		var p *score
		plan, p = s.scored(plan, keys[i])
		p.set(p.budget.Credited(&budgets[i], int(sends), more, now))
	}
	s.charged(plan)
}

func (s *Store) scored(plan []score, k key) ([]score, *score) {
	for i := range plan {
		if plan[i].key == k {
			return plan, &plan[i]
		}
	}
	b, ok := s.budgets.get(k)
	if !ok {
		b.At, b.Forget = meter.Never, meter.Never
	}
	plan = append(plan, score{key: k, known: ok, budget: b})
	return plan, &plan[len(plan)-1]
}

func (p *score) set(b meter.Budget) {
	p.changed = p.changed || b != p.budget.Budget
	p.budget = budget{b}
}

// charging is what charged will add to the store.
func (s *Store) charging(plan []score) (more usage) {
	for i := range plan {
		if plan[i].changed && !plan[i].known {
			more = more.plus(usage{1, s.budgets.each()})
		}
	}
	return more
}

// charged does what charge or credit has planned.
func (s *Store) charged(plan []score) {
	for i := range plan {
		if plan[i].changed {
			s.budgets.put(plan[i].key, plan[i].budget)
		}
	}
}
