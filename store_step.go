package phoneauth

import (
	"slices"
	"time"

	"github.com/phoneauth/phoneauth/internal/few"
)

// Rows are the rows that a step of a [ChallengeStore] reads and writes. A store implements it
// over its transaction, and calls the Run of the step: [BeginParams.Run],
// [AttemptParams.Run], [TakeParams.Run], [GiveBackParams.Run], [Lockout.Run] or
// [StateParams.Run]. One goroutine uses it.
//
// A Run reads everything before it writes. When it returns an error for which [Commits] is
// false, it has written nothing. The Keys method beside it names every row that it may read
// or write. Lock the rows in that order: those of the phone come first, those that many
// operations share come last. Instants are microseconds since 1970 in UTC.
//
// A method that cannot read its row must return the zero value. The store then ignores the
// outcome of Run and returns the fault.
type Rows interface {
	// Challenge returns the challenge at key, if there is one, whether or not it is live.
	Challenge(key string) (Challenge, bool)
	// SetChallenge stores c at c.Key, in place of what is there. The times of c are UTC.
	// c may share slices with the arguments of the verb.
	SetChallenge(c Challenge)
	// DeleteChallenge removes the challenge at key, if there is one.
	DeleteChallenge(key string)

	// TAT returns the instant that a limit keeps, or NoTAT if there is none.
	TAT(key string) int64
	// SetTAT stores the instant of a limit. A store may remove the row instead when tat is
	// not after now.
	SetTAT(key string, tat int64)

	// LockoutState returns the state at key, or the zero state if there is none.
	LockoutState(key string) LockoutState
	// SetLockoutState stores s at key. The zero state removes the row.
	SetLockoutState(key string, s LockoutState)

	// ScoreState returns the state at key, or the zero state if there is none.
	ScoreState(key string) ScoreState
	// SetScoreState stores s at key. The zero state removes the row.
	SetScoreState(key string, s ScoreState)
}

// RowKeys are the keys of the rows that a step may read or write. A key may be named
// twice.
type RowKeys struct {
	// Challenges, Lockouts, Limits and Scores are the keys of each kind of row.
	Challenges, Lockouts, Limits, Scores []string
}

func (k *RowKeys) limits(lists ...[]Take) {
	for _, takes := range lists {
		for i := range takes {
			k.Limits = append(k.Limits, takes[i].Key)
		}
	}
}

func (k *RowKeys) scores(charges []Charge) {
	for i := range charges {
		k.Scores = append(k.Scores, charges[i].Key)
	}
}

func (k *RowKeys) lockout(l *Lockout) {
	if l.Key != "" {
		k.Lockouts = append(k.Lockouts, l.Key)
	}
}

// Keys names the rows of p.
func (p *BeginParams) Keys() (k RowKeys) {
	k.Challenges = []string{p.Challenge.Key}
	k.lockout(&p.Lockout)
	k.limits(p.Asks, p.Takes)
	k.scores(p.Charges)
	return k
}

// Run does what [ChallengeStore].BeginChallenge does, on rows.
func (p *BeginParams) Run(rows Rows) (BeginResult, error) {
	plan := plan{rows: rows, now: p.Now.UnixMicro()}
	if err := plan.locked(&p.Lockout); err != nil {
		return BeginResult{}, err
	}
	live, ok := rows.Challenge(p.Challenge.Key)
	ok = ok && live.is(p.Renew, plan.now)
	if p.Renew != "" && !ok {
		return BeginResult{}, ErrNotFound
	}
	if err := plan.take(p.Asks, p.Takes, p.Charges); err != nil {
		return BeginResult{}, err
	}
	c := p.Challenge
	if ok {
		c = live.Touched(p)
	}
	c.ExpiresAt, c.Until = c.ExpiresAt.UTC(), c.Until.UTC()
	plan.write()
	rows.SetChallenge(c)
	return BeginResult{Challenge: c, ResendAt: instant(plan.resendAt(p.Takes))}, nil
}

// Touched returns the live challenge c after BeginChallenge with p has touched it.
func (c Challenge) Touched(p *BeginParams) Challenge {
	if p.Renew != "" {
		c.ID = p.Challenge.ID
	}
	c.Pending = p.Challenge.Pending
	c.Sends += p.Challenge.Sends
	c.ExpiresAt = c.Until
	if p.Challenge.ExpiresAt.Before(c.Until) {
		c.ExpiresAt = p.Challenge.ExpiresAt
	}
	return c
}

