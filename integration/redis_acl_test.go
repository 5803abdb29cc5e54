package integration

import (
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/storetest"
)

// The commands that README.md lists are enough.
func TestRedisACL(t *testing.T) {
	server := ownRedis(t)
	admin := clientOf(t, server)
	require.NoError(t, admin.Do(t.Context(), "acl", "setuser", "app", "on", ">secret", "~pa:*", "+eval", "+evalsha", "+get", "+mget", "+set", "+del",
		"+exists", "+pttl", "+pexpire", "+zadd", "+zrem", "+zcard", "+zrange", "+zremrangebyscore", "+hget", "+hset", "+hincrby", "+hgetall",
		"+ping", "+info").Err())
	client := redis.NewClient(&redis.Options{Addr: server.addr(), Username: "app", Password: "secret", ContextTimeoutEnabled: true})
	defer client.Close()
	store := newRedisStore(t, client)
	storetest.RunChallenges(t, func(testing.TB) phoneauth.ChallengeStore { return store }, storetest.Rounds(5))
	storetest.RunSessions(t, func(testing.TB) phoneauth.SessionStore { return store }, storetest.Rounds(5))
	storetest.RunJournal(t, func(testing.TB) phoneauth.JournalStore { return store }, storetest.Rounds(5))
}
