package integration

import (
	"context"
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/storetest"
)

// The commands that README.md lists are enough.
func TestRedisACL(t *testing.T) {
	rights := []any{"acl", "setuser", "app", "on", ">secret", "~pa:*", "+eval", "+evalsha", "+get", "+mget", "+set", "+del",
		"+exists", "+pttl", "+pexpire", "+zadd", "+zrem", "+zcard", "+zrange", "+zremrangebyscore",
		"+zmscore", "+hget", "+hset", "+hincrby", "+hgetall", "+ping", "+info"}
	t.Run("one node", func(t *testing.T) {
		server := ownRedis(t)
		require.NoError(t, clientOf(t, server).Do(t.Context(), rights...).Err())
		client := redis.NewClient(&redis.Options{Addr: server.addr(), Username: "app", Password: "secret", ContextTimeoutEnabled: true})
		defer client.Close()
		runRights(t, client)
	})
	t.Run("cluster", func(t *testing.T) {
		admin := redisCluster(t)
		require.NoError(t, admin.ForEachMaster(t.Context(), func(ctx context.Context, node *redis.Client) error {
			return node.Do(ctx, append(rights, "+zscore", "+cluster|slots")...).Err()
		}))
		client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: admin.Options().Addrs, Username: "app", Password: "secret",
			ContextTimeoutEnabled: true})
		defer client.Close()
		runRights(t, client)
	})
}

func runRights(t *testing.T, client redis.UniversalClient) {
	store, rounds := newRedisStore(t, client), storetest.Rounds(5)
	storetest.RunChallenges(t, func(testing.TB) phoneauth.ChallengeStore { return store }, rounds)
	storetest.RunSessions(t, func(testing.TB) phoneauth.SessionStore { return store }, rounds)
	storetest.RunJournal(t, func(testing.TB) phoneauth.JournalStore { return store }, rounds)
}
