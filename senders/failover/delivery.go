package failover

import (
	"math/bits"
	"time"
)

// window is how many delivery reports are looked back at, at most 32.
const window = 20

// delivery is what the reports of one sender say.
type delivery struct {
	demotion time.Duration

	undelivered uint32 // one bit a report, the newest lowest
	reports     int    // up to window
	until       time.Time
}

func (d *delivery) demoted(now time.Time) bool { return now.Before(d.until) }

// report counts one, and reports whether the sender has just been demoted. While it is
// demoted, reports of what it accepted before count for nothing.
func (d *delivery) report(delivered bool, now time.Time) bool {
	if d.demoted(now) {
		return false
	}
	d.undelivered = d.undelivered << 1 & (1<<window - 1)
	if !delivered {
		d.undelivered |= 1
	}
	d.reports = min(d.reports+1, window)
	if d.reports < window || 2*bits.OnesCount32(d.undelivered) < window {
		return false
	}
	d.undelivered, d.reports, d.until = 0, 0, now.Add(d.demotion)
	return true
}

func (r *route) report(delivered bool, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.delivery.report(delivered, now)
}