// is reports whether c is live and, unless id is empty, has that ID.
func (c *Challenge) is(id string, now int64) bool {
	return now < c.ExpiresAt.UnixMicro() && (id == "" || id == c.ID)
}

// Keys names the rows of p, for every outcome.
func (p *AttemptParams) Keys() (k RowKeys) {
	for i := range p.Candidates {
		k.Challenges = append(k.Challenges, p.Candidates[i].Key)
	}
	k.lockout(&p.Lockout)
	k.limits(p.Takes)
	for i := range p.Candidates {
		k.add(p.Candidates[i].OnMatch.Keys())
	}
	return k
}

func (k *RowKeys) add(more RowKeys) {
	k.Challenges = append(k.Challenges, more.Challenges...)
	k.Lockouts = append(k.Lockouts, more.Lockouts...)
	k.Limits = append(k.Limits, more.Limits...)
	k.Scores = append(k.Scores, more.Scores...)
}

// Keys names the rows of m.
func (m *OnMatch) Keys() (k RowKeys) {
	if m.Store != nil {
		k.Challenges = append(k.Challenges, m.Store.Key)
	}
	k.limits(m.Refunds, m.SendRefunds)
	if len(m.Credits) > 0 && m.Reward.Take.Key != "" {
		k.Limits = append(k.Limits, m.Reward.Take.Key)
	}
	k.scores(m.Credits)
	k.Scores = append(k.Scores, m.ClearScores...)
	return k
}

// Find returns the first candidate of p whose challenge is live, that challenge, and whether
// one of the candidate's digests equals that of the challenge. The candidate is nil if none is
// live. Find calls challenge for the challenge at a key.
func (p *AttemptParams) Find(challenge func(key string) (Challenge, bool)) (of *Candidate, c Challenge, equal bool) {
	now := p.Now.UnixMicro()
	for i := range p.Candidates {
		of = &p.Candidates[i]
		if c, ok := challenge(of.Key); ok && c.is(of.ID, now) {
			for _, digest := range of.Digests {
				if equalDigests(digest, c.Digest) {
					equal = true // and compare the others too, to take the same time
				}
			}
			return of, c, equal
		}
	}
	return nil, Challenge{}, false
}

// Run does what [ChallengeStore].AttemptChallenge does, on rows.
func (p *AttemptParams) Run(rows Rows) (Challenge, error) {
	plan := plan{rows: rows, now: p.Now.UnixMicro()}
	if err := plan.locked(&p.Lockout); err != nil {
		return Challenge{}, err
	}
	if err := plan.take(nil, p.Takes, nil); err != nil {
		return Challenge{}, err
	}
	of, c, equal := p.Find(rows.Challenge)
	switch {
	case of == nil:
		plan.write()
		return Challenge{}, ErrNotFound
	case !equal:
		var failed LockoutState
		if p.Lockout.Key != "" {
			failed = rows.LockoutState(p.Lockout.Key).Failed(&p.Lockout, plan.now)
		}
		plan.write()
		if c.TriesLeft--; c.TriesLeft > 0 {
			rows.SetChallenge(c)
		} else {
			rows.DeleteChallenge(c.Key)
		}
		if p.Lockout.Key != "" {
			rows.SetLockoutState(p.Lockout.Key, failed)
		}
		return c, ErrMismatch
	}
	plan.match(&of.OnMatch, c.Sends)
	plan.write()
	rows.DeleteChallenge(c.Key)
	if p.Lockout.Key != "" {
		rows.SetLockoutState(p.Lockout.Key, LockoutState{})
	}
	for _, key := range of.OnMatch.ClearScores {
		rows.SetScoreState(key, ScoreState{})
	}
	if of.OnMatch.Store != nil {
		store := *of.OnMatch.Store
		store.ExpiresAt, store.Until = store.ExpiresAt.UTC(), store.Until.UTC()
		rows.SetChallenge(store)
	}
	return c, nil
}

// Keys names the rows of p.
func (p *TakeParams) Keys() (k RowKeys) {
	k.limits(p.Asks, p.Takes)
	k.scores(p.Charges)
	return k
}

