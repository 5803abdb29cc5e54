package integration_test

import (
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/integration"
	"github.com/phoneauth/phoneauth/redisstore"
	"github.com/phoneauth/phoneauth/sqlstore"
	"github.com/phoneauth/phoneauth/storetest"
)

// Users in Postgres and the rest in Redis pass as one Store. Each part has had all of its
// rounds alone.
func TestPairing(t *testing.T) {
	for name, client := range map[string]func(testing.TB) redis.UniversalClient{
		"one node": func(t testing.TB) redis.UniversalClient { return integration.RedisClient(t) },
		"cluster":  func(t testing.TB) redis.UniversalClient { return integration.RedisClusterClient(t) },
	} {
		t.Run(name, func(t *testing.T) {
			d := postgresDatabase(t)
			users := d.store(t, d.open(t), sqlstore.Only(sqlstore.Users))
			short, err := redisstore.New(t.Context(), client(t), redisstore.Prefix("pairing:"))
			require.NoError(t, err)
			storetest.Run(t, func(testing.TB) phoneauth.Store {
				return phoneauth.Stores{ChallengeStore: short, UserStore: users, SessionStore: short}
			}, storetest.Rounds(*rounds/10))
		})
	}
}
