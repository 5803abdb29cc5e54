// Package deadline bounds a call by a time, and makes a timer only for a call that looks at it.
package deadline

import (
	"context"
	"sync"
	"time"
)

// Context ends at its deadline, at End or with its parent, as one of [context.WithTimeout] does.
// But it makes its timer when Done or Err is first called. A call that uses neither, such as one
// of a store in memory, costs one allocation and no timer.
type Context struct {
	parent context.Context
	at     time.Time

	mu     sync.Mutex
	timed  context.Context // what Done and Err are asked of; nil until one of them is called
	cancel context.CancelFunc
	ended  bool
}

// New returns a Context that ends after d. Call End when the call is over.
func New(parent context.Context, d time.Duration) *Context {
	at := time.Now().Add(d)
	if earlier, ok := parent.Deadline(); ok && earlier.Before(at) {
		at = earlier
	}
	return &Context{parent: parent, at: at}
}

// End ends c and stops its timer.
func (c *Context) End() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
	if c.cancel != nil {
		c.cancel()
	}
}

// withTimer returns the context with a timer that c stands for.
func (c *Context) withTimer() context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.timed == nil {
		c.timed, c.cancel = context.WithDeadline(c.parent, c.at)
		if c.ended {
			c.cancel()
		}
	}
	return c.timed
}

// Deadline implements [context.Context].
func (c *Context) Deadline() (time.Time, bool) { return c.at, true }

// Done implements [context.Context].
func (c *Context) Done() <-chan struct{} { return c.withTimer().Done() }

// Err implements [context.Context].
func (c *Context) Err() error { return c.withTimer().Err() }

// Value implements [context.Context]. After Done, the context package finds by it what it needs
// to attach children to c without a goroutine.
func (c *Context) Value(key any) any {
	c.mu.Lock()
	of := c.timed
	c.mu.Unlock()
	if of == nil {
		of = c.parent
	}
	return of.Value(key)
}
