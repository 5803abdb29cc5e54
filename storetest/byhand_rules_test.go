package storetest

import (
	"maps"
	"math"
	"time"

	"github.com/phoneauth/phoneauth"
)

// ceil is d in whole microseconds, rounded up.
func ceil(d time.Duration) time.Duration { return (d + tick - 1).Truncate(tick) }

// span is by how much a take moves the tat.
func (s *byHand) span(take phoneauth.Take) time.Duration {
	return time.Duration(take.Cost) * s.ceil(take.Every)
}

// waitFor is how long until take is admitted; it is if that is not more than 0.
func (s *byHand) waitFor(take phoneauth.Take, tat, now time.Time) time.Duration {
	next := s.later(tat, now).Add(s.span(take))
	return next.Sub(now) - time.Duration(take.Burst)*s.ceil(take.Every)
}

// taken returns what the tats of these keys become, or the refusal.
func (s *byHand) taken(asks, takes []phoneauth.Take, now time.Time) (map[string]time.Time, error) {
	for _, ask := range asks {
		if wait := s.waitFor(ask, s.tats[ask.Key], now); wait > 0 {
			return nil, &phoneauth.LimitError{Limit: ask.Name, RetryAfter: wait}
		}
	}
	tats := map[string]time.Time{}
	for _, take := range takes {
		tat, ok := tats[take.Key]
		if !ok {
			tat = s.tats[take.Key]
		}
		if wait := s.waitFor(take, tat, now); wait > 0 {
			return nil, &phoneauth.LimitError{Limit: take.Name, RetryAfter: wait}
		}
		tats[take.Key] = s.later(tat, now).Add(s.span(take))
	}
	return tats, nil
}

// takeAll asks, takes and charges all that p names, or nothing.
func (s *byHand) takeAll(p phoneauth.TakeParams) error {
	tats, err := s.taken(p.Asks, p.Takes, p.Now)
	if err != nil {
		return err
	}
	scores, err := s.charged(p.Charges, p.Now)
	if err != nil {
		return err
	}
	maps.Copy(s.tats, tats)
	maps.Copy(s.scores, scores)
	return nil
}

// giveBack gives each of takes back n times.
func (s *byHand) giveBack(takes []phoneauth.Take, n int) {
	for _, take := range takes {
		if tat, ok := s.tats[take.Key]; ok {
			s.tats[take.Key] = tat.Add(-time.Duration(n) * s.span(take))
		}
	}
}

// resendAt tries ever later times, but not for ever, since a wrong rule may refuse for ever.
func (s *byHand) resendAt(takes []phoneauth.Take, now time.Time) time.Time {
	for range 100 {
		_, err := s.taken(nil, takes, now)
		if err == nil {
			break
		}
		now = now.Add(err.(*phoneauth.LimitError).RetryAfter)
	}
	return now.UTC()
}

// charged returns what the scores of these keys become, or the refusal.
func (s *byHand) charged(charges []phoneauth.Charge, now time.Time) (map[string]score, error) {
	scores := map[string]score{}
	for _, c := range charges {
		was, ok := scores[c.Key]
		if !ok {
			was = s.scores[c.Key]
		}
		if s.round(s.faded(was, c, now)+c.Amount) > c.Max {
			return nil, &phoneauth.LimitError{Limit: c.Name, RetryAfter: s.wait(was, c, now)}
		}
		scores[c.Key] = s.changed(was, c, c.Amount, now)
	}
	return scores, nil
}

// credit takes by off the score of c.
func (s *byHand) credit(c phoneauth.Charge, by float64, now time.Time) {
	if by != 0 {
		s.scores[c.Key] = s.changed(s.scores[c.Key], c, -by, now)
	}
}

// changed is the score was, faded and changed by by.
func (s *byHand) changed(was score, of phoneauth.Charge, by float64, now time.Time) score {
	value := s.faded(was, of, now)
	weight := s.weight(value, of)
	if weight == 0 {
		return was
	}
	at := s.changedAt(was, now)
	return score{value + weight*by, at, at.Add(life(of))}
}

// changedAt is the time of a change now of the score was.
func changedAt(was score, now time.Time) time.Time {
	if was.value == 0 {
		return now
	}
	return later(was.at, now)
}

// life is how long a score is kept after a change.
func life(of phoneauth.Charge) time.Duration { return 4 * ceil(max(of.DebtDecay, of.CreditDecay)) }

func faded(was score, of phoneauth.Charge, now time.Time) float64 {
	eFold := of.DebtDecay
	if was.value < 0 {
		eFold = of.CreditDecay
	}
	switch {
	case was.value == 0 || !now.Before(was.forget):
		return 0
	case now.Before(was.at):
		return was.value
	}
	return was.value * math.Exp(-float64(now.Sub(was.at))/float64(eFold))
}

func weight(value float64, of phoneauth.Charge) float64 {
	if of.SampleBelow != 0 && value < of.SampleBelow {
		return of.SampleWeight
	}
	return 1
}

// untilAdmitted is how long it takes the score to fade so far that the charge fits, and no
// longer than until it is forgotten.
func untilAdmitted(was score, of phoneauth.Charge, now time.Time) time.Duration {
	longest := life(of)
	if was.value != 0 && was.forget.After(now) {
		longest = was.forget.Sub(now)
	}
	room := math.Floor(of.Max) + 0.5 - of.Amount
	if room <= 0 {
		return longest
	}
	fading := time.Duration(math.Ceil(float64(of.DebtDecay)/float64(tick)*math.Log(faded(was, of, now)/room))) * tick
	return min(longest, max(0, was.at.Sub(now))+max(tick, fading))
}

// locked is the refusal of a key that is locked at now.
func (s *byHand) locked(l phoneauth.Lockout, now time.Time) error {
	if c := s.lockouts[l.Key]; l.Key != "" && now.Before(c.until) {
		return &phoneauth.LimitError{Limit: l.Name, RetryAfter: c.until.Sub(now)}
	}
	return nil
}

func (s *byHand) fail(l phoneauth.Lockout, now time.Time) {
	if l.Key == "" {
		return
	}
	c := s.lockouts[l.Key]
	if s.forgotten(c, l, now) {
		c = counter{}
	}
	c.count++
	c.forget, c.last = s.forgetAt(c, l, now), now
	if wait := s.lock(c, l); wait > 0 {
		c.until = now.Add(s.ceil(wait))
	}
	s.lockouts[l.Key] = c
}

func forgotten(c counter, _ phoneauth.Lockout, now time.Time) bool {
	return !now.Before(later(c.forget, c.until))
}

// forgetAt is when the count is forgotten after a failure now.
func forgetAt(c counter, l phoneauth.Lockout, now time.Time) time.Time {
	return later(c.forget, now.Add(ceil(l.TTL)))
}

// lock is for how long this count locks.
func lock(c counter, l phoneauth.Lockout) time.Duration {
	last := l.Steps[len(l.Steps)-1]
	if c.count > last.Failures {
		return last.Wait
	}
	return lockAt(c, l)
}

// lockAt is a lock that knows its steps only.
func lockAt(c counter, l phoneauth.Lockout) time.Duration {
	for _, step := range l.Steps {
		if c.count == step.Failures {
			return step.Wait
		}
	}
	return 0
}
