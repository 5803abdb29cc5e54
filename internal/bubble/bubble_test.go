package bubble_test

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/phoneauth/phoneauth/internal/bubble"
)

func TestElapse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var woken atomic.Bool
		go func() {
			<-time.After(time.Hour)
			woken.Store(true)
		}()
		bubble.Elapse(time.Hour - 1)
		assert.False(t, woken.Load())
		bubble.Elapse(1)
		synctest.Wait()
		assert.True(t, woken.Load())
		assert.Equal(t, time.Hour, time.Since(start))
	})
}

func TestElapseOutsideOfABubble(t *testing.T) {
	assert.Panics(t, func() { bubble.Elapse(0) })
}
