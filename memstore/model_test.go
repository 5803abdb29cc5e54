package memstore_test

import (
	"bytes"
	"maps"
	"math"
	"time"

	"github.com/phoneauth/phoneauth"
)

// model does what the contracts say in the plainest way: it forgets nothing, copies
// itself before it changes, and is asked by one goroutine. A refusal is the name of the
// limit that refused.
type model struct {
	challenges map[string]phoneauth.Challenge
	tats       map[string]time.Time
	lockouts   map[string]failures
	scores     map[string]scored
}

type failures struct {
	count         int
	until, forget time.Time
}

type scored struct {
	score  float64
	at     time.Time
	forget time.Time
}

func newModel() *model {
	return &model{map[string]phoneauth.Challenge{}, map[string]time.Time{}, map[string]failures{}, map[string]scored{}}
}

func (m *model) clone() *model {
	return &model{maps.Clone(m.challenges), maps.Clone(m.tats), maps.Clone(m.lockouts), maps.Clone(m.scores)}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// next is the tat after t, and whether t is admitted.
func (m *model) next(t phoneauth.Take, now time.Time) (time.Time, bool) {
	next := later(m.tats[t.Key], now).Add(time.Duration(t.Cost) * t.Every)
	return next, next.Sub(now) <= time.Duration(t.Burst)*t.Every
}

func (m *model) ask(asks []phoneauth.Take, now time.Time) string {
	for _, t := range asks {
		if _, ok := m.next(t, now); !ok {
			return t.Name
		}
	}
	return ""
}

func (m *model) take(takes []phoneauth.Take, now time.Time) string {
	for _, t := range takes {
		next, ok := m.next(t, now)
		if !ok {
			return t.Name
		}
		m.tats[t.Key] = next
	}
	return ""
}

func (m *model) giveBack(takes []phoneauth.Take, n int) {
	for _, t := range takes {
		m.tats[t.Key] = m.tats[t.Key].Add(-time.Duration(n*t.Cost) * t.Every)
	}
}

func (m *model) faded(of phoneauth.Score, now time.Time) float64 {
	s := m.scores[of.Key]
	since := max(0, now.Sub(s.at))
	switch {
	case !now.Before(s.forget):
		return 0
	case s.score > 0:
		return s.score * math.Exp(-float64(since)/float64(of.DebtDecay))
	}
	return s.score * math.Exp(-float64(since)/float64(of.CreditDecay))
}

func (m *model) change(of phoneauth.Score, by float64, now time.Time) {
	faded := m.faded(of, now)
	if of.SampleBelow != 0 && faded < of.SampleBelow {
		by *= of.SampleWeight
	}
	if by != 0 {
		at := now
		if was := m.scores[of.Key]; was.score != 0 {
			at = later(was.at, now)
		}
		m.scores[of.Key] = scored{faded + by, at, at.Add(4 * max(of.DebtDecay, of.CreditDecay))}
	}
}

func (m *model) charge(charges []phoneauth.Charge, now time.Time) string {
	for _, c := range charges {
		if math.Round(m.faded(c.Score, now)+c.Amount) > c.Max {
			return c.Name
		}
		m.change(c.Score, c.Amount, now)
	}
	return ""
}

func (m *model) locked(l phoneauth.Lockout, now time.Time) bool {
	return now.Before(m.lockouts[l.Key].until)
}

func (m *model) count(l phoneauth.Lockout, now time.Time) {
	r := m.lockouts[l.Key]
	if !now.Before(later(r.until, r.forget)) {
		r = failures{}
	}
	r.count++
	r.forget = later(r.forget, now.Add(l.TTL))
	last := l.Steps[len(l.Steps)-1]
	for _, s := range l.Steps {
		if s.Failures == r.count || s == last && r.count > s.Failures {
			r.until = now.Add(s.Wait)
		}
	}
	m.lockouts[l.Key] = r
}

func (m *model) all(asks, takes []phoneauth.Take, charges []phoneauth.Charge, now time.Time) string {
	if name := m.ask(asks, now); name != "" {
		return name
	}
	if name := m.take(takes, now); name != "" {
		return name
	}
	return m.charge(charges, now)
}

// begin returns the challenge, or what refused: a limit, "not found", or nothing.
func (m *model) begin(p phoneauth.BeginParams) (phoneauth.Challenge, string) {
	live, ok := m.challenges[p.Challenge.Key]
	ok = ok && p.Now.Before(live.ExpiresAt)
	switch {
	case m.locked(p.Lockout, p.Now):
		return live, p.Lockout.Name
	case p.Renew != "" && (!ok || live.ID != p.Renew):
		return live, "not found"
	}
	if name := m.all(p.Asks, p.Takes, p.Charges, p.Now); name != "" {
		return live, name
	}
	c := p.Challenge
	if ok {
		c = live
		c.Pending, c.Sends = p.Challenge.Pending, c.Sends+p.Challenge.Sends
		if c.ExpiresAt = p.Challenge.ExpiresAt; c.ExpiresAt.After(c.Until) {
			c.ExpiresAt = c.Until
		}
		if p.Renew != "" {
			c.ID = p.Challenge.ID
		}
	}
	m.challenges[c.Key] = c
	return c, ""
}

// attempt returns "" for a match.
func (m *model) attempt(p phoneauth.AttemptParams) (phoneauth.Challenge, string) {
	if m.locked(p.Lockout, p.Now) {
		return phoneauth.Challenge{}, p.Lockout.Name
	}
	if name := m.take(p.Takes, p.Now); name != "" {
		return phoneauth.Challenge{}, name
	}
	for _, of := range p.Candidates {
		c, ok := m.challenges[of.Key]
		if !ok || !p.Now.Before(c.ExpiresAt) || of.ID != "" && of.ID != c.ID {
			continue
		}
		for _, digest := range of.Digests {
			if bytes.Equal(digest, c.Digest) {
				m.match(c, of.OnMatch, p)
				return c, ""
			}
		}
		m.count(p.Lockout, p.Now)
		if c.TriesLeft--; c.TriesLeft == 0 {
			delete(m.challenges, of.Key)
		} else {
			m.challenges[of.Key] = c
		}
		return c, "mismatch"
	}
	return phoneauth.Challenge{}, "not found" // the takes stay
}

func (m *model) match(c phoneauth.Challenge, do phoneauth.OnMatch, p phoneauth.AttemptParams) {
	delete(m.challenges, c.Key)
	delete(m.lockouts, p.Lockout.Key)
	m.giveBack(do.Refunds, 1)
	m.giveBack(do.SendRefunds, c.Sends)
	reward := 0.0
	if len(do.Credits) > 0 && m.take([]phoneauth.Take{do.Reward.Take}, p.Now) == "" {
		reward = do.Reward.Amount
	}
	for _, credit := range do.Credits {
		if by := float64(c.Sends)*credit.Amount + reward; by != 0 {
			m.change(credit.Score, -by, p.Now)
		}
	}
	for _, key := range do.ClearScores {
		delete(m.scores, key)
	}
	if do.Store != nil {
		m.challenges[do.Store.Key] = *do.Store
	}
}

// state is what is known of the rows that p names. A wait is what the take says that is
// asked again and again.
func (m *model) state(p phoneauth.StateParams) (s phoneauth.State) {
	for _, key := range p.Challenges {
		c := m.challenges[key]
		if !p.Now.Before(c.ExpiresAt) {
			c = phoneauth.Challenge{}
		}
		s.Challenges = append(s.Challenges, c)
	}
	for _, key := range p.Lockouts {
		var state phoneauth.LockoutState
		if r, ok := m.lockouts[key]; ok && p.Now.Before(later(r.until, r.forget)) {
			state = phoneauth.LockoutState{Failures: r.count, ForgetAt: r.forget.UnixMicro()}
			if !r.until.IsZero() {
				state.LockedUntil = r.until.UnixMicro()
			}
		}
		s.Lockouts = append(s.Lockouts, state)
	}
	for _, t := range p.Takes {
		next, _ := m.next(t, p.Now)
		s.Waits = append(s.Waits, max(0, next.Sub(p.Now)-time.Duration(t.Burst)*t.Every))
	}
	for _, of := range p.Scores {
		s.Scores = append(s.Scores, m.faded(of, p.Now))
	}
	return s
}
