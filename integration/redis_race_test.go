package integration

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/redisstore"
)

var redisStart = time.Date(2030, 1, 2, 3, 4, 5, 678_000, time.UTC)

// redisStores are four stores with a client each, as four processes have.
func redisStores(t *testing.T, cluster bool) []*redisstore.Store {
	var stores []*redisstore.Store
	for range 4 {
		var client redis.UniversalClient
		if cluster {
			client = redisCluster(t)
		} else {
			client = redisNode(t)
		}
		stores = append(stores, newRedisStore(t, client, redisstore.Prefix("races:")))
	}
	return stores
}

// onRedis runs a race on one node and on a cluster.
func onRedis(t *testing.T, race func(t *testing.T, stores []*redisstore.Store)) {
	t.Run("one node", func(t *testing.T) { race(t, redisStores(t, false)) })
	t.Run("cluster", func(t *testing.T) { race(t, redisStores(t, true)) })
}

// atOnce makes n calls at once.
func atOnce(n int, call func(i int)) {
	var all sync.WaitGroup
	begin := make(chan struct{})
	for i := range n {
		all.Go(func() {
			<-begin
			call(i)
		})
	}
	close(begin)
	all.Wait()
}

func redisChallenge(tag string) phoneauth.Challenge {
	return phoneauth.Challenge{Key: "{" + tag + "}c", ID: "id " + tag, Digest: []byte("digest " + tag), TriesLeft: 5, Sends: 1,
		ExpiresAt: redisStart.Add(5 * time.Minute), Until: redisStart.Add(10 * time.Minute)}
}

func redisTake(key string, burst int) phoneauth.Take {
	return phoneauth.Take{Name: key, Key: key, Limit: phoneauth.Limit{Burst: burst, Every: time.Minute}, Cost: 1}
}

// One code wins once, with the takes of an address and the scores of a country in other
// slots: what each caller took and earned adds up.
func TestRedisOneCodeWinsOnce(t *testing.T) {
	onRedis(t, func(t *testing.T, stores []*redisstore.Store) {
		run := fmt.Sprint(time.Now().UnixNano())
		for round := range 100 {
			tag := fmt.Sprint(run, "-", round)
			ch := redisChallenge(tag)
			_, err := stores[0].BeginChallenge(t.Context(), phoneauth.BeginParams{Challenge: ch, Now: redisStart})
			require.NoError(t, err)
			take := redisTake("{address "+tag+"}f", 64)
			errs := make([]error, 16)
			atOnce(len(errs), func(i int) {
				_, errs[i] = stores[i%len(stores)].AttemptChallenge(t.Context(), phoneauth.AttemptParams{
					Candidates: []phoneauth.Candidate{{Key: ch.Key, Digests: [][]byte{ch.Digest}, OnMatch: phoneauth.OnMatch{Refunds: []phoneauth.Take{take}}}},
					Takes:      []phoneauth.Take{take}, Now: redisStart,
					Lockout: phoneauth.Lockout{Name: "failures", Key: "{" + tag + "}f", Steps: []phoneauth.LockoutStep{{Failures: 10, Wait: time.Hour}}, TTL: time.Hour},
				})
			})
			won := 0
			for _, err := range errs {
				if err == nil {
					won++
					continue
				}
				require.ErrorIs(t, err, phoneauth.ErrNotFound)
			}
			require.Equal(t, 1, won, "round %d", round)
			require.Equal(t, 15*time.Minute, redisAhead(t, stores[0], take), "16 taken, 1 given back")
		}
	})
}

