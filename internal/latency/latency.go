// Package latency lets an answer that does nothing take as long as one that works.
package latency

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// Recent are how long the latest 64 operations took, such as the sends that a provider
// accepted. An answer that sends nothing waits as long as one of them, so that its time
// does not tell that nothing was sent. The zero value has none, and then nothing waits. It
// is safe for concurrent use.
type Recent struct {
	mu    sync.Mutex
	times [64]time.Duration
	seen  int
}

// Add notes how long an operation took.
func (r *Recent) Add(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.times[r.seen%len(r.times)] = d
	r.seen++
}

// one returns how long one of the latest operations took, chosen at random.
func (r *Recent) one() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen == 0 {
		return 0
	}
	return r.times[rand.IntN(min(r.seen, len(r.times)))]
}

// Wait takes as long as one of the latest operations took, and ends early with ctx.
func (r *Recent) Wait(ctx context.Context) {
	d := r.one()
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
