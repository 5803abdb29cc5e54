package memstore_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/memstore"
)

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func session(id, userID string) phoneauth.SessionRecord {
	return phoneauth.SessionRecord{
		ID:        id,
		UserID:    userID,
		DeviceID:  fmt.Sprintf("%022d", 1),
		Digest:    []byte("digest-digest-digest-digest-dige"),
		AMR:       []string{"sms"},
		AuthTime:  start,
		CreatedAt: start,
		IdleUntil: start.Add(14 * 24 * time.Hour),
		ExpiresAt: start.Add(30 * 24 * time.Hour),
	}
}

func begin(s *memstore.Store, c phoneauth.Challenge, now time.Time) error {
	_, err := s.BeginChallenge(context.Background(), phoneauth.BeginParams{Challenge: c, Now: now})
	return err
}

func createSession(s *memstore.Store, r phoneauth.SessionRecord) error {
	_, err := s.CreateSession(context.Background(), phoneauth.NewSession{Session: r, Now: start})
	return err
}

// locks is a lockout that locks at the fifth failure.
func locks(key string) phoneauth.Lockout {
	return phoneauth.Lockout{
		Name: "phone", Key: key, Steps: []phoneauth.LockoutStep{{Failures: 5, Wait: time.Hour}}, TTL: 24 * time.Hour,
	}
}

func take(key string, cost int) phoneauth.Take {
	return phoneauth.Take{Name: "send", Key: key, Limit: phoneauth.Limit{Burst: 5, Every: time.Minute}, Cost: cost}
}

func takes(now time.Time, takes ...phoneauth.Take) phoneauth.TakeParams {
	return phoneauth.TakeParams{Takes: takes, Now: now}
}

func charge(key string) phoneauth.Charge {
	return phoneauth.Charge{
		Score:  phoneauth.Score{Name: "block", Key: key, Max: 20, DebtDecay: 24 * time.Hour, CreditDecay: 4 * time.Hour},
		Amount: 1,
	}
}

// try is an attempt on the challenge c with a digest.
func try(c phoneauth.Challenge, digest []byte) phoneauth.AttemptParams {
	return phoneauth.AttemptParams{
		Candidates: []phoneauth.Candidate{{Key: c.Key, Digests: [][]byte{digest}}}, Now: start,
	}
}

func TestFullRefusesWhatIsNew(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), memstore.New(memstore.MaxRecords(6))
	c := challenge(1)
	require.NoError(t, begin(s, c, start))
	require.NoError(t, s.TakeLimits(ctx, takes(start, take("one", 1))))
	require.NoError(t, s.CountFailure(ctx, locks("one"), start))
	in, err := s.SignInUser(ctx, phoneauth.SignIn{Phone: phoneauth.StoredPhone("+201000000001"), Now: start})
	require.NoError(t, err)
	require.NoError(t, createSession(s, session("one", in.User.ID)))
	_, err = s.BeginChallenge(ctx, phoneauth.BeginParams{Challenge: c, Charges: []phoneauth.Charge{charge("one")}, Now: start})
	require.NoError(t, err)
	records, bytes := s.Used()
	require.Equal(t, 6, records)

	assert.ErrorIs(t, begin(s, challenge(2), start), memstore.ErrFull)
	assert.ErrorIs(t, s.TakeLimits(ctx, takes(start, take("one", 1), take("two", 1))), memstore.ErrFull)
	assert.ErrorIs(t, s.CountFailure(ctx, locks("two"), start), memstore.ErrFull)
	_, err = s.SignInUser(ctx, phoneauth.SignIn{Phone: phoneauth.StoredPhone("+201000000002"), Now: start})
	assert.ErrorIs(t, err, memstore.ErrFull)
	assert.ErrorIs(t, createSession(s, session("two", in.User.ID)), memstore.ErrFull)
	_, err = s.BeginChallenge(ctx, phoneauth.BeginParams{
		Challenge: c, Takes: []phoneauth.Take{take("one", 1)}, Charges: []phoneauth.Charge{charge("one"), charge("two")}, Now: start,
	})
	assert.ErrorIs(t, err, memstore.ErrFull)
	a := try(phoneauth.Challenge{Key: "none"}, nil)
	a.Takes = []phoneauth.Take{take("two", 1)}
	_, err = s.AttemptChallenge(ctx, a)
	assert.ErrorIs(t, err, memstore.ErrFull, "an attempt on nothing is new work")
	records, after := s.Used()
	assert.Equal(t, 6, records, "a refusal leaves nothing behind")
	assert.Equal(t, bytes, after)

	require.NoError(t, s.TakeLimits(ctx, takes(start, take("one", 4))), "no refused take was taken")
	var limit *phoneauth.LimitError
	assert.ErrorAs(t, s.TakeLimits(ctx, takes(start, take("one", 1), take("two", 1))), &limit, "a limit says no before the cap does")
}

