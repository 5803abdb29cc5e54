package memstore_test

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/memstore"
)

func heap() int {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// measured skips what must have the heap to itself: such tests are not parallel.
func measured(t *testing.T) {
	if testing.Short() || raced {
		t.Skip("measures a large heap")
	}
}

// challenge is one as the Service makes them: a key of 46 bytes, an id of 22.
func challenge(n int) phoneauth.Challenge {
	digits := fmt.Sprintf("%056d", n)
	return phoneauth.Challenge{
		Key:       "{" + digits[34:] + "}" + digits[34:],
		ID:        digits[34:],
		Digest:    []byte(digits[24:]),
		Sealed:    []byte(digits),
		TriesLeft: 5,
		Sends:     1,
		ExpiresAt: start.Add(5 * time.Minute),
		Until:     start.Add(15 * time.Minute),
	}
}

func TestMemoryOfAMillionChallenges(t *testing.T) {
	measured(t)
	const n = 1_000_000
	ctx, empty := context.Background(), heap()
	s := memstore.New()
	for i := range n {
		_, err := s.BeginChallenge(ctx, phoneauth.BeginParams{Challenge: challenge(i), Now: start})
		require.NoError(t, err)
	}
	peak := heap() - empty
	records, reckoned := s.Used()
	t.Logf("%d bytes a challenge, reckoned %d", peak/n, reckoned/n)
	assert.Equal(t, n, records)
	assert.LessOrEqual(t, peak, 256*n, "at most 256 bytes a challenge")
	assert.LessOrEqual(t, peak, reckoned, "the reckoning is not too low")
	assert.Less(t, reckoned, peak*5/4, "nor much too high")

	one := phoneauth.Take{Name: "send", Key: "one", Limit: phoneauth.Limit{Burst: 1 << 40, Every: time.Microsecond}, Cost: 1}
	later := start.Add(6 * time.Minute)
	for range 50_000 {
		require.NoError(t, s.TakeLimits(ctx, takes(later, one)))
	}
	rest := heap() - empty
	records, reckoned = s.Used()
	t.Logf("%d bytes after expiry", rest)
	assert.Equal(t, 1, records)
	assert.Less(t, reckoned, 1000)
	assert.Less(t, rest, peak/10, "memory goes back as verbs come after expiry")
	runtime.KeepAlive(s)
}

func TestMemoryOfAMillionLimits(t *testing.T) {
	measured(t)
	const n = 1_000_000
	ctx, empty := context.Background(), heap()
	s := memstore.New()
	limit := phoneauth.Limit{Burst: 10, Every: 144 * time.Minute}
	for i := range n {
		take := phoneauth.Take{Name: "send", Key: fmt.Sprint("send:", i), Limit: limit, Cost: 1 + i%10}
		require.NoError(t, s.TakeLimits(ctx, takes(start, take)))
	}
	peak := heap() - empty
	_, reckoned := s.Used()
	t.Logf("%d bytes a limit, reckoned %d", peak/n, reckoned/n)
	assert.LessOrEqual(t, peak, 100*n, "at most 100 bytes a limit")
	assert.LessOrEqual(t, peak, reckoned)

	removed, err := s.Purge(ctx, start.Add(24*time.Hour))
	require.NoError(t, err)
	assert.Equal(t, n, removed)
	assert.Less(t, heap()-empty, peak/10, "memory goes back with Purge")
	runtime.KeepAlive(s)
}

// A Go map may grow while records only come and go; the reckoning must cover that.
func TestMemoryUnderChurn(t *testing.T) {
	measured(t)
	ctx, empty := context.Background(), heap()
	s := memstore.New()
	const alive = 150_000
	for i := range 3 * alive {
		c := challenge(i)
		now := start.Add(time.Duration(i) * 5 * time.Minute / alive)
		c.ExpiresAt = now.Add(5 * time.Minute)
		_, err := s.BeginChallenge(ctx, phoneauth.BeginParams{Challenge: c, Now: now})
		require.NoError(t, err)
		if i > alive/2 && i%3 == 0 {
			require.NoError(t, s.CancelChallenges(ctx, challenge(i-alive/2).Key))
		}
	}
	records, reckoned := s.Used()
	held := heap() - empty
	t.Logf("%d records, %d bytes each, reckoned %d", records, held/records, reckoned/records)
	assert.LessOrEqual(t, held, reckoned)
	assert.Less(t, records, alive*12/10, "what has expired goes as fast as new comes")
	runtime.KeepAlive(s)
}

func TestMemoryOfUsersAndSessions(t *testing.T) {
	measured(t)
	ctx, empty := context.Background(), heap()
	s := memstore.New()
	const n = 100_000
	for i := range n {
		in, err := s.SignInUser(ctx, phoneauth.SignIn{
			Phone: phoneauth.StoredPhone(fmt.Sprintf("+2010%08d", i)),
			UUID:  fmt.Sprintf("%036d", i),
			Now:   start,
		})
		require.NoError(t, err)
		r := session(fmt.Sprintf("%022d", i), in.User.ID)
		require.NoError(t, createSession(s, r))
		_, err = s.RotateSession(ctx, phoneauth.Rotation{
			ID: r.ID, Digest: r.Digest, Next: fmt.Appendf(nil, "%032d", i), IdleUntil: r.IdleUntil, Now: start,
		})
		require.NoError(t, err)
	}
	peak := heap() - empty
	records, reckoned := s.Used()
	t.Logf("%d bytes a user and a session, reckoned %d", peak/n, reckoned/n)
	assert.Equal(t, 2*n, records)
	assert.LessOrEqual(t, peak, reckoned)
	assert.Less(t, reckoned, peak*3/2)

	for i := range n {
		require.NoError(t, s.DeleteUser(ctx, fmt.Sprint(i+1)))
	}
	removed, err := s.Purge(ctx, start.AddDate(1, 0, 0))
	require.NoError(t, err)
	assert.Equal(t, n, removed)
	assert.Less(t, heap()-empty, peak/10)
	runtime.KeepAlive(s)
}

func TestMemoryOfTheJournal(t *testing.T) {
	measured(t)
	for _, batch := range []int{1, 3, 100, 256} {
		for _, data := range []int{50, 1000} {
			t.Run(fmt.Sprint(batch, " of ", data), func(t *testing.T) { memoryOfTheJournal(t, batch, data) })
		}
	}
}

// memoryOfTheJournal appends so many entries at a time, each with so much data.
func memoryOfTheJournal(t *testing.T, batch, data int) {
	ctx, empty := context.Background(), heap()
	s := memstore.New(memstore.MaxBytes(1 << 30))
	n := 0
	for entries := make([]phoneauth.JournalEntry, batch); n < 50_000; n += batch {
		for i := range entries {
			entries[i] = journalEntry(n + i)
			entries[i].Data = make([]byte, data)
		}
		require.NoError(t, s.AppendEntries(ctx, entries))
	}
	peak := heap() - empty
	records, reckoned := s.Used()
	t.Logf("%d bytes an entry, reckoned %d", peak/n, reckoned/n)
	assert.Equal(t, n, records)
	assert.LessOrEqual(t, peak, reckoned)
	assert.Less(t, reckoned, peak*5/4)

	removed, err := s.Purge(ctx, start.AddDate(1, 0, 0))
	require.NoError(t, err)
	assert.Equal(t, n, removed)
	assert.Less(t, heap()-empty, peak/10)
	runtime.KeepAlive(s)
}

// Ten million begins, as a release promises: PHONEAUTH_RELEASE=1.
func TestTenMillionBegins(t *testing.T) {
	measured(t)
	if os.Getenv("PHONEAUTH_RELEASE") == "" {
		t.Skip("set PHONEAUTH_RELEASE=1")
	}
	const n, most = 10_000_000, 256 << 20
	ctx, empty := context.Background(), heap()
	s := memstore.New(memstore.MaxRecords(n))
	var full int
	for i := range n {
		if _, err := s.BeginChallenge(ctx, phoneauth.BeginParams{Challenge: challenge(i), Now: start}); err != nil {
			require.ErrorIs(t, err, memstore.ErrFull)
			full++
		}
		if i%1_000_000 == 0 {
			assert.LessOrEqual(t, heap()-empty, most)
		}
	}
	held := heap() - empty
	t.Logf("%d stored in %d MiB", n-full, held>>20)
	assert.LessOrEqual(t, held, most)
	assert.NotZero(t, full)
	runtime.KeepAlive(s)
}
