package places_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth/internal/places"
)

func enter(t *testing.T, p *places.Places, client string) func() {
	t.Helper()
	leave, err := p.Enter(t.Context(), client)
	require.NoError(t, err)
	return leave
}

func TestOneClientHoldsAQuarterOfThePlaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := places.New(8, 8)
		enter(t, p, "greedy")
		enter(t, p, "greedy")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := p.Enter(ctx, "greedy")
		assert.ErrorIs(t, err, context.DeadlineExceeded, "the third of eight places")
		enter(t, p, "other")
	})
}

func TestOneClientHoldsAQuarterOfTheLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := places.New(1, 8)
		leave := enter(t, p, "greedy")
		var waiting sync.WaitGroup
		for range 2 {
			waiting.Go(func() {
				leave, err := p.Enter(t.Context(), "greedy")
				assert.NoError(t, err)
				leave()
			})
		}
		synctest.Wait()
		_, err := p.Enter(t.Context(), "greedy")
		assert.ErrorIs(t, err, places.ErrFull, "the third of eight in the line")
		waiting.Go(func() {
			leave, err := p.Enter(t.Context(), "other")
			assert.NoError(t, err)
			leave()
		})
		synctest.Wait()
		leave()
		waiting.Wait()
	})
}

func TestAWaiterPassesThoseAtTheirShare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := places.New(2, 8)
		enter(t, p, "greedy")
		leaveOther := enter(t, p, "other")
		go p.Enter(t.Context(), "greedy")
		synctest.Wait()
		got := make(chan struct{})
		go func() {
			p.Enter(t.Context(), "third")
			close(got)
		}()
		synctest.Wait()
		leaveOther()
		<-got
	})
}

func TestNeverMoreThanThePlaces(t *testing.T) {
	p := places.New(4, 1000)
	var inside, most atomic.Int64
	var all sync.WaitGroup
	for i := range 64 {
		all.Go(func() {
			for range 100 {
				leave, err := p.Enter(t.Context(), string(rune('a'+i%16)))
				if err != nil {
					continue
				}
				most.Store(max(most.Load(), inside.Add(1)))
				inside.Add(-1)
				leave()
			}
		})
	}
	all.Wait()
	assert.LessOrEqual(t, most.Load(), int64(4))
	for range 4 {
		enter(t, p, string(rune('A'+most.Add(1))))
	}
}

func TestAWaiterWhoseContextEndsLosesNoPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := places.New(1, 4)
		leave := enter(t, p, "a")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := p.Enter(ctx, "b")
		require.Error(t, err)
		leave()
		enter(t, p, "c")
	})
}
