package integration

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// ServerRedis starts a Redis of the test's own, and returns its address. Settings are
// made once it runs, as a name and a value each.
func ServerRedis(t testing.TB, settings ...string) string {
	t.Helper()
	r := ownRedis(t)
	client := clientOf(t, r)
	for i := 0; i < len(settings); i += 2 {
		require.NoError(t, client.ConfigSet(t.Context(), settings[i], settings[i+1]).Err())
	}
	return r.addr()
}

// ServerRedisCluster returns the addresses of the cluster that the tests share, with
// commas between them.
func ServerRedisCluster(t testing.TB) string {
	t.Helper()
	return strings.Join(redisCluster(t).Options().Addrs, ",")
}
