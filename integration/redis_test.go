package integration

import (
	"context"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
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
	return 150
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
	t.Run("Journal", func(t *testing.T) {
		storetest.RunJournal(t, func(testing.TB) phoneauth.JournalStore { return store }, redisRounds())
	})
	everyKeyEnds(t, client)
}

func TestRedis(t *testing.T) { runRedis(t, redisNode(t)) }

func TestRedisCluster(t *testing.T) { runRedis(t, redisCluster(t)) }

// The Service's limits and scores are of addresses and countries, in slots of their own.
func TestRedisClusterAcrossSlots(t *testing.T) {
	client := redisCluster(t)
	store := newRedisStore(t, client, redisstore.Prefix("scattered:"))
	storetest.RunChallenges(t, func(t testing.TB) phoneauth.ChallengeStore {
		if strings.Contains(t.Name(), "ReadState_is_of_one_moment") {
			return store // of several slots it cannot be
		}
		return scattered{store}
	}, redisRounds())
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
	require.NoError(t, onMasters(t, client, scan))
	require.NotZero(t, keys.Load())
	t.Logf("%d keys, each with a TTL", keys.Load())
}

// onMasters calls do for the one server of a client, or for each master of its cluster.
func onMasters(t testing.TB, client redis.UniversalClient, do func(context.Context, *redis.Client) error) error {
	switch client := client.(type) {
	case *redis.ClusterClient:
		return client.ForEachMaster(t.Context(), do)
	case *redis.Client:
		return do(t.Context(), client)
	}
	return fmt.Errorf("a client of type %T", client)
}

// redisKeys are the keys that match a pattern.
func redisKeys(t testing.TB, client redis.UniversalClient, pattern string) []string {
	t.Helper()
	var mu sync.Mutex
	var keys []string
	require.NoError(t, onMasters(t, client, func(ctx context.Context, node *redis.Client) error {
		all := node.Scan(ctx, 0, pattern, 1000).Iterator()
		mu.Lock()
		defer mu.Unlock()
		for all.Next(ctx) {
			keys = append(keys, all.Val())
		}
		return all.Err()
	}))
	return keys
}

// scattered puts each limit and each score into a slot of its own.
type scattered struct{ phoneauth.ChallengeStore }

func scatter(key string) string {
	tag, rest, _ := strings.Cut(key, "}")
	if rest == ":wide" || rest == ":narrow" || key == "" {
		return key // its case counts on no refusal being spurious; see TestRedisAllOrNone
	}
	return tag + "/" + hex.EncodeToString([]byte(rest)) + "}"
}

func scatterTakes(takes []phoneauth.Take) []phoneauth.Take {
	all := slices.Clone(takes)
	for i := range all {
		all[i].Key = scatter(all[i].Key)
	}
	return all
}

func scatterCharges(charges []phoneauth.Charge) []phoneauth.Charge {
	all := slices.Clone(charges)
	for i := range all {
		all[i].Key = scatter(all[i].Key)
	}
	return all
}

func scatterMatch(m phoneauth.OnMatch) phoneauth.OnMatch {
	m.Refunds, m.SendRefunds, m.Credits = scatterTakes(m.Refunds), scatterTakes(m.SendRefunds), scatterCharges(m.Credits)
	m.Reward.Take.Key = scatter(m.Reward.Take.Key)
	m.ClearScores = slices.Clone(m.ClearScores)
	for i := range m.ClearScores {
		m.ClearScores[i] = scatter(m.ClearScores[i])
	}
	return m
}

func (s scattered) BeginChallenge(ctx context.Context, p phoneauth.BeginParams) (phoneauth.BeginResult, error) {
	p.Asks, p.Takes, p.Charges = scatterTakes(p.Asks), scatterTakes(p.Takes), scatterCharges(p.Charges)
	return s.ChallengeStore.BeginChallenge(ctx, p)
}

func (s scattered) AttemptChallenge(ctx context.Context, p phoneauth.AttemptParams) (phoneauth.Challenge, error) {
	p.Takes, p.Candidates = scatterTakes(p.Takes), slices.Clone(p.Candidates)
	for i := range p.Candidates {
		p.Candidates[i].OnMatch = scatterMatch(p.Candidates[i].OnMatch)
	}
	return s.ChallengeStore.AttemptChallenge(ctx, p)
}

func (s scattered) TakeLimits(ctx context.Context, p phoneauth.TakeParams) error {
	p.Asks, p.Takes, p.Charges = scatterTakes(p.Asks), scatterTakes(p.Takes), scatterCharges(p.Charges)
	return s.ChallengeStore.TakeLimits(ctx, p)
}

func (s scattered) GiveBack(ctx context.Context, p phoneauth.GiveBackParams) error {
	p.Takes, p.Credits = scatterTakes(p.Takes), scatterCharges(p.Credits)
	return s.ChallengeStore.GiveBack(ctx, p)
}

func (s scattered) ReadState(ctx context.Context, p phoneauth.StateParams) (phoneauth.State, error) {
	p.Takes, p.Scores = scatterTakes(p.Takes), slices.Clone(p.Scores)
	for i := range p.Scores {
		p.Scores[i].Key = scatter(p.Scores[i].Key)
	}
	return s.ChallengeStore.ReadState(ctx, p)
}
