package failover

import (
	"context"
	"time"
)

// maxRetryAfter bounds the RetryAfter of a sender. After it comes a probe.
const maxRetryAfter = time.Minute

// outcome says what a call means for the breaker of its sender.
type outcome int

const (
	// nothing means that the failure is not counted: it has FaultDestination or no known
	// fault, the caller cancelled, or the sender panicked. It neither opens nor closes a
	// breaker, and does not reset the count.
	nothing outcome = iota
	success
	failure
)

// breaker is closed while until is zero; then open until that time; then half open: it
// lets one probe through at a time.
type breaker struct {
	failures int           // in a row that open it
	cooldown time.Duration // it then stays open

	inRow   int
	until   time.Time
	probing bool
	turn    int // of opening and closing
}

// pass is the leave to make one call.
type pass struct {
	turn  int
	probe bool
}

// wait returns how long the breaker will still refuse, not counting a probe on its way.
func (b *breaker) wait(now time.Time) time.Duration { return max(b.until.Sub(now), 0) }

// admit gives a pass, to be handed to settle exactly once.
func (b *breaker) admit(now time.Time) (pass, bool) {
	switch {
	case b.until.IsZero():
		return pass{turn: b.turn}, true
	case b.wait(now) > 0 || b.probing:
		return pass{}, false
	}
	b.probing = true
	return pass{turn: b.turn, probe: true}, true
}

// settle takes the outcome of a call, and reports whether the breaker opened or closed.
// Calls that began before it last did either say nothing any more.
func (b *breaker) settle(p pass, o outcome, retryAfter time.Duration, now time.Time) (changed bool) {
	if p.turn != b.turn {
		return false
	}
	if p.probe {
		b.probing = false
	}
	switch o {
	case success:
		b.inRow = 0
		if p.probe {
			b.until = time.Time{}
			b.turn++
			return true
		}
	case failure:
		b.inRow++
		if p.probe || b.inRow >= b.failures || retryAfter > 0 {
			pause := b.cooldown
			if retryAfter > 0 {
				pause = min(retryAfter, maxRetryAfter)
			}
			b.until = now.Add(pause)
			b.inRow = 0
			b.turn++
			return true
		}
	}
	return false
}

func (r *route) admit(now time.Time) (pass, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.breaker.admit(now)
}

// state says how long r refuses, and whether it is demoted.
func (r *route) state(now time.Time) (wait time.Duration, demoted bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.breaker.wait(now), r.delivery.demoted(now)
}

func (s *Sender) settle(ctx context.Context, r *route, p pass, o outcome, retryAfter time.Duration) {
	r.mu.Lock()
	changed := r.breaker.settle(p, o, retryAfter, time.Now())
	pause := time.Until(r.breaker.until)
	r.mu.Unlock()
	switch {
	case changed && o == success:
		s.log.InfoContext(ctx, "failover: breaker closed", "sender", r.Name)
	case changed:
		s.log.WarnContext(ctx, "failover: breaker open", "sender", r.Name, "for", pause)
	}
}
