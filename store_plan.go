package phoneauth

// plan holds the changes that one step makes to limits and scores. They are written when all
// of them are known, so a refusal has nothing to undo. A second use of one key sees the change
// of the first here.
type plan struct {
	rows   Rows
	now    int64
	tats   few[plannedTAT]
	scores few[plannedScore]
}

// few is a list whose first items need no allocation. A step rarely has more.
type few[T any] struct {
	first [6]T
	rest  []T
	n     int
}

func (f *few[T]) at(i int) *T {
	if i < len(f.first) {
		return &f.first[i]
	}
	return &f.rest[i-len(f.first)]
}

func (f *few[T]) add(v T) *T {
	if f.n < len(f.first) {
		f.first[f.n] = v
	} else {
		f.rest = append(f.rest, v)
	}
	f.n++
	return f.at(f.n - 1)
}

type plannedTAT struct {
	key      string
	was, tat int64
}

type plannedScore struct {
	key        string
	was, state ScoreState
}

func (p *plan) tat(key string) *plannedTAT {
	for i := range p.tats.n {
		if planned := p.tats.at(i); planned.key == key {
			return planned
		}
	}
	tat := p.rows.TAT(key)
	return p.tats.add(plannedTAT{key, tat, tat})
}

func (p *plan) score(key string) *plannedScore {
	for i := range p.scores.n {
		if planned := p.scores.at(i); planned.key == key {
			return planned
		}
	}
	s := p.rows.ScoreState(key)
	return p.scores.add(plannedScore{key, s, s})
}

// locked returns the refusal of l, if it is locked.
func (p *plan) locked(l *Lockout) error {
	if l.Key == "" {
		return nil
	}
	return p.rows.LockoutState(l.Key).Refusal(l, p.now)
}

// take asks, takes and charges in this order, or returns the first refusal.
func (p *plan) take(asks, takes []Take, charges []Charge) error {
	for i := range asks {
		if _, err := asks[i].Taken(p.tat(asks[i].Key).tat, p.now); err != nil {
			return err
		}
	}
	for i := range takes {
		t := p.tat(takes[i].Key)
		next, err := takes[i].Taken(t.tat, p.now)
		if err != nil {
			return err
		}
		t.tat = next
	}
	for i := range charges {
		s := p.score(charges[i].Key)
		next, err := s.state.Charged(&charges[i], p.now)
		if err != nil {
			return err
		}
		s.state = next
	}
	return nil
}

// giveBack gives each of takes back n times.
func (p *plan) giveBack(takes []Take, n int) {
	if n <= 0 {
		return
	}
	for i := range takes {
		back := takes[i]
		back.Cost = max(back.Cost, 1) * n
		t := p.tat(back.Key)
		t.tat = back.GivenBack(t.tat)
	}
}

func (p *plan) credit(c *Charge, by float64) {
	s := p.score(c.Key)
	s.state = s.state.Credited(&c.Score, by, p.now)
}

// match changes limits and scores as m says, for a challenge with so many sends.
func (p *plan) match(m *OnMatch, sends int) {
	p.giveBack(m.Refunds, 1)
	p.giveBack(m.SendRefunds, sends)
	if len(m.Credits) == 0 {
		return
	}
	var reward float64
	if m.Reward.Take.Key != "" && p.take(nil, []Take{m.Reward.Take}, nil) == nil {
		reward = m.Reward.Amount
	}
	for i := range m.Credits {
		p.credit(&m.Credits[i], float64(sends)*m.Credits[i].Amount+reward)
	}
}

// resendAt returns [ResendAt] of takes that the plan has taken.
func (p *plan) resendAt(takes []Take) int64 {
	var few [6]int64
	tats := few[:0]
	for i := range takes {
		tats = append(tats, p.tat(takes[i].Key).tat)
	}
	return ResendAt(takes, tats, p.now)
}

// write writes the changes.
func (p *plan) write() {
	for i := range p.tats.n {
		if t := p.tats.at(i); t.tat != t.was {
			p.rows.SetTAT(t.key, t.tat)
		}
	}
	for i := range p.scores.n {
		if s := p.scores.at(i); s.state != s.was {
			p.rows.SetScoreState(s.key, s.state)
		}
	}
}