func TestFullGoesOnWithWhatThereIs(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), memstore.New(memstore.MaxRecords(3))
	for i := range 3 {
		require.NoError(t, begin(s, challenge(i), start))
	}
	c := challenge(0)
	require.NoError(t, begin(s, c, start), "a touch")
	a := try(c, []byte("wrong"))
	a.Lockout, a.Takes = locks("one"), []phoneauth.Take{take("one", 1)}
	got, err := s.AttemptChallenge(ctx, a)
	require.ErrorIs(t, err, phoneauth.ErrMismatch, "a wrong code is counted at the cap, or it would be a free try")
	assert.Equal(t, 4, got.TriesLeft)
	records, _ := s.Used()
	assert.Equal(t, 5, records)

	then := challenge(7)
	a.Candidates[0].Digests = [][]byte{c.Digest}
	a.Candidates[0].OnMatch = phoneauth.OnMatch{
		Store: &then, Credits: []phoneauth.Charge{charge("one")},
		Reward: phoneauth.Reward{Take: take("reward", 1), Amount: 2},
	}
	_, err = s.AttemptChallenge(ctx, a)
	require.NoError(t, err, "so is the right one")
	_, err = s.AttemptChallenge(ctx, try(then, then.Digest))
	require.NoError(t, err, "and what follows is there")
}

func TestFullMakesRoom(t *testing.T) {
	t.Parallel()
	s := memstore.New(memstore.MaxRecords(1000))
	for round := range 20 {
		now := start.Add(time.Duration(round) * 6 * time.Minute)
		for i := range 1000 {
			c := challenge(1000*round + i)
			c.ExpiresAt = now.Add(5 * time.Minute)
			require.NoError(t, begin(s, c, now), "what has expired makes room at once")
		}
		require.ErrorIs(t, begin(s, challenge(1_000_000), now), memstore.ErrFull)
	}
	require.NoError(t, s.CancelChallenges(context.Background(), challenge(19_500).Key))
	require.NoError(t, begin(s, challenge(19_500), start.Add(19*6*time.Minute)), "so does what is taken away")
}

func TestByteCap(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), memstore.New(memstore.MaxBytes(100_000))
	n := 0
	for ; begin(s, challenge(n), start) == nil; n++ {
	}
	assert.Greater(t, n, 100_000/256-1)
	require.ErrorIs(t, begin(s, challenge(n), start), memstore.ErrFull)
	_, bytes := s.Used()
	assert.LessOrEqual(t, bytes, 100_000)

	c := challenge(0)
	c.Pending = make([]byte, 1024)
	require.NoError(t, begin(s, c, start), "what there is may grow")
	removed, err := s.Purge(ctx, c.ExpiresAt)
	require.NoError(t, err)
	assert.Equal(t, n, removed)
	_, bytes = s.Used()
	assert.Zero(t, bytes)
}

// An owner of many sessions, some of which expire by themselves, in random order.
func TestExpiredSessionsLeaveTheirUser(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), memstore.New()
	for i := range 300 {
		r := session(fmt.Sprint(i), fmt.Sprint(i%7))
		r.ExpiresAt = start.Add(time.Duration(1+i*37%100) * time.Hour)
		require.NoError(t, createSession(s, r))
	}
	require.NoError(t, s.EndSession(ctx, "3", "150"))
	now := start.Add(50*time.Hour + time.Minute)
	for range 100 {
		require.NoError(t, s.TakeLimits(ctx, takes(now)))
	}
	records, _ := s.Used()
	assert.InDelta(t, 150, records, 1)
	require.NoError(t, s.EndUserSessions(ctx, "3", "10"))
	for i := range 300 {
		r, err := s.SessionByID(ctx, fmt.Sprint(i), now)
		alive := 1+i*37%100 > 50 && i != 150 && (i%7 != 3 || i == 10)
		if !alive {
			assert.ErrorIs(t, err, phoneauth.ErrNotFound, i)
			continue
		}
		require.NoError(t, err, i)
		assert.Equal(t, fmt.Sprint(i%7), r.UserID)
	}
	for i := range 7 {
		require.NoError(t, s.EndUserSessions(ctx, fmt.Sprint(i), ""))
	}
	_, bytes := s.Used()
	assert.Zero(t, bytes)
}

