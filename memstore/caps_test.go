package memstore_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/memstore"
)

func TestWrongPasswordsLeaveRoomForOthers(t *testing.T) {
	t.Parallel()
	const most = 1000
	ctx, s := context.Background(), memstore.New(memstore.MaxRecords(most))
	counted := 0
	for i := range 2 * most {
		err := s.CountFailure(ctx, locks(fmt.Sprint("nobody", i)), start)
		if err == nil {
			counted++
			continue
		}
		require.ErrorIs(t, err, memstore.ErrFull)
	}
	assert.Equal(t, most/4, counted, "lockouts hold a quarter at most")
	assert.NoError(t, begin(s, challenge(1), start), "codes are still sent")
	require.NoError(t, s.TakeLimits(ctx, takes(start, take("one", 1))))

	for range 4 {
		require.NoError(t, s.CountFailure(ctx, locks("nobody1"), start), "a live lockout counts on")
	}
	var limit *phoneauth.LimitError
	require.ErrorAs(t, s.CountFailure(ctx, locks("nobody1"), start), &limit, "and locks")

	a := try(challenge(1), []byte("wrong"))
	a.Lockout = locks("somebody")
	_, err := s.AttemptChallenge(ctx, a)
	require.ErrorIs(t, err, phoneauth.ErrMismatch, "a wrong code is counted all the same")
	state, err := s.ReadState(ctx, phoneauth.StateParams{Lockouts: []string{"somebody"}, Now: start})
	require.NoError(t, err)
	assert.Equal(t, 1, state.Lockouts[0].Failures)

	require.NoError(t, s.ClearFailures(ctx, "nobody2"))
	require.NoError(t, s.ClearFailures(ctx, "nobody3"))
	assert.NoError(t, s.CountFailure(ctx, locks("another"), start), "what is cleared makes room")
	forgotten := start.Add(25 * time.Hour)
	for i := range most / 4 {
		require.NoError(t, s.CountFailure(ctx, locks(fmt.Sprint("later", i)), forgotten), "so does what is forgotten")
	}
}

func TestWrongPasswordsHaveAShareOfBytes(t *testing.T) {
	t.Parallel()
	const most = 100_000
	ctx, s := context.Background(), memstore.New(memstore.MaxBytes(most))
	n := 0
	for ; s.CountFailure(ctx, locks(fmt.Sprint("nobody", n)), start) == nil; n++ {
	}
	_, bytes := s.Used()
	assert.LessOrEqual(t, bytes, most/4)
	assert.Greater(t, n, 100)
	assert.NoError(t, begin(s, challenge(1), start))
}

// An attempt that the store has no room for must not say whether the code was right.
func TestFullHidesWhetherACodeIsRight(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), memstore.New(memstore.MaxRecords(8))
	c := challenge(1)
	require.NoError(t, begin(s, c, start))
	back := 0
	for ; ; back++ { // what is given back may fill the reserve
		p := phoneauth.GiveBackParams{Credits: []phoneauth.Charge{charge(fmt.Sprint(back))}, Now: start}
		if err := s.GiveBack(ctx, p); err != nil {
			require.ErrorIs(t, err, memstore.ErrFull)
			break
		}
	}
	require.Equal(t, 8+1024-1, back)

	store := challenge(2)
	for name, change := range map[string]func(*phoneauth.AttemptParams){
		"a lockout": func(p *phoneauth.AttemptParams) { p.Lockout = locks("one") },
		"a take":    func(p *phoneauth.AttemptParams) { p.Takes = []phoneauth.Take{take("one", 1)} },
		"a store":   func(p *phoneauth.AttemptParams) { p.Candidates[0].OnMatch.Store = &store },
		"a credit": func(p *phoneauth.AttemptParams) {
			p.Candidates[0].OnMatch.Credits = []phoneauth.Charge{charge("new")}
		},
		"a reward": func(p *phoneauth.AttemptParams) {
			p.Candidates[0].OnMatch.Credits = []phoneauth.Charge{charge("0")}
			p.Candidates[0].OnMatch.Reward.Take = take("reward", 1)
		},
	} {
		for _, digest := range [][]byte{c.Digest, []byte("wrong")} {
			p := try(c, digest)
			change(&p)
			_, err := s.AttemptChallenge(ctx, p)
			assert.ErrorIs(t, err, memstore.ErrFull, "%s, %s", name, digest)
		}
	}
	got, err := s.AttemptChallenge(ctx, try(c, c.Digest))
	require.NoError(t, err, "an attempt that needs no room goes through")
	assert.Equal(t, 5, got.TriesLeft, "no try was counted")
}

func TestImportIsAllOrNothing(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), memstore.New(memstore.MaxRecords(3))
	imports := func(numbers ...string) (users []phoneauth.UserImport) {
		for _, n := range numbers {
			users = append(users, phoneauth.UserImport{Phone: phoneauth.StoredPhone(n), UUID: "uuid" + n})
		}
		return users
	}
	in, err := s.SignInUser(ctx, phoneauth.SignIn{Phone: phoneauth.StoredPhone("+1"), Now: start})
	require.NoError(t, err)
	_, err = s.ImportUsers(ctx, imports("+1", "+2", "+3", "+4"), start)
	require.ErrorIs(t, err, memstore.ErrFull)
	records, _ := s.Used()
	assert.Equal(t, 1, records)
	_, err = s.UserByPhone(ctx, phoneauth.StoredPhone("+2"))
	assert.ErrorIs(t, err, phoneauth.ErrNotFound)

	got, err := s.ImportUsers(ctx, imports("+1", "+2", "+2", "+3"), start)
	require.NoError(t, err)
	assert.Equal(t, phoneauth.ImportedUser{User: in.User}, got[0], "who is there stays as they are")
	assert.True(t, got[1].Created)
	assert.Equal(t, phoneauth.ImportedUser{User: got[1].User}, got[2], "a phone named twice is one user")
	assert.True(t, got[3].Created)
	assert.True(t, got[3].User.SignedInAt.IsZero(), "nobody has signed in")
	again, err := s.SignInUser(ctx, phoneauth.SignIn{Phone: phoneauth.StoredPhone("+3"), Now: start.Add(time.Hour)})
	require.NoError(t, err)
	assert.True(t, again.First)
	assert.False(t, again.Created)
	assert.Equal(t, got[3].User.ID, again.User.ID)
}
