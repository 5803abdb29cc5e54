package phoneauth

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// sendTimes are how long the latest sends took that a provider accepted. An answer that
// sends nothing waits as long as one of them, so that its time does not tell that nothing
// was sent. The zero value has none, and then nothing waits.
type sendTimes struct {
	mu    sync.Mutex
	times [64]time.Duration
	seen  int
}

// add notes a send.
func (s *sendTimes) add(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.times[s.seen%len(s.times)] = d
	s.seen++
}

// one is the time of one of the latest sends, by chance.
func (s *sendTimes) one() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen == 0 {
		return 0
	}
	return s.times[rand.IntN(min(s.seen, len(s.times)))]
}

// wait takes as long as one of the latest sends took.
func (s *sendTimes) wait(ctx context.Context) {
	d := s.one()
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