func TestSessionIDIsNew(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), memstore.New()
	require.NoError(t, createSession(s, session("one", "1")))
	assert.Error(t, createSession(s, session("one", "2")))
	r, err := s.SessionByID(ctx, "one", start)
	require.NoError(t, err)
	assert.Equal(t, "1", r.UserID)
}

func TestSlicesAreNotShared(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), memstore.New()
	given := challenge(1)
	given.Pending = []byte("pending")
	begun, err := s.BeginChallenge(ctx, phoneauth.BeginParams{Challenge: given, Now: start})
	require.NoError(t, err)
	clear(given.Digest)
	clear(given.Sealed)
	clear(begun.Challenge.Digest)
	begun.Challenge.Sealed = append(begun.Challenge.Sealed[:3], "overwritten"...)
	_ = append(begun.Challenge.Digest, "overwritten"...)
	assert.Equal(t, "pending", string(begun.Challenge.Pending))

	want := challenge(1)
	want.Pending = []byte("pending")
	got, err := s.AttemptChallenge(ctx, try(want, want.Digest))
	require.NoError(t, err)
	assert.Equal(t, want, got)

	r := session("one", "1")
	require.NoError(t, createSession(s, r))
	clear(r.Digest)
	clear(r.AMR)
	out, err := s.SessionByID(ctx, "one", start)
	require.NoError(t, err)
	assert.Equal(t, session("one", "1"), out)
	clear(out.Digest)
	clear(out.AMR)
	next := []byte("next")
	out, err = s.RotateSession(ctx, phoneauth.Rotation{
		ID: "one", Digest: session("one", "1").Digest, Next: next, IdleUntil: r.IdleUntil, Now: start,
	})
	require.NoError(t, err)
	clear(next)
	clear(out.Digest)
	out, err = s.SessionByID(ctx, "one", start)
	require.NoError(t, err)
	assert.Equal(t, "next", string(out.Digest))
	assert.Equal(t, session("one", "1").Digest, out.Previous)
	assert.Equal(t, []string{"sms"}, out.AMR)
}

func TestCounterOutlivesACallerWhoIsAhead(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), memstore.New()
	for range 5 {
		require.NoError(t, s.CountFailure(ctx, locks("one"), start))
	}
	forgotten := start.Add(24 * time.Hour)
	for range 100 {
		require.NoError(t, s.TakeLimits(ctx, takes(forgotten.Add(10*time.Second))))
	}
	records, _ := s.Used()
	assert.Equal(t, 1, records)
	var limit *phoneauth.LimitError
	require.ErrorAs(t, s.CountFailure(ctx, locks("one"), start.Add(time.Hour-1000)), &limit)
	assert.Equal(t, time.Microsecond, limit.RetryAfter)
}

func TestPurgeBesideVerbs(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), memstore.New()
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 2000 {
				c := challenge(10_000*g + i)
				now := start.Add(time.Duration(i) * time.Second)
				c.ExpiresAt = now.Add(time.Hour)
				assert.NoError(t, begin(s, c, now))
				a := try(c, c.Digest)
				a.Now = now
				_, err := s.AttemptChallenge(ctx, a)
				assert.NoError(t, err)
			}
		})
	}
	wg.Go(func() {
		for i := range 200 {
			_, err := s.Purge(ctx, start.Add(time.Duration(10*i)*time.Second))
			assert.NoError(t, err)
		}
	})
	wg.Wait()
	records, _ := s.Used()
	assert.Zero(t, records)

	stopped, cancel := context.WithCancel(ctx)
	cancel()
	_, err := s.Purge(stopped, start)
	assert.ErrorIs(t, err, context.Canceled)
}