// A Begin over several slots takes all or none, stores nothing when refused, and never
// more than the scarcest limit admits, whichever slot that is in.
func TestRedisAllOrNone(t *testing.T) {
	onRedis(t, func(t *testing.T, stores []*redisstore.Store) {
		run := fmt.Sprint(time.Now().UnixNano())
		for round := range 30 {
			tag := fmt.Sprint(run, "-", round)
			phone, address, service := redisTake("{"+tag+"}s", 1000), redisTake("{address "+tag+"}s", 7), redisTake("{service "+tag+"}s", 1000)
			country := phoneauth.Charge{Amount: 1, Score: phoneauth.Score{Name: "country", Key: "{country " + tag + "}n", Max: 1000,
				DebtDecay: 24 * time.Hour, CreditDecay: 4 * time.Hour}}
			if round%2 == 1 {
				address.Burst, country.Max = 1000, 7
			}
			errs := make([]error, 64)
			atOnce(len(errs), func(i int) {
				ch := redisChallenge(tag)
				ch.Key += fmt.Sprint(i)
				_, errs[i] = stores[i%len(stores)].BeginChallenge(t.Context(), phoneauth.BeginParams{Challenge: ch,
					Takes: []phoneauth.Take{phone, address, service}, Charges: []phoneauth.Charge{country}, Now: redisStart})
			})
			admitted := 0
			for i, err := range errs {
				key := fmt.Sprint(redisChallenge(tag).Key, i)
				_, found := stores[0].AttemptChallenge(t.Context(), phoneauth.AttemptParams{Now: redisStart,
					Candidates: []phoneauth.Candidate{{Key: key, Digests: [][]byte{redisChallenge(tag).Digest}}}})
				if err == nil {
					admitted++
					require.NoError(t, found, "stored")
					continue
				}
				_, limited := errors.AsType[*phoneauth.LimitError](err)
				require.True(t, limited, "%v", err)
				require.ErrorIs(t, found, phoneauth.ErrNotFound, "not stored")
			}
			require.LessOrEqual(t, admitted, 7)
			require.NotZero(t, admitted)
			for _, take := range []phoneauth.Take{phone, address, service} {
				require.Equal(t, time.Duration(admitted)*time.Minute, redisAhead(t, stores[0], take), "%s: what was refused is given back", take.Name)
			}
			state, err := stores[0].ReadState(t.Context(), phoneauth.StateParams{Scores: []phoneauth.Score{country.Score}, Now: redisStart})
			require.NoError(t, err)
			require.InDelta(t, admitted, state.Scores[0], 1e-6, "the score is what was admitted")
		}
	})
}

// redisAhead is how far the tat of a limit is ahead: what a limit of Burst 1 makes one wait.
func redisAhead(t *testing.T, store *redisstore.Store, take phoneauth.Take) time.Duration {
	t.Helper()
	take.Burst, take.Cost = 1, 1
	state, err := store.ReadState(t.Context(), phoneauth.StateParams{Takes: []phoneauth.Take{take}, Now: redisStart})
	require.NoError(t, err)
	return state.Waits[0]
}

// Of callers in several processes exactly one rotates; signing out everywhere while
// others sign in never leaves a session that a second time does not end.
func TestRedisSessionRaces(t *testing.T) {
	onRedis(t, func(t *testing.T, stores []*redisstore.Store) {
		run := fmt.Sprint(time.Now().UnixNano())
		for round := range 50 {
			user := fmt.Sprint("user ", run, "-", round)
			record := func(i int) phoneauth.SessionRecord {
				return phoneauth.SessionRecord{ID: fmt.Sprint("session ", i, " of ", user), UserID: user, Digest: []byte("digest"),
					CreatedAt: redisStart, IdleUntil: redisStart.Add(time.Hour), ExpiresAt: redisStart.Add(2 * time.Hour)}
			}
			create := func(i int, r phoneauth.SessionRecord) error {
				_, err := stores[i%len(stores)].CreateSession(t.Context(), phoneauth.NewSession{Session: r, Now: redisStart})
				return err
			}
			errs := make([]error, 16)
			atOnce(len(errs), func(i int) {
				if i%4 == 3 {
					errs[i] = stores[i%len(stores)].EndUserSessions(t.Context(), user, "")
					return
				}
				errs[i] = create(i, record(i))
			})
			require.NoError(t, errors.Join(errs...))
			require.NoError(t, stores[0].EndUserSessions(t.Context(), user, ""))
			for i := range errs {
				_, err := stores[1].SessionByID(t.Context(), record(i).ID, redisStart)
				require.ErrorIs(t, err, phoneauth.ErrNotFound, "round %d: a session that no list names", round)
			}

			one := record(100)
			require.NoError(t, create(0, one))
			assert.Error(t, create(0, one), "an ID that is not new")
			next := make([]string, 16)
			atOnce(len(next), func(i int) {
				got, err := stores[i%len(stores)].RotateSession(t.Context(), phoneauth.Rotation{ID: one.ID, Digest: one.Digest,
					Next: fmt.Append(nil, "next ", i), Grace: time.Minute, IdleUntil: one.IdleUntil, Now: redisStart})
				errs[i], next[i] = err, string(got.Digest)
			})
			require.NoError(t, errors.Join(errs...))
			for i := range next {
				require.Equal(t, next[0], next[i], "one successor, the same for all")
			}
		}
	})
}
