package integration

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/redisstore"
)

// An entry whose writing stopped half way is not found. Appended again it is, and counts
// once.
func TestRedisHalfAnEntry(t *testing.T) {
	for name, client := range map[string]redis.UniversalClient{"one node": redisNode(t), "cluster": redisCluster(t)} {
		t.Run(name, func(t *testing.T) {
			run := fmt.Sprint(time.Now().UnixNano())
			prefix := "half" + run + ":"
			store := newRedisStore(t, client, redisstore.Prefix(prefix))
			e := phoneauth.JournalEntry{ID: "entry " + run, Time: redisStart, ExpiresAt: redisStart.Add(time.Hour), Print: "print " + run,
				UserID: "user " + run, MessageID: "message " + run, Type: phoneauth.EventCodeSent, Region: "EG", Data: []byte("data")}
			add := func() { require.NoError(t, store.AppendEntries(t.Context(), []phoneauth.JournalEntry{e})) }
			queries := []phoneauth.JournalQuery{{Print: e.Print}, {UserID: e.UserID}, {MessageID: e.MessageID}}
			find := func(q phoneauth.JournalQuery) []phoneauth.JournalEntry {
				q.Now, q.Limit = redisStart, 9
				all, err := store.Entries(t.Context(), q)
				require.NoError(t, err)
				return all
			}
			counts := func() []phoneauth.JournalCount {
				all, err := store.CountEntries(t.Context(), phoneauth.JournalCountQuery{From: redisStart, To: redisStart.Add(time.Minute)})
				require.NoError(t, err)
				return all
			}

			add()
			// Only the entry itself is there when its writing stops then.
			for _, key := range redisKeys(t, client, prefix+"*") {
				if !strings.HasPrefix(key, prefix+"j:") {
					require.NoError(t, client.Del(t.Context(), key).Err())
				}
			}
			for _, q := range queries {
				assert.Empty(t, find(q))
			}
			assert.Empty(t, counts())

			for range 2 {
				add()
				for _, q := range queries {
					assert.Equal(t, []phoneauth.JournalEntry{e}, find(q))
				}
				want := phoneauth.JournalCount{Hour: redisStart.Truncate(time.Hour), Type: e.Type, Region: "EG", Count: 1}
				assert.Equal(t, []phoneauth.JournalCount{want}, counts())
			}
		})
	}
}

// A server whose memory is full takes some of what is written and not the rest. What it takes ends all the same, also
// after a restart, when it knows no script.
func TestRedisJournalFull(t *testing.T) {
	client := clientOf(t, ownRedis(t))
	store := newRedisStore(t, client)
	refused := 0
	for i := range 1500 {
		used, err := client.InfoMap(t.Context(), "memory").Result()
		require.NoError(t, err)
		var bytes int
		_, err = fmt.Sscan(used["Memory"]["used_memory"], &bytes)
		require.NoError(t, err)
		require.NoError(t, client.ConfigSet(t.Context(), "maxmemory", strconv.Itoa(bytes+i%600*8)).Err())
		if i%50 == 0 {
			require.NoError(t, client.ScriptFlush(t.Context()).Err())
		}
		id := strconv.Itoa(i)
		err = store.AppendEntries(t.Context(), []phoneauth.JournalEntry{{ID: id, Time: redisStart, ExpiresAt: redisStart.Add(time.Hour),
			Print: "print " + id, UserID: "user " + id, MessageID: "message " + id, Type: phoneauth.EventCodeSent, Data: []byte("data")}})
		if err != nil {
			require.ErrorContains(t, err, "OOM")
			refused++
		}
	}
	assert.NotZero(t, refused)
	for _, key := range redisKeys(t, client, "*") {
		left, err := client.PTTL(t.Context(), key).Result()
		require.NoError(t, err)
		assert.NotEqual(t, time.Duration(-1), left, "%s has no end", key)
	}
}

