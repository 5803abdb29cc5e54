package integration

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/redisstore"
)

// redisSession is a session of a user that began so long after redisStart.
func redisSession(user string, i int, at time.Duration) phoneauth.SessionRecord {
	now := redisStart.Add(at)
	return phoneauth.SessionRecord{ID: fmt.Sprint("session ", i, " of ", user), UserID: user, Digest: []byte("digest"),
		AuthTime: now, CreatedAt: now, IdleUntil: now.Add(time.Hour), ExpiresAt: now.Add(2 * time.Hour)}
}

func newSession(r phoneauth.SessionRecord, most int) phoneauth.NewSession {
	return phoneauth.NewSession{Session: r, Most: most, Now: r.CreatedAt}
}

// Callers in several processes sign in, refresh and sign out at once. No more than Most
// sessions are live then, each is listed, and what was returned as ended is gone.
func TestRedisMostSessions(t *testing.T) {
	const most, callers = 4, 32
	onRedis(t, func(t *testing.T, stores []*redisstore.Store) {
		run := fmt.Sprint(time.Now().UnixNano())
		for round := range 20 {
			user := fmt.Sprint("user ", run, "-", round)
			var mu sync.Mutex
			var gone []string
			errs := make([]error, callers)
			atOnce(callers, func(i int) {
				store, r := stores[i%len(stores)], redisSession(user, i, time.Duration(i)*time.Microsecond)
				evicted, err := store.CreateSession(t.Context(), newSession(r, most))
				if errs[i] = err; err != nil {
					return
				}
				ended := []string{evicted.ID}
				switch i % 4 {
				case 0:
					_, err = store.RotateSession(t.Context(), phoneauth.Rotation{ID: r.ID, Digest: r.Digest, Next: []byte("next"), IdleUntil: r.IdleUntil, Now: r.CreatedAt})
				case 1:
					err = store.EndSession(t.Context(), user, r.ID)
					ended = append(ended, r.ID)
				}
				if err != nil && !errors.Is(err, phoneauth.ErrNotFound) { // another has evicted it
					errs[i] = err
				}
				mu.Lock()
				defer mu.Unlock()
				gone = append(gone, ended...)
			})
			require.NoError(t, errors.Join(errs...), "round %d", round)
			live, err := stores[0].UserSessions(t.Context(), user, redisStart)
			require.NoError(t, err)
			require.LessOrEqual(t, len(live), most, "round %d", round)
			for i := range callers {
				r := redisSession(user, i, 0)
				_, err := stores[1].SessionByID(t.Context(), r.ID, redisStart)
				listed := slices.ContainsFunc(live, func(l phoneauth.SessionRecord) bool { return l.ID == r.ID })
				require.Equal(t, listed, err == nil, "round %d: %v", round, err)
				require.False(t, listed && slices.Contains(gone, r.ID), "round %d: it was said to be ended", round)
			}
		}
	})
}

// Callers that stop half way leave a place taken, until another caller needs it. What they
// do afterwards is refused.
func TestRedisStoppedCreator(t *testing.T) {
	client := redisCluster(t)
	store := newRedisStore(t, client, redisstore.Prefix("stopped:"))
	for i, c := range []struct {
		says string
		// age is how long ago the caller stopped.
		age time.Duration
		// buried: it stopped after it had ended a session for its place.
		buried bool
	}{
		{"listed long ago", 10 * time.Minute, false},
		{"listed just now", 0, false},
		{"ended another long ago", 10 * time.Minute, true},
		{"ended another just now", 0, true},
	} {
		t.Run(c.says, func(t *testing.T) {
			user := fmt.Sprint("user ", time.Now().UnixNano(), "-", i)
			stopped := redisSession(user, 0, -c.age)
			key := "stopped:s:" + stopped.ID
			require.NoError(t, client.ZAdd(t.Context(), "stopped:u:"+user, redis.Z{Score: float64(stopped.ExpiresAt.UnixMicro()), Member: stopped.ID}).Err())
			require.NoError(t, client.Expire(t.Context(), "stopped:u:"+user, time.Hour).Err())
			if c.buried {
				tombstone := binary.BigEndian.AppendUint64([]byte{2}, uint64(stopped.CreatedAt.UnixMicro()))
				require.NoError(t, client.Set(t.Context(), key, tombstone, time.Hour).Err())
			}
			evicted, err := store.CreateSession(t.Context(), newSession(redisSession(user, 1, 0), 1))
			require.NoError(t, err)
			assert.Empty(t, evicted.ID, "nothing had to end")
			live, err := store.UserSessions(t.Context(), user, redisStart)
			require.NoError(t, err)
			require.Len(t, live, 1)

			stored, err := client.SetNX(t.Context(), key, "as CreateSession stores it", time.Hour).Result()
			require.NoError(t, err)
			assert.False(t, stored, "the caller that stopped stores its session after all")
			_, err = store.SessionByID(t.Context(), stopped.ID, redisStart)
			assert.ErrorIs(t, err, phoneauth.ErrNotFound)
		})
	}
}

