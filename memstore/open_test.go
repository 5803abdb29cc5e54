package memstore_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"weak"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/memstore"
)

// opening is a sign-in of phone by the code of challenge n, which s has.
func opening(t *testing.T, s *memstore.Store, n int, phone string) phoneauth.Opening {
	t.Helper()
	c := challenge(n)
	require.NoError(t, begin(s, c, start))
	id := fmt.Sprint("session ", n)
	return phoneauth.Opening{
		Attempt: try(c, c.Digest),
		SignIn:  phoneauth.SignIn{Phone: phoneauth.StoredPhone(phone), UUID: id, Epoch: phoneauth.AnyEpoch, Now: start},
		Session: phoneauth.NewSession{Session: session(id, "nobody"), Most: 2, Now: start},
	}
}

// What remains of a sign-in is the session, and not the attempt that was beside it.
func TestOpenSessionKeepsTheSessionAlone(t *testing.T) {
	t.Parallel()
	s := memstore.New()
	o := opening(t, s, 1, "+201061797840")
	large := make([]byte, 1<<16)
	o.Attempt.Candidates[0].Digests = append(o.Attempt.Candidates[0].Digests, large)
	kept := weak.Make(&large[0])
	v, err := s.OpenSession(context.Background(), o)
	require.NoError(t, err)
	require.True(t, v.Stored)
	o, large = phoneauth.Opening{}, nil
	runtime.GC()
	runtime.GC()
	assert.Nil(t, kept.Value(), "the store has kept the attempt of a session")
	runtime.KeepAlive(s)
}

// A session for which there is no room leaves nothing behind, and the answer says that the code was
// right: the caller reports that, and meets ErrFull at SignInUser or CreateSession.
func TestOpenSessionWithoutRoom(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	const most = 16
	for _, c := range []struct {
		name     string
		imported bool
		records  int // before; the challenge is one of them
	}{
		{"for a user", false, most + 1},
		{"for the session of a new user", false, most},
		{"for the session of an account that has not signed in", true, most + 1},
	} {
		s := memstore.New(memstore.MaxRecords(most))
		o := opening(t, s, 1, "+201061797840")
		var found phoneauth.User
		if c.imported {
			all, err := s.ImportUsers(ctx, []phoneauth.UserImport{{Phone: o.SignIn.Phone, UUID: "imported"}}, start)
			require.NoError(t, err)
			found = all[0].User
		}
		for i := 0; ; i++ { // what is given back may go beyond the cap
			if records, _ := s.Used(); records == c.records {
				break
			}
			require.NoError(t, s.GiveBack(ctx, phoneauth.GiveBackParams{Credits: []phoneauth.Charge{charge(fmt.Sprint(i))}, Now: start}))
		}

		v, err := s.OpenSession(ctx, o)
		require.NoError(t, err, c.name)
		assert.Equal(t, o.Attempt.Candidates[0].Key, v.Challenge.Key, c.name)
		assert.False(t, v.Stored || v.Created || v.First, c.name)
		assert.Equal(t, found, v.User, c.name)
		now, _ := s.UserByPhone(ctx, o.SignIn.Phone)
		assert.Equal(t, found, now, "%s: the account is as it was", c.name)
		records, _ := s.Used()
		assert.Equal(t, c.records-1, records, "%s: the challenge is gone, and nothing has come", c.name)
	}
}
