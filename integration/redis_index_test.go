package integration

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/memstore"
	"github.com/phoneauth/phoneauth/redisstore"
)

// sessionSteps makes the same steps on a store in Redis and on one in memory, and compares
// what they answer.
type sessionSteps struct {
	*testing.T
	random *rand.Rand
	redis  *redisstore.Store
	memory phoneauth.SessionStore
	client *redis.Client
	user   string
	now    time.Time
	all    []phoneauth.SessionRecord
	// mixed: the former version runs, too, and all sign-ins are by code.
	mixed     bool
	evictions int
	refusals  int
	others    int // of the evictions, those of another session than in memory
}

func (s *sessionSteps) span(most time.Duration) time.Duration {
	return time.Duration(s.random.Int64N(int64(most/time.Second))) * time.Second
}

func (s *sessionSteps) create(most int) {
	r := redisSession(s.user, len(s.all), 0)
	r.CreatedAt, r.AuthTime, r.ByPassword = s.now, s.now, !s.mixed && s.random.IntN(3) == 0
	r.IdleUntil, r.ExpiresAt = s.now.Add(time.Minute+s.span(time.Hour)), s.now.Add(10*time.Minute+s.span(2*time.Hour))
	s.all = append(s.all, r)
	n := phoneauth.NewSession{Session: r, Most: most, Now: s.now}
	want, wantErr := s.memory.CreateSession(s.Context(), n)
	got, err := s.redis.CreateSession(s.Context(), n)
	s.same(wantErr, err, "create %s", r.ID)
	if s.mixed && got.ID != want.ID {
		s.endsAnother(want, got)
	} else {
		require.Equal(s, want, got, "what create %s has ended", r.ID)
	}
	if got.ID != "" {
		s.evictions++
	}
	if wantErr != nil {
		s.refusals++
	}
}

// endsAnother is for a session that has ended in place of the one that must. While both versions run, that may
// be another one, or one while there is room. It is live all the same, and no other is lost.
func (s *sessionSteps) endsAnother(want, got phoneauth.SessionRecord) {
	require.NotEmpty(s, got.ID, "%s must end, or too many are live", want.ID)
	require.NoError(s, s.memory.EndSession(s.Context(), s.user, got.ID), "%s was live", got.ID)
	if want.ID != "" {
		_, err := s.memory.CreateSession(s.Context(), phoneauth.NewSession{Session: want, Now: s.now})
		require.NoError(s, err)
	}
	s.others++
}

func (s *sessionSteps) same(want, err error, message string, args ...any) {
	s.Helper()
	if want == nil {
		require.NoError(s, err, append([]any{message}, args...)...)
		return
	}
	require.EqualError(s, err, want.Error(), append([]any{message}, args...)...)
}

