package integration

import (
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// RedisServer is for the tests outside of this package.
type RedisServer = redisServer

// OwnRedis is a server of the test's own, which it may kill.
func OwnRedis(t testing.TB, args ...string) *RedisServer { return ownRedis(t, args...) }

// RedisClient is a client of the server that the tests share.
func RedisClient(t testing.TB) *redis.Client { return redisNode(t) }

// OwnRedisClient is a client of a server of the test's own, with further settings.
func OwnRedisClient(t testing.TB, args ...string) *redis.Client {
	return clientOf(t, ownRedis(t, args...))
}

// RedisClusterClient is a client of the cluster that the tests share.
func RedisClusterClient(t testing.TB) *redis.ClusterClient { return redisCluster(t) }

// SharedRedis returns the address of the server that the tests share.
func SharedRedis(t testing.TB) string { return redisNode(t).Options().Addr }

// Trips counts round trips.
type Trips = trips

// Count is how many there were until now.
func (h *trips) Count() int64 { return h.n.Load() }

// Used is what the server has used of the CPUs since it was last started: see [UsedBy].
func (r *redisServer) Used() time.Duration { return UsedBy(r.pid) }

// Client is a client of the server.
func (r *redisServer) Client(t testing.TB) *redis.Client { return clientOf(t, r) }

func (r *redisServer) Addr() string  { return r.addr() }
func (r *redisServer) Kill()         { _ = r.kill() }
func (r *redisServer) Start() error  { return r.start() }
func (r *redisServer) Pause() error  { return r.pause() }
func (r *redisServer) Resume() error { return r.resume() }

// Shared by both packages of tests.
var (
	Release    = release
	AtOnce     = atOnce
	QuietRedis = quietRedis
)
