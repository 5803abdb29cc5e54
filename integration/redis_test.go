package integration

import (
	"context"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/redisstore"
	"github.com/phoneauth/phoneauth/storetest"
)

// release: the sizes are those of a release.
func release() bool { return os.Getenv("PHONEAUTH_RELEASE") == "1" }

// Rounds of each race on a server. The tests outside of this package have them, too.
var Rounds = flag.Int("rounds", defaultRounds(), "of each race")

func defaultRounds() int {
	if release() {
		return 100_000
	}
	return 300
}

func redisRounds() storetest.Option { return storetest.Rounds(*Rounds) }

func newRedisStore(t testing.TB, client redis.UniversalClient, options ...redisstore.Option) *redisstore.Store {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	store, err := redisstore.New(ctx, client, options...)
	require.NoError(t, err)
	return store
}

// runRedis holds what newStore makes of a Store of client to the contract, and checks
// that it leaves no key without a TTL.
func runRedis(t *testing.T, client redis.UniversalClient) {
	store := newRedisStore(t, client)
	t.Run("Challenges", func(t *testing.T) {
		storetest.RunChallenges(t, func(testing.TB) phoneauth.ChallengeStore { return store }, redisRounds())
	})
	t.Run("Sessions", func(t *testing.T) {
		storetest.RunSessions(t, func(testing.TB) phoneauth.SessionStore { return store }, redisRounds())
	})
	everyKeyEnds(t, client)
}

func TestRedis(t *testing.T) { runRedis(t, redisNode(t)) }

func TestRedisCluster(t *testing.T) { runRedis(t, redisCluster(t)) }

// The Service's takes and budgets are of addresses and countries, in slots of their own.
func TestRedisClusterAcrossSlots(t *testing.T) {
	client := redisCluster(t)
	store := scattered{newRedisStore(t, client, redisstore.Prefix("scattered:"))}
	storetest.RunChallenges(t, func(testing.TB) phoneauth.ChallengeStore { return store }, redisRounds())
	everyKeyEnds(t, client)
}

// everyKeyEnds checks that there are keys, and that each has a TTL.
func everyKeyEnds(t *testing.T, client redis.UniversalClient) {
	t.Helper()
	var keys atomic.Int64
	scan := func(ctx context.Context, node *redis.Client) error {
		all := node.Scan(ctx, 0, "*", 1000).Iterator()
		for all.Next(ctx) {
			keys.Add(1)
			left, err := node.PTTL(ctx, all.Val()).Result()
			if err != nil {
				return err
			}
			if left == -1 {
				return fmt.Errorf("%s has no TTL", all.Val())
			}
		}
		return all.Err()
	}
	switch client := client.(type) {
	case *redis.ClusterClient:
		require.NoError(t, client.ForEachMaster(t.Context(), scan))
	case *redis.Client:
		require.NoError(t, scan(t.Context(), client))
	}
	require.NotZero(t, keys.Load())
	t.Logf("%d keys, each with a TTL", keys.Load())
}

// scattered puts each limit and each budget into a slot of its own.
type scattered struct{ phoneauth.ChallengeStore }

func scatter(key string) string {
	tag, rest, _ := strings.Cut(key, "}")
	if rest == ":wide" || rest == ":narrow" {
		return key // its case counts on no refusal being spurious; see TestRedisAllOrNone
	}
	return tag + "/" + hex.EncodeToString([]byte(rest)) + "}"
}

func scatterTakes(takes []phoneauth.Take) []phoneauth.Take {
	var all []phoneauth.Take
	for _, take := range takes {
		take.Key = scatter(take.Key)
		all = append(all, take)
	}
	return all
}

func scatterBudgets(budgets []phoneauth.Budget) []phoneauth.Budget {
	var all []phoneauth.Budget
	for _, b := range budgets {
		b.Key = scatter(b.Key)
		all = append(all, b)
	}
	return all
}

func (s scattered) BeginChallenge(ctx context.Context, b phoneauth.Begin) (phoneauth.Begun, error) {
	b.Takes, b.Budgets = scatterTakes(b.Takes), scatterBudgets(b.Budgets)
	return s.ChallengeStore.BeginChallenge(ctx, b)
}

func (s scattered) AttemptChallenge(ctx context.Context, a phoneauth.Attempt) (phoneauth.Challenge, error) {
	a.Takes, a.GiveBack, a.Earned = scatterTakes(a.Takes), scatterTakes(a.GiveBack), scatterBudgets(a.Earned)
	a.Bonus.Take.Key = scatter(a.Bonus.Take.Key)
	return s.ChallengeStore.AttemptChallenge(ctx, a)
}

func (s scattered) TakeLimits(ctx context.Context, takes []phoneauth.Take, now time.Time) error {
	return s.ChallengeStore.TakeLimits(ctx, scatterTakes(takes), now)
}
