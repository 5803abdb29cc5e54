package deadline

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/phoneauth/phoneauth/internal/bubble"
)

func TestEndsAtItsDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := New(t.Context(), time.Second)
		defer c.End()
		at, ok := c.Deadline()
		assert.True(t, ok)
		assert.Equal(t, time.Now().Add(time.Second), at)
		assert.NoError(t, c.Err())
		began := time.Now()
		<-c.Done()
		assert.Equal(t, time.Second, time.Since(began))
		assert.Equal(t, context.DeadlineExceeded, c.Err())
		assert.Equal(t, context.DeadlineExceeded, context.Cause(c))
		c.End()
		assert.Equal(t, context.DeadlineExceeded, c.Err(), "the first error stays")
	})
}

func TestTheTimeCountsFromNew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := New(t.Context(), time.Second)
		defer c.End()
		bubble.Elapse(time.Second)
		assert.Equal(t, context.DeadlineExceeded, context.Cause(c), "nobody had asked before")
		<-c.Done()
		assert.Equal(t, context.DeadlineExceeded, c.Err())
	})
}

func TestAnEarlierDeadlineOfTheParentHolds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		parent, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		c := New(parent, time.Second)
		defer c.End()
		at, _ := c.Deadline()
		assert.Equal(t, time.Now().Add(time.Millisecond), at)
		<-c.Done()
		assert.Equal(t, context.DeadlineExceeded, c.Err())
	})
}

func TestEndsWithItsParent(t *testing.T) {
	t.Parallel()
	why := errors.New("why")
	for _, early := range []bool{true, false} { // whether Done is called before the parent ends
		parent, cancel := context.WithCancelCause(t.Context())
		c := New(parent, time.Hour)
		if early {
			assert.NotNil(t, c.Done())
			assert.NoError(t, context.Cause(c))
		}
		cancel(why)
		<-c.Done()
		assert.Equal(t, context.Canceled, c.Err())
		assert.Equal(t, why, context.Cause(c))
		c.End()
	}
}

func TestEnd(t *testing.T) {
	t.Parallel()
	for _, early := range []bool{true, false} {
		c := New(t.Context(), time.Hour)
		if early {
			assert.NoError(t, c.Err())
		}
		c.End()
		c.End()
		<-c.Done()
		assert.Equal(t, context.Canceled, c.Err())
		assert.Equal(t, context.Canceled, context.Cause(c))
	}
}

func TestValuesPassThrough(t *testing.T) {
	t.Parallel()
	type key struct{}
	c := New(context.WithValue(t.Context(), key{}, "v"), time.Hour)
	defer c.End()
	assert.Equal(t, "v", c.Value(key{}))
	assert.Nil(t, c.Value("other"))
	assert.NotNil(t, c.Done())
	assert.Equal(t, "v", c.Value(key{}))
	assert.Nil(t, c.Value("other"))
}

// TestChildren counts goroutines, so it is not parallel. synctest.Test panics when one is left.
func TestChildren(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(context.WithoutCancel(t.Context()), time.Second)
		before := runtime.NumGoroutine()
		child, cancel := context.WithCancel(c)
		defer cancel()
		assert.Equal(t, before, runtime.NumGoroutine(), "a child costs no goroutine")
		called := make(chan struct{})
		context.AfterFunc(c, func() { close(called) })
		detached := context.WithoutCancel(c)
		c.End()
		<-child.Done()
		<-called
		assert.Equal(t, context.Canceled, child.Err())
		assert.NoError(t, detached.Err())
	})
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	for range 100 {
		c := New(t.Context(), time.Hour)
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() { <-c.Done() })
			all.Go(func() { _ = c.Err() })
			all.Go(func() { _ = c.Value("key") })
		}
		all.Go(c.End)
		all.Wait()
		assert.Equal(t, context.Canceled, c.Err())
	}
}

// TestNoTimerUnlessAsked counts allocations, so it is not parallel.
func TestNoTimerUnlessAsked(t *testing.T) {
	parent := context.Background()
	assert.LessOrEqual(t, testing.AllocsPerRun(100, func() {
		c := New(parent, time.Hour)
		_, _ = c.Deadline()
		_ = c.Value("key")
		c.End()
	}), 1.0)
}
