package main

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// late is a context that has reached its deadline and does not say so until it is asked.
type late struct {
	context.Context
	end context.CancelCauseFunc
}

var errLate = errors.New("no answer within 4s")

func (l late) Deadline() (time.Time, bool) { return time.Now(), true }

func (l late) Done() <-chan struct{} {
	l.end(errLate)
	return l.Context.Done()
}

// A connection that ends at the deadline is no stranger, though it be the first to end.
func TestCauseAtTheDeadline(t *testing.T) {
	ctx, end := context.WithCancelCause(t.Context())
	stranger := errors.New("no such server")
	assert.Equal(t, errLate, cause(late{ctx, end}, os.ErrDeadlineExceeded, stranger))
	assert.Equal(t, stranger, cause(t.Context(), os.ErrDeadlineExceeded, stranger))
}
