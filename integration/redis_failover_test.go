package integration_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth/integration"
)

// A master of a Redis Cluster is killed under 16 writers, and its replica takes over: once for
// every change, and ten times before a release. The process that writes goes on. Accounts are in
// SQL and none is lost. Of what is in Redis, that is lost which the replica had not received.
// Every other time the replica lacks the last 200 deeds, so that there is some.
func TestRedisClusterFailover(t *testing.T) {
	failovers := 1
	if integration.Release() {
		failovers = 10
	}
	pair := integration.OwnRedisPair(t)
	p := redisPlace(t, pair.Addrs...)
	p.migrate(t)
	for n := range failovers {
		behind := n%2 == 1
		c := startChild(t, task{Do: "work", Place: p, Number: n * lives, GoOn: true, Loses: true})
		deeds := c.deeds(t, 300)
		if behind {
			require.NoError(t, pair.Behind(t.Context()))
			deeds = append(deeds, c.deeds(t, 200)...)
		}
		killed := time.Now()
		pair.Master.Kill()
		if behind {
			require.NoError(t, pair.Replica.Resume())
		}
		over := make(chan error)
		var away time.Duration
		go func() {
			err := pair.TakenOver(t.Context())
			away = time.Since(killed)
			over <- err
		}()
		meanwhile := 0
		for waiting := true; waiting; {
			select {
			case err := <-over:
				require.NoError(t, err)
				waiting = false
			default:
				deeds = append(deeds, c.deeds(t, 1)...)
				meanwhile++
			}
		}
		began := time.Now()
		deeds = append(deeds, c.deeds(t, 300)...)
		assert.Less(t, time.Since(began), backWithin, "back without a restart")
		deeds = append(deeds, c.last()...)
		lost, revived := look(t, p, deeds)
		t.Logf("%d acknowledged, %d of them meanwhile; the replica is behind: %t; taken over after %v; lost %v; good again %v",
			len(deeds), meanwhile, behind, away.Round(10*time.Millisecond), lost, revived)
		for _, what := range []string{signedUp, passwordSet, blocked} {
			assert.Zero(t, lost[what], what)
		}
		if behind {
			assert.NotZero(t, len(lost)+len(revived), "what the replica did not have")
		}
		require.NoError(t, pair.ComeBack(t.Context()))
	}
}
