// Package seam lets the test suites of this module control a Service: its clock, and the work
// that it does after its answers. A bubble of testing/synctest cannot contain sockets, so
// suites that run on real databases move time by a [Seam]. No other module can import it.
package seam

import (
	"context"
	"sync"
	"time"

	"github.com/phoneauth/phoneauth/internal/background"
)

// Holder is a store that gives a Seam to the Service that is made with it.
type Holder interface {
	// Seam returns the Seam. It is never nil.
	Seam() *Seam
}

// Seam is a clock that stands still until it is moved, and the background work of the
// Services that read it. [New] makes one. It is safe for concurrent use.
type Seam struct {
	mu     sync.Mutex
	now    time.Time
	groups []*background.Group
}

// Start is when the clock of every Seam begins: that of a bubble of synctest.
var Start = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// New returns a Seam whose clock shows Start.
func New() *Seam { return &Seam{now: Start} }

// Now returns the time that the clock shows.
func (s *Seam) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// Advance waits for the background work, as a bubble does, and moves the clock by d.
func (s *Seam) Advance(ctx context.Context, d time.Duration) error {
	if err := s.Settle(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
	return nil
}

// Join adds the background work of a Service.
func (s *Seam) Join(g *background.Group) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.groups = append(s.groups, g)
}

// Settle waits until nothing runs after an answer, or until ctx ends.
func (s *Seam) Settle(ctx context.Context) error {
	s.mu.Lock()
	groups := s.groups
	s.mu.Unlock()
	for _, g := range groups {
		if err := g.Wait(ctx); err != nil {
			return err
		}
	}
	return nil
}
