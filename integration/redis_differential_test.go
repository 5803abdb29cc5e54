package integration

import (
	"testing"

	"github.com/redis/go-redis/v9"

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
