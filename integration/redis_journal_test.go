package integration

import (
	"fmt"
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

// A list of entries does not grow for ever: once a day whoever appends drops what is gone, 1,000 names at a time.
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
	add(0, 1200)
	assert.EqualValues(t, 1200, names())
	require.NoError(t, client.PExpire(t.Context(), key, time.Minute).Err()) // as a day later
	add(1300, 1)
	assert.EqualValues(t, 201, names())
	add(1301, 1)
	assert.EqualValues(t, 2, names(), "there was more to drop")
	add(1400, 1)
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
