package numbers

import "sync"

// recentNumbers is how many numbers each of the two maps holds at most. One takes about 200 bytes.
const recentNumbers = 8192

// spelling is what read reads.
type spelling struct{ spelled, region string }

// recent remembers the valid numbers that were read last, by their spelling. The code that was sent to a number
// comes back with that number, and to read it costs more than everything else about it. It is safe for
// concurrent use.
type recent struct {
	mu          sync.Mutex
	now, before map[spelling]Number // when now is full it becomes before, which is forgotten
}

// get returns the number with this spelling, if it is remembered.
func (r *recent) get(as spelling) (n Number, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n, ok = r.now[as]; ok {
		return n, true
	}
	if n, ok = r.before[as]; ok {
		r.add(as, n)
	}
	return n, ok
}

// put remembers n.
func (r *recent) put(as spelling, n Number) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.add(as, n)
}

func (r *recent) add(as spelling, n Number) {
	if len(r.now) >= recentNumbers {
		r.before, r.now = r.now, nil
	}
	if r.now == nil {
		r.now = map[spelling]Number{}
	}
	r.now[as] = n
}