func (s *sessionSteps) step() {
	r := phoneauth.SessionRecord{}
	if len(s.all) > 0 {
		r = s.all[s.random.IntN(len(s.all))]
	}
	switch n := s.random.IntN(100); {
	case n < 45:
		s.create(1 + s.random.IntN(6))
	case n < 70:
		rotation := phoneauth.Rotation{ID: r.ID, Digest: r.Digest, Next: r.Digest, IdleUntil: s.now.Add(s.span(2 * time.Hour)), Now: s.now}
		if n < 50 {
			rotation.Digest = []byte("of long ago")
		}
		if n < 55 { // the clock of another caller, by which no session is live that was gone
			rotation.Now = s.now.Add(-s.span(time.Minute))
			if _, err := s.memory.SessionByID(s.Context(), r.ID, s.now); err != nil {
				return
			}
		}
		want, wantErr := s.memory.RotateSession(s.Context(), rotation)
		got, err := s.redis.RotateSession(s.Context(), rotation)
		s.same(wantErr, err, "rotate %s", r.ID)
		require.Equal(s, want, got, "rotate %s", r.ID)
	case n < 75:
		if _, err := s.memory.SessionByID(s.Context(), r.ID, s.now); err != nil {
			return // it may be there or not
		}
		want := s.memory.EndSession(s.Context(), s.user, r.ID)
		s.same(want, s.redis.EndSession(s.Context(), s.user, r.ID), "end %s", r.ID)
	case n < 77:
		s.same(s.memory.EndUserSessions(s.Context(), s.user, r.ID), s.redis.EndUserSessions(s.Context(), s.user, r.ID), "end all but %s", r.ID)
	case n < 79:
		require.NoError(s, s.client.Del(s.Context(), "index:x:"+s.user).Err())
	case n < 82 && s.mixed: // the former version knows no index
		require.NoError(s, s.client.Del(s.Context(), "index:s:"+r.ID).Err())
		require.NoError(s, s.client.ZRem(s.Context(), "index:u:"+s.user, r.ID).Err())
		_ = s.memory.EndSession(s.Context(), s.user, r.ID)
	case n < 89:
		s.now = s.now.Add(s.span(20 * time.Minute))
	case n < 90: // so long that the list forgets sessions
		s.now = s.now.Add(s.span(4 * time.Hour))
	}
	want, err := s.memory.UserSessions(s.Context(), s.user, s.now)
	require.NoError(s, err)
	got, err := s.redis.UserSessions(s.Context(), s.user, s.now)
	require.NoError(s, err)
	require.Equal(s, append(want, phoneauth.SessionRecord{}), append(got, phoneauth.SessionRecord{}), "the list")
}

// Which session ends for a new one is the same as in memory, whatever has become of the
// sessions of the user before.
func TestRedisIndexDifferential(t *testing.T) {
	client := redisNode(t)
	histories := 60
	if release() {
		histories = 5_000
	}
	evictions, refusals, others := 0, 0, 0
	for seed := range uint64(histories) {
		s := sessionSteps{T: t, random: rand.New(rand.NewPCG(seed, 12)), redis: newRedisStore(t, client, redisstore.Prefix("index:")),
			memory: memstore.New(), client: client, user: fmt.Sprint("user ", time.Now().UnixNano()), now: redisStart, mixed: seed%3 == 0}
		for i := range 150 {
			s.step()
			require.False(t, t.Failed(), "history %d, step %d", seed, i)
		}
		evictions, refusals, others = evictions+s.evictions, refusals+s.refusals, others+s.others
	}
	t.Logf("%d evictions, %d of another session, %d refusals", evictions, others, refusals)
	assert.Greater(t, evictions, histories)
	assert.Greater(t, refusals, histories/10)
}

// A sign-in of a user with 100 sessions costs as many commands as one of a user with 1,000.
func TestRedisFullListCommands(t *testing.T) {
	client := clientOf(t, ownRedis(t))
	store := newRedisStore(t, client)
	costs := map[int]int{}
	for _, most := range []int{100, 1000} {
		user, next := fmt.Sprint("user of ", most), 0
		create := func() {
			r := redisSession(user, next, time.Duration(next)*time.Second)
			next++
			_, err := store.CreateSession(t.Context(), newSession(r, most))
			require.NoError(t, err)
		}
		for range most + 1 { // the last makes the index
			create()
		}
		require.NoError(t, client.ConfigResetStat(t.Context()).Err())
		for range 10 {
			create()
		}
		costs[most] = commandsOf(t, client)
	}
	assert.Equal(t, costs[100], costs[1000])
	assert.Less(t, costs[100], 10*20)
}

// commandsOf is how many commands the server has done since its counts were reset, those of
// scripts too.
func commandsOf(t *testing.T, client *redis.Client) int {
	t.Helper()
	text, err := client.Info(t.Context(), "commandstats").Result()
	require.NoError(t, err)
	sum := 0
	for line := range strings.Lines(text) {
		if name, after, ok := strings.Cut(line, ":calls="); ok && name != "cmdstat_config|resetstat" {
			calls, _, _ := strings.Cut(after, ",")
			n, err := strconv.Atoi(calls)
			require.NoError(t, err)
			sum += n
		}
	}
	return sum
}