// What the former layout has written is read, and changed to the layout of today.
func TestRedisFormerLayout(t *testing.T) {
	client := redisNode(t)
	user := fmt.Sprint("user ", time.Now().UnixNano())
	store := newRedisStore(t, client, redisstore.Prefix("former:"))
	want := redisSession(user, 0, 0)
	want.Epoch, want.DeviceID, want.AMR = 3, "device", []string{"sms"}
	want.Digest = []byte("digest")
	text := func(b []byte, s string) []byte { return append(binary.BigEndian.AppendUint16(b, uint16(len(s))), s...) }
	at := func(b []byte, t time.Time) []byte { return binary.BigEndian.AppendUint64(b, uint64(t.UnixMicro())) }
	b := at(at(at(nil, want.ExpiresAt), want.IdleUntil), time.Time{})
	b = append(b, 0, 6, 0, 0)
	b = append(b, "digest"...)
	b = at(at(text(text(b, user), "device"), want.AuthTime), want.CreatedAt)
	b = text(binary.BigEndian.AppendUint64(b, 3), "sms")
	require.NoError(t, client.Set(t.Context(), "former:s:"+want.ID, b, time.Hour).Err())
	require.NoError(t, client.ZAdd(t.Context(), "former:u:"+user, redis.Z{Score: float64(want.ExpiresAt.UnixMicro()), Member: want.ID}).Err())
	require.NoError(t, client.Expire(t.Context(), "former:u:"+user, time.Hour).Err())

	got, err := store.SessionByID(t.Context(), want.ID, redisStart)
	require.NoError(t, err)
	assert.Equal(t, want, got)
	now := redisStart.Add(time.Minute)
	got, err = store.RotateSession(t.Context(), phoneauth.Rotation{ID: want.ID, Digest: want.Digest, Next: []byte("next"),
		IdleUntil: want.IdleUntil, Client: "Chrome on Android", Place: "Cairo", Now: now})
	require.NoError(t, err)
	want.Previous, want.Digest, want.RotatedAt, want.Client, want.Place = want.Digest, []byte("next"), now, "Chrome on Android", "Cairo"
	assert.Equal(t, want, got)
	got, err = store.CreateSession(t.Context(), newSession(redisSession(user, 1, 2*time.Minute), 1))
	require.NoError(t, err)
	assert.Equal(t, want, got, "it has to end")

	score := phoneauth.Score{Name: "country", Key: "{former " + user + "}n", Max: 10, DebtDecay: 24 * time.Hour, CreditDecay: 4 * time.Hour}
	require.NoError(t, client.Set(t.Context(), "former:b:"+score.Key, fmt.Sprintf("%.17g %d", 9.0, redisStart.UnixMicro()), time.Hour).Err())
	charge := phoneauth.TakeParams{Charges: []phoneauth.Charge{{Score: score, Amount: 1}}, Now: redisStart}
	state := phoneauth.StateParams{Scores: []phoneauth.Score{score}, Now: redisStart}
	for _, want := range []float64{9, 10} {
		have, err := store.ReadState(t.Context(), state)
		require.NoError(t, err)
		assert.Equal(t, []float64{want}, have.Scores)
		_ = store.TakeLimits(t.Context(), charge)
	}
	_, limited := errors.AsType[*phoneauth.LimitError](store.TakeLimits(t.Context(), charge))
	assert.True(t, limited)
}

// The list of somebody who signs in for years stays short: sessions that have ended leave it.
func TestRedisListForgets(t *testing.T) {
	for name, client := range map[string]redis.UniversalClient{"one node": redisNode(t), "cluster": redisCluster(t)} {
		t.Run(name, func(t *testing.T) {
			store, user := newRedisStore(t, client, redisstore.Prefix("forgets:")), fmt.Sprint("user ", time.Now().UnixNano())
			for i := range 90 {
				_, err := store.CreateSession(t.Context(), newSession(redisSession(user, i, time.Duration(i)*24*time.Hour), 100))
				require.NoError(t, err)
			}
			listed, err := client.ZCard(t.Context(), "forgets:u:"+user).Result()
			require.NoError(t, err)
			assert.LessOrEqual(t, listed, int64(8), "89 of 90 have ended")
		})
	}
}
