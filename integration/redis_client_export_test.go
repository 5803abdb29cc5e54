package integration

import (
	"testing"

	"github.com/redis/go-redis/v9"
)

// RedisClient is a client of the server that the tests share.
func RedisClient(t testing.TB) *redis.Client { return redisNode(t) }

// OwnRedisClient is a client of a server of the test's own, with further settings.
func OwnRedisClient(t testing.TB, args ...string) *redis.Client {
	return clientOf(t, ownRedis(t, args...))
}

// RedisClusterClient is a client of the cluster that the tests share.
func RedisClusterClient(t testing.TB) *redis.ClusterClient { return redisCluster(t) }
