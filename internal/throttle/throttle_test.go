package throttle

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestAdmit(t *testing.T) {
	limit, now := New(3, time.Second), time.Unix(1_000_000, 0)
	for range 3 {
		assert.Zero(t, limit.Admit("a", now))
	}
	assert.Equal(t, time.Second, limit.Admit("a", now))
	assert.Equal(t, 400*time.Millisecond, limit.Admit("a", now.Add(600*time.Millisecond)))
	assert.Zero(t, limit.Admit("a", now.Add(time.Second)), "a refusal took nothing")
	assert.NotZero(t, limit.Admit("a", now.Add(time.Second)))
	assert.NotZero(t, limit.Admit("a", now.Add(-time.Hour)), "a clock that goes back gives nothing")

	later := now.Add(time.Hour)
	for range 3 {
		assert.Zero(t, limit.Admit("a", later), "no more than the burst is saved up")
	}
	assert.NotZero(t, limit.Admit("a", later))
}

func TestCallersAreApart(t *testing.T) {
	limit, now := New(1, time.Second), time.Unix(1_000_000, 0)
	admitted := 0
	for i := range 100 {
		if limit.Admit(fmt.Sprint("caller ", i), now) == 0 {
			admitted++
		}
	}
	assert.Greater(t, admitted, 90, "few of them share a slot")
}

func TestAdmitsNoMoreAtOnce(t *testing.T) {
	limit, now := New(100, time.Hour), time.Now()
	var admitted atomic.Int64
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			for range 50 {
				if limit.Admit("a", now) == 0 {
					admitted.Add(1)
				}
			}
		})
	}
	all.Wait()
	assert.EqualValues(t, 100, admitted.Load())
}
