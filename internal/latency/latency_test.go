package latency

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestWaitTakesAsLongAsARecentOperation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		waited := func(ctx context.Context, r *Recent) time.Duration {
			began := time.Now()
			r.Wait(ctx)
			return time.Since(began)
		}
		var r Recent
		assert.Zero(t, waited(t.Context(), &r), "nothing was noted")

		r.Add(time.Second)
		assert.Equal(t, time.Second, waited(t.Context(), &r))
		for range 64 {
			r.Add(2 * time.Second)
		}
		for range 200 {
			assert.Equal(t, 2*time.Second, waited(t.Context(), &r), "the first was forgotten")
		}

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		assert.Equal(t, time.Second, waited(ctx, &r), "the context ends it")
	})
}
