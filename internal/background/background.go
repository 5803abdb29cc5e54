// Package background runs what goes on after an answer, so that the time of the answer does
// not tell what was done. How much runs at once is bounded, and closing waits for it.
package background

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// ErrFull is the refusal of more work: too much is running, or the group is closed.
var ErrFull = errors.New("background: too much is running, or closed")

// Group runs functions after their callers have gone on. [New] makes one. It is safe for
// concurrent use.
type Group struct {
	most, mostPlain int
	failed          func(ctx context.Context, err error)

	mu     sync.Mutex
	taken  int
	plain  int // of those, plain ones
	closed bool
	idle   chan struct{} // closed when the group is closed and nothing runs
	rest   chan struct{} // closed when nothing runs; nil while nobody waits for that
}

// New returns a Group that runs at most so many functions at once. At most mostPlain of them are
// plain; the other places are for urgent ones. failed is told of errors and panics.
func New(most, mostPlain int, failed func(context.Context, error)) *Group {
	return &Group{most: most, mostPlain: mostPlain, failed: failed, idle: make(chan struct{})}
}

// Place is room for one function. Go or Release must be called once.
type Place struct {
	group *Group
	plain bool
}

// Plain takes a place for plain work. ErrFull: there is none.
func (g *Group) Plain() (*Place, error) { return g.place(true) }

// Urgent takes a place for urgent work. ErrFull: there is none.
func (g *Group) Urgent() (*Place, error) { return g.place(false) }

func (g *Group) place(plain bool) (*Place, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed || g.taken == g.most || plain && g.plain == g.mostPlain {
		return nil, ErrFull
	}
	g.taken++
	if plain {
		g.plain++
	}
	return &Place{g, plain}, nil
}

// Go runs f with the values of ctx and without its end, and gives the place back.
func (p *Place) Go(ctx context.Context, f func(context.Context) error) {
	ctx = context.WithoutCancel(ctx)
	go func() {
		defer p.Release()
		defer func() {
			if r := recover(); r != nil { // of a sender or a hook: it must not end the host
				p.group.failed(ctx, fmt.Errorf("panic: %v", r))
			}
		}()
		if err := f(ctx); err != nil {
			p.group.failed(ctx, err)
		}
	}()
}

// Release gives the place back without running anything.
func (p *Place) Release() {
	g := p.group
	g.mu.Lock()
	defer g.mu.Unlock()
	g.taken--
	if p.plain {
		g.plain--
	}
	g.settle()
}

// settle closes idle once there is nothing to wait for. g.mu is held.
func (g *Group) settle() {
	if g.taken > 0 {
		return
	}
	if g.closed {
		close(g.idle)
	}
	if g.rest != nil {
		close(g.rest)
		g.rest = nil
	}
}

// Wait waits until nothing runs, or until ctx ends, whose cause it then returns. More may
// start meanwhile and afterwards.
func (g *Group) Wait(ctx context.Context) error {
	g.mu.Lock()
	if g.taken == 0 {
		g.mu.Unlock()
		return nil
	}
	if g.rest == nil {
		g.rest = make(chan struct{})
	}
	rest := g.rest
	g.mu.Unlock()
	select {
	case <-rest:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Close lets nothing start any more, and waits for what runs, or for ctx to end, whose
// cause it then returns.
func (g *Group) Close(ctx context.Context) error {
	g.mu.Lock()
	if !g.closed {
		g.closed = true
		g.settle()
	}
	g.mu.Unlock()
	select {
	case <-g.idle: // even if ctx has ended, too
		return nil
	default:
	}
	select {
	case <-g.idle:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
