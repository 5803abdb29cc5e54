// Package places bounds how many do something costly at once, and how many wait for it. No
// client holds more than a quarter of the places, nor of the line before them, so that one
// client cannot keep the others out.
package places

import (
	"context"
	"errors"
	"sync"
)

// ErrFull is the refusal of a client that finds no room in the line.
var ErrFull = errors.New("places: the line is full")

// Places are so many places and a line before them. [New] makes them. They are safe for
// concurrent use.
type Places struct {
	share, lineShare int // the most of one client, at least 1
	lineLength       int

	mu   sync.Mutex
	free int
	held map[string]int // by client
	line []*waiter
}

type waiter struct {
	client string
	place  chan struct{} // closed when there is a place
}

// New returns so many places with a line of so many before them, both at least 1.
func New(places, line int) *Places {
	return &Places{
		share:      max(1, places/4),
		lineShare:  max(1, line/4),
		lineLength: line,
		free:       places,
		held:       map[string]int{},
	}
}

// Enter takes a place for client, and waits for one until ctx ends. leave gives it back,
// and must be called once. The error is ErrFull or the cause of ctx's end.
func (p *Places) Enter(ctx context.Context, client string) (leave func(), err error) {
	w, err := p.enter(client)
	if err != nil {
		return nil, err
	}
	if w != nil {
		select {
		case <-w.place:
		case <-ctx.Done():
			if p.leaveLine(w) {
				return nil, context.Cause(ctx)
			}
			// The place was given at the same moment, so this client has it.
		}
	}
	return func() { p.leave(client) }, nil
}

// enter takes a place at once, or returns a waiter in the line.
func (p *Places) enter(client string) (*waiter, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.free > 0 && p.held[client] < p.share {
		p.take(client)
		return nil, nil
	}
	waiting := 0
	for _, w := range p.line {
		if w.client == client {
			waiting++
		}
	}
	if len(p.line) >= p.lineLength || waiting >= p.lineShare {
		return nil, ErrFull
	}
	w := &waiter{client, make(chan struct{})}
	p.line = append(p.line, w)
	return w, nil
}

// take gives a free place to client. p.mu is held.
func (p *Places) take(client string) {
	p.free--
	p.held[client]++
}

// leave gives the place of client back, to the first in the line who may have it.
func (p *Places) leave(client string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free++
	if p.held[client]--; p.held[client] == 0 {
		delete(p.held, client)
	}
	for i, w := range p.line {
		if p.held[w.client] < p.share {
			p.line = append(p.line[:i], p.line[i+1:]...)
			p.take(w.client)
			close(w.place)
			return
		}
	}
}

// leaveLine takes w out of the line. It is false if w has got a place meanwhile.
func (p *Places) leaveLine(w *waiter) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.line {
		if p.line[i] == w {
			p.line = append(p.line[:i], p.line[i+1:]...)
			return true
		}
	}
	return false
}