// Run does what [ChallengeStore].TakeLimits does, on rows.
func (p *TakeParams) Run(rows Rows) error {
	plan := plan{rows: rows, now: p.Now.UnixMicro()}
	if err := plan.take(p.Asks, p.Takes, p.Charges); err != nil {
		return err
	}
	plan.write()
	return nil
}

// Keys names the rows of p.
func (p *GiveBackParams) Keys() (k RowKeys) {
	k.limits(p.Takes)
	k.scores(p.Credits)
	return k
}

// Run does what [ChallengeStore].GiveBack does, on rows.
func (p *GiveBackParams) Run(rows Rows) {
	plan := plan{rows: rows, now: p.Now.UnixMicro()}
	plan.giveBack(p.Takes, 1)
	for i := range p.Credits {
		plan.credit(&p.Credits[i], p.Credits[i].Amount)
	}
	plan.write()
}

// Run does what [ChallengeStore].CountFailure does, on rows. The row is that of l.Key.
func (l *Lockout) Run(rows Rows, now time.Time) error {
	plan := plan{rows: rows, now: now.UnixMicro()}
	if err := plan.locked(l); err != nil || l.Key == "" {
		return err
	}
	rows.SetLockoutState(l.Key, rows.LockoutState(l.Key).Failed(l, plan.now))
	return nil
}

// Keys names the rows of p.
func (p *StateParams) Keys() (k RowKeys) {
	k.Challenges, k.Lockouts = slices.Clone(p.Challenges), slices.Clone(p.Lockouts)
	k.limits(p.Takes)
	for i := range p.Scores {
		k.Scores = append(k.Scores, p.Scores[i].Key)
	}
	return k
}

// Run does what [ChallengeStore].ReadState does, on rows. It writes nothing.
func (p *StateParams) Run(rows Rows) (s State) {
	now := p.Now.UnixMicro()
	for _, key := range p.Challenges {
		c, ok := rows.Challenge(key)
		if !ok || !c.is("", now) {
			c = Challenge{}
		}
		s.Challenges = append(s.Challenges, c)
	}
	for _, key := range p.Lockouts {
		l := rows.LockoutState(key)
		if now >= l.End() {
			l = LockoutState{}
		}
		s.Lockouts = append(s.Lockouts, l)
	}
	for i := range p.Takes {
		t := &p.Takes[i]
		_, err := t.Taken(rows.TAT(t.Key), now)
		s.Waits = append(s.Waits, retryAfter(err))
	}
	for i := range p.Scores {
		s.Scores = append(s.Scores, rows.ScoreState(p.Scores[i].Key).Faded(&p.Scores[i], now))
	}
	return s
}

// retryAfter returns the wait of a *LimitError, or 0 for no error.
func retryAfter(err error) time.Duration {
	if refused, ok := err.(*LimitError); ok {
		return refused.RetryAfter
	}
	return 0
}

// instant returns the time of us microseconds since 1970, in UTC. The microseconds of the
// zero time give the zero time.
func instant(us int64) time.Time { return time.UnixMicro(us).UTC() }

// plan holds the changes that one step makes to limits and scores. They are written when all
// of them are known, so a refusal has nothing to undo. A second use of one key sees the change
// of the first here.
type plan struct {
	rows   Rows
	now    int64
	tats   few.List[plannedTAT]
	scores few.List[plannedScore]
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
	for i := range p.tats.Len() {
		if planned := p.tats.At(i); planned.key == key {
			return planned
		}
	}
	tat := p.rows.TAT(key)
	return p.tats.Add(plannedTAT{key, tat, tat})
}

func (p *plan) score(key string) *plannedScore {
	for i := range p.scores.Len() {
		if planned := p.scores.At(i); planned.key == key {
			return planned
		}
	}
	s := p.rows.ScoreState(key)
	return p.scores.Add(plannedScore{key, s, s})
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
	for i := range p.tats.Len() {
		if t := p.tats.At(i); t.tat != t.was {
			p.rows.SetTAT(t.key, t.tat)
		}
	}
	for i := range p.scores.Len() {
		if s := p.scores.At(i); s.state != s.was {
			p.rows.SetScoreState(s.key, s.state)
		}
	}
}
