package integration

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/redisstore"
	"github.com/phoneauth/phoneauth/storetest"
)

// The arithmetic of the scripts is that of package phoneauth: 2,000 steps, or 1,000,000
// before a release. On a cluster the keys of a step are in two slots.
func TestRedisDifferential(t *testing.T) {
	for name, client := range map[string]redis.UniversalClient{"one node": redisNode(t), "cluster": redisCluster(t)} {
		t.Run(name, func(t *testing.T) {
			store := newRedisStore(t, client, redisstore.Prefix("differential:"))
			storetest.Differential(t, func(testing.TB) phoneauth.ChallengeStore { return store }, 0)
		})
	}
}

// The wait of a refused charge is that of package phoneauth, also where Max is no whole
// number: a score is rounded before it is compared.
func TestRedisWaitsOfScores(t *testing.T) {
	client := redisNode(t)
	store := newRedisStore(t, client, redisstore.Prefix("waits:"))
	run := fmt.Sprint(time.Now().UnixNano())
	refused := 0
	for i, most := range []float64{0.4, 1, 2.4, 2.5, 2.7, 3.999} {
		c := phoneauth.Charge{Amount: 0.3, Score: phoneauth.Score{Name: "score", Key: fmt.Sprint("{", run, "}", i), Max: most,
			DebtDecay: time.Hour + 7*time.Nanosecond, CreditDecay: time.Minute}}
		state, now := phoneauth.ScoreState{}, redisStart
		for range 100 {
			next, want := state.Charged(&c, now.UnixMicro())
			err := store.TakeLimits(t.Context(), phoneauth.TakeParams{Charges: []phoneauth.Charge{c}, Now: now})
			if want == nil {
				require.NoError(t, err)
				state, now = next, now.Add(time.Second)
				continue
			}
			refused++
			wantWait, gotWait := want.(*phoneauth.LimitError).RetryAfter, time.Duration(0)
			if limited, ok := errors.AsType[*phoneauth.LimitError](err); assert.True(t, ok, "%v", err) {
				gotWait = limited.RetryAfter
			}
			require.InDelta(t, wantWait, gotWait, float64(time.Microsecond), "Max %v: %v and not %v", most, gotWait, wantWait)
			now = now.Add(wantWait)
		}
	}
	require.NotZero(t, refused)
}
