package memstore_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/memstore"
)

func ids(records []phoneauth.SessionRecord) (ids []string) {
	for _, r := range records {
		ids = append(ids, r.ID)
	}
	return ids
}

func TestMostSessionsUnderConcurrency(t *testing.T) {
	t.Parallel()
	const most, callers, each = 5, 16, 50
	ctx, s := context.Background(), memstore.New()
	var wg sync.WaitGroup
	var mu sync.Mutex
	ended := map[string]int{}
	for caller := range callers {
		wg.Go(func() {
			for i := range each {
				r := session(fmt.Sprint(caller, "-", i), "one")
				r.CreatedAt = start.Add(time.Duration(i) * time.Second)
				evicted, err := s.CreateSession(ctx, phoneauth.NewSession{Session: r, Most: most, Now: r.CreatedAt})
				assert.NoError(t, err)
				live, err := s.UserSessions(ctx, "one", r.CreatedAt)
				assert.NoError(t, err)
				assert.LessOrEqual(t, len(live), most)
				mu.Lock()
				ended[evicted.ID]++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	live, err := s.UserSessions(ctx, "one", start)
	require.NoError(t, err)
	assert.Len(t, live, most)
	assert.Equal(t, most, ended[""], "until there are so many, none ends")
	delete(ended, "")
	assert.Len(t, ended, callers*each-most)
	for id, n := range ended {
		assert.Equal(t, 1, n, "%s ended once", id)
	}
	for _, id := range ids(live) {
		assert.Zero(t, ended[id], "who was evicted is gone")
	}
}

// Sessions of one user come, are used, expire and end, beside a model that is a list.
func TestSessionsAgainstAList(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		sessionsAgainstAList(t, rand.New(rand.NewPCG(seed, 5)))
	}
}

func sessionsAgainstAList(t *testing.T, r *rand.Rand) {
	const most = 4
	ctx, s := context.Background(), memstore.New()
	var list []phoneauth.SessionRecord
	now := start
	drop := func(id string) {
		list = slices.DeleteFunc(list, func(r phoneauth.SessionRecord) bool { return r.ID == id })
	}
	for i := range 500 {
		now = now.Add(time.Duration(r.IntN(60)) * time.Second)
		list = slices.DeleteFunc(list, func(r phoneauth.SessionRecord) bool { return !r.Live(now) })
		switch pick := r.IntN(len(list) + 1); r.IntN(4) {
		case 0, 1:
			n := phoneauth.NewSession{Session: session(fmt.Sprint(i), "one"), Most: most, Now: now}
			n.Session.ByPassword = r.IntN(2) == 0
			n.Session.CreatedAt, n.Session.IdleUntil = now, now.Add(time.Duration(r.IntN(600))*time.Second)
			evicted, err := s.CreateSession(ctx, n)
			want, refusal := n.Evict(list)
			require.Equal(t, refusal, err)
			if err != nil {
				continue
			}
			if want != nil {
				require.Equal(t, *want, evicted)
				drop(evicted.ID)
			} else {
				require.Empty(t, evicted)
			}
			if n.Session.Live(now) {
				list = append(list, n.Session)
			}
		case 2:
			if pick == len(list) {
				require.ErrorIs(t, s.EndSession(ctx, "one", "none"), phoneauth.ErrNotFound)
				continue
			}
			require.ErrorIs(t, s.EndSession(ctx, "two", list[pick].ID), phoneauth.ErrNotFound, "it is not theirs")
			require.NoError(t, s.EndSession(ctx, "one", list[pick].ID))
			drop(list[pick].ID)
		case 3:
			if pick == len(list) {
				continue
			}
			rotation := phoneauth.Rotation{
				ID: list[pick].ID, Digest: list[pick].Digest, Next: fmt.Append(nil, "digest", i), Now: now,
				IdleUntil: now.Add(10 * time.Minute), Client: fmt.Sprint("client", i%7), Place: "here"[:i%5],
			}
			want, _, err := rotation.Apply(list[pick])
			require.NoError(t, err)
			got, err := s.RotateSession(ctx, rotation)
			require.NoError(t, err)
			require.Equal(t, want, got)
			list[pick] = want
		}
		slices.SortFunc(list, phoneauth.ByLastUse)
		got, err := s.UserSessions(ctx, "one", now)
		require.NoError(t, err)
		require.Equal(t, ids(list), ids(got), "newest use first")
	}
	require.NoError(t, s.EndUserSessions(ctx, "one", ""))
	_, bytes := s.Used()
	require.Zero(t, bytes, "nothing is left of them, and the reckoning is exact")
}

func TestFullLetsASessionTakeTheirPlace(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), memstore.New(memstore.MaxRecords(2))
	require.NoError(t, createSession(s, session("one", "1")))
	require.NoError(t, createSession(s, session("two", "1")))
	evicted, err := s.CreateSession(ctx, phoneauth.NewSession{Session: session("three", "1"), Most: 2, Now: start})
	require.NoError(t, err, "one ends, so nothing is added")
	assert.Equal(t, "two", evicted.ID)

	three := session("four", "1")
	three.ByPassword = true
	_, err = s.CreateSession(ctx, phoneauth.NewSession{Session: three, Most: 2, Now: start})
	var limit *phoneauth.LimitError
	require.ErrorAs(t, err, &limit, "a session by password ends none by code")
	_, err = s.CreateSession(ctx, phoneauth.NewSession{Session: session("five", "2"), Most: 2, Now: start})
	assert.ErrorIs(t, err, memstore.ErrFull)
	live, err := s.UserSessions(ctx, "1", start)
	require.NoError(t, err)
	assert.Equal(t, []string{"one", "three"}, ids(live))
}
