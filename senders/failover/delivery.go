package failover

import (
	"hash/maphash"
	"math/bits"
	"time"
)

// window is how many delivery reports are looked back at, at most 32.
const window = 20

// remembered is how many ids of counted reports are remembered, 16 bytes each or so. A
// provider repeats a report within minutes, and window of them are looked back at.
const remembered = 1024

// delivery is what the reports of one sender say.
type delivery struct {
	demotion time.Duration

	undelivered uint32 // one bit a report, the newest lowest
	reports     int    // up to window
	until       time.Time
	counted     ids
}

func (d *delivery) demoted(now time.Time) bool { return now.Before(d.until) }

// report counts one, and reports whether the sender has just been demoted. While it is
// demoted, reports of messages that it accepted before are not counted.
func (d *delivery) report(id string, delivered bool, now time.Time) bool {
	if d.demoted(now) || !d.counted.add(id) {
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

// ids is a set of the last ids that were added, as hashes that nobody can foresee.
type ids struct {
	seed maphash.Seed
	in   map[uint64]bool
	ring []uint64
	next int // the oldest of a full ring
}

// add reports whether id is new.
func (s *ids) add(id string) bool {
	if s.in == nil {
		s.seed, s.in = maphash.MakeSeed(), map[uint64]bool{}
	}
	h := maphash.String(s.seed, id)
	if s.in[h] {
		return false
	}
	s.in[h] = true
	if len(s.ring) < remembered {
		s.ring = append(s.ring, h)
		return true
	}
	delete(s.in, s.ring[s.next])
	s.ring[s.next] = h
	s.next = (s.next + 1) % remembered
	return true
}

func (r *route) report(id string, delivered bool, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.delivery.report(id, delivered, now)
}