// An entry has at most the count that is kept, and is summed up with it.
func TestRedisJournalHugeCount(t *testing.T) {
	store := newRedisStore(t, redisNode(t), redisstore.Prefix(fmt.Sprint("huge", time.Now().UnixNano(), ":")))
	e := phoneauth.JournalEntry{ID: "huge", Time: redisStart, ExpiresAt: redisStart.Add(time.Hour), Print: "print", Type: phoneauth.EventLimited, Count: 1 << 62}
	for range 2 {
		require.NoError(t, store.AppendEntries(t.Context(), []phoneauth.JournalEntry{e}))
	}
	e.Count = math.MaxUint32
	found, err := store.Entries(t.Context(), phoneauth.JournalQuery{Print: e.Print, Now: redisStart, Limit: 9})
	require.NoError(t, err)
	assert.Equal(t, []phoneauth.JournalEntry{e}, found)
	hour := redisStart.Truncate(time.Hour)
	counts, err := store.CountEntries(t.Context(), phoneauth.JournalCountQuery{From: hour, To: hour.Add(time.Hour)})
	require.NoError(t, err)
	assert.Equal(t, []phoneauth.JournalCount{{Hour: hour, Type: e.Type, Count: math.MaxUint32}}, counts)
}

// A list of entries does not grow for ever: once a day whoever appends drops what is gone, 100 names at a time.
func TestRedisJournalDropsNames(t *testing.T) {
	client := redisNode(t)
	run := fmt.Sprint(time.Now().UnixNano())
	store := newRedisStore(t, client, redisstore.Prefix("names:"))
	key := "names:jp:" + run
	add := func(from, n int) {
		entries := make([]phoneauth.JournalEntry, n)
		for i := range entries {
			at := redisStart.Add(time.Duration(from+i) * time.Minute)
			entries[i] = phoneauth.JournalEntry{ID: fmt.Sprint("entry ", run, from+i), Time: at, ExpiresAt: at.Add(10 * time.Minute), Print: run, Type: phoneauth.EventLimited}
		}
		require.NoError(t, store.AppendEntries(t.Context(), entries))
	}
	names := func() int64 {
		n, err := client.ZCard(t.Context(), key).Result()
		require.NoError(t, err)
		return n
	}
	add(0, 120)
	assert.EqualValues(t, 120, names())
	require.NoError(t, client.PExpire(t.Context(), key, time.Minute).Err()) // as a day later
	add(220, 1)
	assert.EqualValues(t, 21, names())
	add(221, 1)
	assert.EqualValues(t, 2, names(), "there was more to drop")
	add(320, 1)
	assert.EqualValues(t, 3, names(), "not before the next day")
	left, err := client.PTTL(t.Context(), key).Result()
	require.NoError(t, err)
	assert.Greater(t, left, 24*time.Hour)
}

// What an entry takes in Redis, with all that names and counts it.
func TestRedisJournalSize(t *testing.T) {
	client := redisNode(t)
	prefix := fmt.Sprint("size", time.Now().UnixNano(), ":")
	store := newRedisStore(t, client, redisstore.Prefix(prefix))
	const entries, each = 2000, 8 // of a phone and its user
	for i := range entries {
		at := redisStart.Add(time.Duration(i) * time.Second)
		require.NoError(t, store.AppendEntries(t.Context(), []phoneauth.JournalEntry{{
			ID: fmt.Sprintf("%026d", i), Time: at, ExpiresAt: at.AddDate(0, 0, 30), Print: fmt.Sprintf("%022d", i/each), UserID: fmt.Sprint(i / each),
			MessageID: fmt.Sprintf("SM%032d", i), Type: phoneauth.EventCodeSent, Region: "EG", Purpose: "login", Channel: "sms", Sender: "twilio",
			Data: make([]byte, 100)}}))
	}
	var sum int64
	for _, key := range redisKeys(t, client, prefix+"*") {
		size, err := client.MemoryUsage(t.Context(), key).Result()
		require.NoError(t, err)
		sum += size
	}
	t.Logf("an entry with 100 bytes of data: %d bytes", sum/entries)
	assert.LessOrEqual(t, sum/entries, int64(1200))
}
