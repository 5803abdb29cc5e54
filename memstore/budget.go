package memstore

import (
	"math"
	"time"

	"github.com/phoneauth/phoneauth"
)

// budget is the score of a [phoneauth.Budget].
type budget struct {
	score  float64
	at     int64 // of the last change
	forget int64
}

func (b budget) end() int64 { return b.forget }
func (budget) size() int    { return 0 }

// faded is the score at now, which is 0 for a score that is forgotten.
func (b budget) faded(of *phoneauth.Budget, now int64) float64 {
	since := add(now, -b.at)
	switch {
	case b.score == 0 || now >= b.forget:
		return 0
	case since <= 0:
		return b.score
	}
	return fade(b.score, since, of)
}

func fade(score float64, since int64, of *phoneauth.Budget) float64 {
	over := of.Owed
	if score < 0 {
		over = of.Earned
	}
	return score * math.Exp(-float64(since)*float64(time.Microsecond)/float64(over))
}

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
		b := &budgets[i]
		var p *score
		plan, p = s.scored(plan, keys[i])
		faded := p.budget.faded(b, now)
		if exceeds(faded+b.Add, b.Max) {
			return nil, refused(b.Name, p.budget.wait(b, faded, now))
		}
		p.change(b, faded, b.Add, now)
	}
	return plan, nil
}

// credit adds to each of budgets sends times its Add, and more.
func (s *Store) credit(budgets []phoneauth.Budget, keys []key, sends int32, more float64, now int64) {
	var buf scores
	plan := buf[:0]
	for i := range budgets {
		b := &budgets[i]
		var p *score
		plan, p = s.scored(plan, keys[i])
		if sum := float64(sends)*b.Add + more; sum != 0 {
			p.change(b, p.budget.faded(b, now), sum, now)
		}
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
		b = budget{at: math.MinInt64, forget: math.MinInt64}
	}
	plan = append(plan, score{key: k, known: ok, budget: b})
	return plan, &plan[len(plan)-1]
}

// change makes the score faded plus by, or what Thin makes of it.
func (p *score) change(of *phoneauth.Budget, faded, by float64, now int64) {
	if of.Thin != 0 && faded < of.Thin {
		if by *= of.Weight; of.Weight == 0 {
			return
		}
	}
	at := max(p.budget.at, now)
	p.changed = true
	p.budget = budget{
		score:  faded + by,
		at:     at,
		forget: add(at, mul(4, micros(max(of.Owed, of.Earned)))),
	}
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

// exceeds is the test of a charge. Round rounds half away from zero.
func exceeds(sum, most float64) bool { return math.Round(sum) > most }

// wait is how long a charge that is refused now will be: at most until the score is
// forgotten, even where Max has no room for Add and no wait would do.
func (b budget) wait(of *phoneauth.Budget, faded float64, now int64) int64 {
	longest := mul(4, micros(max(of.Owed, of.Earned)))
	if b.forget > now {
		longest = add(b.forget, -now)
	}
	longest = max(longest, 1)
	below := math.Floor(of.Max) + 0.5 - of.Add // a score below it is admitted
	if below <= 0 {
		return longest
	}
	owed := float64(of.Owed) / float64(time.Microsecond)
	wait := int64(max(1, min(math.Ceil(owed*math.Log(faded/below)), float64(longest))))
	// The clock may be behind the last change; then fading is still to begin.
	wait = add(wait, max(0, add(b.at, -now)))
	if wait < longest && exceeds(b.faded(of, add(now, wait))+of.Add, of.Max) {
		wait++
	}
	return min(wait, longest)
}
