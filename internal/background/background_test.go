package background_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth/internal/background"
)

func TestPlainWorkLeavesRoomForUrgentWork(t *testing.T) {
	g := background.New(3, 2, nil)
	first, err := g.Plain()
	require.NoError(t, err)
	_, err = g.Plain()
	require.NoError(t, err)
	_, err = g.Plain()
	assert.ErrorIs(t, err, background.ErrFull)
	_, err = g.Urgent()
	require.NoError(t, err)
	_, err = g.Urgent()
	assert.ErrorIs(t, err, background.ErrFull)
	first.Release()
	_, err = g.Plain()
	assert.NoError(t, err)
}

func TestGoOutlivesItsCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var failed error
		g := background.New(2, 2, func(_ context.Context, err error) { failed = err })
		ctx, cancel := context.WithCancel(t.Context())
		place, err := g.Urgent()
		require.NoError(t, err)
		place.Go(ctx, func(ctx context.Context) error {
			cancel()
			return ctx.Err()
		})
		require.NoError(t, g.Close(t.Context()))
		assert.NoError(t, failed)
	})
}

func TestFailuresAndPanicsAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var failed []error
		g := background.New(2, 2, func(_ context.Context, err error) { failed = append(failed, err) })
		for _, f := range []func(context.Context) error{
			func(context.Context) error { return errors.New("a fault") },
			func(context.Context) error { panic("a panic") },
		} {
			place, err := g.Urgent()
			require.NoError(t, err)
			place.Go(t.Context(), f)
			synctest.Wait()
		}
		require.Len(t, failed, 2)
		assert.EqualError(t, failed[0], "a fault")
		assert.EqualError(t, failed[1], "panic: a panic")
	})
}

func TestWaitLetsMoreStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := background.New(2, 2, nil)
		require.NoError(t, g.Wait(t.Context()), "nothing runs")
		for range 2 {
			place, err := g.Urgent()
			require.NoError(t, err)
			done := make(chan struct{})
			place.Go(t.Context(), func(context.Context) error { <-done; return nil })
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			assert.ErrorIs(t, g.Wait(ctx), context.DeadlineExceeded)
			cancel()
			close(done)
			require.NoError(t, g.Wait(t.Context()))
		}
	})
}

func TestCloseWaitsAsLongAsItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := background.New(2, 2, nil)
		place, err := g.Urgent()
		require.NoError(t, err)
		done := make(chan struct{})
		place.Go(t.Context(), func(context.Context) error { <-done; return nil })
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		assert.ErrorIs(t, g.Close(ctx), context.DeadlineExceeded)
		_, err = g.Urgent()
		assert.ErrorIs(t, err, background.ErrFull, "closed")
		close(done)
		assert.NoError(t, g.Close(t.Context()))
		assert.NoError(t, g.Close(ctx), "nothing runs, so an ended context is no reason")
	})
}
