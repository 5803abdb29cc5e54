package integration

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/memstore"
	"github.com/phoneauth/phoneauth/redisstore"
	"github.com/phoneauth/phoneauth/storetest"
)

// attemptingSessions is a store in Redis that attempts by AttemptSession. What becomes of the session is
// compared with what CreateSession does in memory.
type attemptingSessions struct {
	*redisstore.Store
	testing.TB
	random *rand.Rand
	memory *memstore.Store
	user   string
	now    time.Time // that of the sessions, which only grows
	leaves bool      // the store leaves the session to CreateSession
	made   int
	// How many sessions were stored, had to end for another, were refused, and were nobody's.
	stored, evicted, refused, nobodys int
}

// next is a new session, of nobody once in a while. Its time is that of the attempt or later.
func (s *attemptingSessions) next(attempt time.Time) phoneauth.NewSession {
	if attempt.After(s.now) {
		s.now = attempt
	}
	s.now = s.now.Add(s.span(10 * time.Minute))
	r := redisSession(s.user, s.made, 0)
	s.made++
	r.Epoch, r.ByPassword, r.Client, r.Place = int64(s.made), s.random.IntN(2) == 0, "Chrome", "Cairo"
	r.CreatedAt, r.AuthTime = s.now, s.now
	r.IdleUntil, r.ExpiresAt = s.now.Add(time.Minute+s.span(20*time.Hour)), s.now.Add(10*time.Hour)
	if s.random.IntN(5) == 0 {
		r.UserID = ""
	}
	return phoneauth.NewSession{Session: r, Most: s.random.IntN(4), Now: s.now}
}

func (s *attemptingSessions) span(most time.Duration) time.Duration {
	return time.Duration(s.random.Int64N(int64(most/time.Microsecond))) * time.Microsecond
}

// AttemptChallenge implements [phoneauth.ChallengeStore].
func (s *attemptingSessions) AttemptChallenge(ctx context.Context, p phoneauth.AttemptParams) (phoneauth.Challenge, error) {
	n := s.next(p.Now)
	got, err := s.AttemptSession(ctx, p, n)
	want := phoneauth.Opened{Challenge: got.Challenge}
	switch {
	case err != nil, s.leaves:
	case n.Session.UserID == "":
		s.nobodys++
	default:
		evicted, refusal := s.memory.CreateSession(ctx, n)
		want.Stored, want.Evicted = refusal == nil, evicted.ID
		s.count(want)
	}
	require.Equal(s, want, got, "AttemptSession at %v of %+v: %v", p.Now, n, err)
	live, memoryErr := s.memory.UserSessions(ctx, s.user, s.now)
	found, redisErr := s.UserSessions(ctx, s.user, s.now)
	require.NoError(s, errors.Join(memoryErr, redisErr))
	require.Equal(s, append(live, phoneauth.SessionRecord{}), append(found, phoneauth.SessionRecord{}), "the sessions after it")
	return got.Challenge, err
}

func (s *attemptingSessions) count(v phoneauth.Opened) {
	switch {
	case v.Evicted != "":
		s.evicted++
	case v.Stored:
		s.stored++
	default:
		s.refused++
	}
}

// An attempt is the same where a session is stored in its step, and what becomes of the session is what
// CreateSession does. On a cluster it is left to that.
func TestRedisDifferentialAttemptSession(t *testing.T) {
	for name, client := range map[string]redis.UniversalClient{"one node": redisNode(t), "cluster": redisCluster(t)} {
		t.Run(name, func(t *testing.T) {
			seed := rand.Uint64()
			t.Logf("the sessions are those of seed %d", seed)
			s := &attemptingSessions{Store: newRedisStore(t, client, redisstore.Prefix("attempts:")), TB: t, random: rand.New(rand.NewPCG(seed, 0)),
				memory: memstore.New(), user: fmt.Sprint("user ", time.Now().UnixNano()), leaves: name == "cluster"}
			steps := 0
			if !s.leaves && !release() {
				steps = 10_000 // most attempts do not match
			}
			storetest.Differential(t, func(testing.TB) phoneauth.ChallengeStore { return s }, steps)
			t.Logf("%d were stored, %d in place of another, %d refused, %d nobody's", s.stored, s.evicted, s.refused, s.nobodys)
			if !s.leaves {
				assert.Positive(t, min(s.stored, s.evicted, s.nobodys))
			}
		})
	}
}
