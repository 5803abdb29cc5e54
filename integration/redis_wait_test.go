package integration_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth/integration"
)

// What WAIT would give, which redisstore does not send: a write counts as done only once a replica
// has it. Its price is in writes a second. Of writes that were done so, a replica that takes over
// lacks none; of others it lacks all that it had not received.
func TestRedisWait(t *testing.T) {
	beforeARelease(t)
	ctx := t.Context()
	pair := integration.OwnRedisPair(t)
	client := redis.NewClient(&redis.Options{Addr: pair.Master.Addr(), PoolSize: writers, MaxRetries: -1, ContextTimeoutEnabled: true})
	defer client.Close()
	tag := ownTag(t, client)
	done := map[bool][]string{}
	for _, waits := range []bool{false, true} {
		began := time.Now()
		done[waits] = writeFor(ctx, client, fmt.Sprintf("%s%t:", tag, waits), waits)
		t.Logf("WAIT %t: %.0f writes a second by %d callers", waits, float64(len(done[waits]))/time.Since(began).Seconds(), writers)
	}
	require.NoError(t, pair.Behind(ctx))
	for _, waits := range []bool{false, true} {
		late := writeFor(ctx, client, fmt.Sprintf("%slate%t:", tag, waits), waits)
		t.Logf("WAIT %t: %d writes are done while the replica is away", waits, len(late))
		done[waits] = append(done[waits], late...)
	}
	pair.Master.Kill()
	require.NoError(t, pair.Replica.Resume())
	require.NoError(t, pair.TakenOver(ctx))
	after := redis.NewClient(&redis.Options{Addr: pair.Replica.Addr()})
	defer after.Close()
	for waits, keys := range done {
		lost := 0
		for part := range 1 + len(keys)/1000 {
			some := keys[part*1000 : min(len(keys), part*1000+1000)]
			if len(some) == 0 {
				continue
			}
			n, err := after.Exists(ctx, some...).Result()
			require.NoError(t, err)
			lost += len(some) - int(n)
		}
		t.Logf("WAIT %t: %d of %d lost", waits, lost, len(keys))
		assert.Equal(t, waits, lost == 0)
	}
}

// writeFor has callers write keys for a moment, and returns those that count as done.
func writeFor(ctx context.Context, client *redis.Client, prefix string, waits bool) (done []string) {
	const moment = 400 * time.Millisecond // less than what makes masters give up a replica
	ends := time.Now().Add(moment)
	var all [writers][]string
	var n atomic.Int64
	integration.AtOnce(writers, func(i int) {
		for time.Now().Before(ends) {
			key := fmt.Sprint(prefix, n.Add(1))
			pipe := client.Pipeline()
			set, wait := pipe.Set(ctx, key, "v", 0), (*redis.Cmd)(nil)
			if waits {
				wait = pipe.Do(ctx, "wait", 1, 100)
			}
			_, _ = pipe.Exec(ctx)
			has := int64(1)
			if waits {
				has, _ = wait.Int64()
			}
			if set.Err() == nil && has > 0 {
				all[i] = append(all[i], key)
			}
		}
	})
	for _, keys := range all {
		done = append(done, keys...)
	}
	return done
}

// ownTag is what keys begin with that are in a slot of the server.
func ownTag(t *testing.T, client *redis.Client) string {
	t.Helper()
	for i := range 1000 {
		tag := fmt.Sprintf("{%d}", i)
		err := client.Set(t.Context(), tag, "v", time.Minute).Err()
		if err == nil {
			return tag
		}
		require.True(t, strings.HasPrefix(err.Error(), "MOVED"), err)
	}
	require.Fail(t, "the server has no slot")
	return ""
}
