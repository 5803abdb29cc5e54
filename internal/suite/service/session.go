package service

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
	"github.com/phoneauth/phoneauth/memstore"
	"github.com/phoneauth/phoneauth/phonetest"
)

// What the tables of docs/states.md cannot say of sessions.

func testRefreshGraceReturnsTheSuccessor(t *testing.T, o suite.Options) {
	var reused int
	s := o.Service(t, suite.LimitsOff, func(c *phoneauth.Config) {
		c.Hooks.OnEvent = func(_ context.Context, e phoneauth.Event) {
			if e.Type == phoneauth.EventRefreshReused {
				reused++
			}
		}
	})
	first := s.SignIn(suite.Owner)
	next, err := s.Refresh(t.Context(), phoneauth.RefreshRequest{Token: first.RefreshToken})
	require.NoError(t, err)
	assert.NotEqual(t, first.RefreshToken, next.RefreshToken)
	assert.Equal(t, first.ID, next.ID)
	assert.Equal(t, first.DeviceToken, next.DeviceToken, "a session has one device")
	s.Elapse(10*time.Second - time.Microsecond)
	again, err := s.Refresh(t.Context(), phoneauth.RefreshRequest{Token: first.RefreshToken})
	require.NoError(t, err)
	assert.Equal(t, next.RefreshToken, again.RefreshToken, "the same successor")
	s.Elapse(time.Microsecond)
	_, err = s.Refresh(t.Context(), phoneauth.RefreshRequest{Token: first.RefreshToken})
	assert.ErrorIs(t, err, phoneauth.ErrInvalidToken)
	assert.Equal(t, 1, reused)
	_, err = s.Refresh(t.Context(), phoneauth.RefreshRequest{Token: next.RefreshToken})
	assert.ErrorIs(t, err, phoneauth.ErrInvalidToken, "reuse ended the family")
}

func testUsedSuccessorEndsTheGrace(t *testing.T, o suite.Options) {
	s := o.Service(t, suite.LimitsOff)
	tokens := []phoneauth.Secret{s.SignIn(suite.Owner).RefreshToken}
	for range 3 {
		next, err := s.Refresh(t.Context(), phoneauth.RefreshRequest{Token: tokens[len(tokens)-1]})
		require.NoError(t, err)
		tokens = append(tokens, next.RefreshToken)
	}
	_, err := s.Refresh(t.Context(), phoneauth.RefreshRequest{Token: tokens[1]}) // two before the newest, within the grace
	assert.ErrorIs(t, err, phoneauth.ErrInvalidToken)
	_, err = s.Refresh(t.Context(), phoneauth.RefreshRequest{Token: tokens[3]})
	assert.ErrorIs(t, err, phoneauth.ErrInvalidToken)
}

func testGraceOverARotationOfKeys(t *testing.T, o suite.Options) {
	old := o.Service(t, suite.LimitsOff)
	first := old.SignIn(suite.Owner)
	next, err := old.Refresh(t.Context(), phoneauth.RefreshRequest{Token: first.RefreshToken})
	require.NoError(t, err)
	both := old.Again(func(c *phoneauth.Config) { c.Keys = suite.Keys("b", "now") })
	old.Elapse(9 * time.Second)
	again, err := both.Refresh(t.Context(), phoneauth.RefreshRequest{Token: first.RefreshToken})
	require.NoError(t, err)
	// Signed under another key, it is the same secret: the first's successor is used by
	// either, and then neither is good for more than its grace.
	after, err := both.Refresh(t.Context(), phoneauth.RefreshRequest{Token: next.RefreshToken})
	require.NoError(t, err)
	same, err := both.Refresh(t.Context(), phoneauth.RefreshRequest{Token: again.RefreshToken})
	require.NoError(t, err)
	assert.Equal(t, after.RefreshToken, same.RefreshToken)
	_, err = both.Refresh(t.Context(), phoneauth.RefreshRequest{Token: first.RefreshToken})
	assert.ErrorIs(t, err, phoneauth.ErrInvalidToken)
}

// A session is known by each of its refresh tokens, used, ended or not, until they expire.
func testSessionOf(t *testing.T, o suite.Options) {
	s := o.Service(t, suite.LimitsOff)
	first := s.SignIn(suite.Owner)
	next, err := s.Refresh(t.Context(), phoneauth.RefreshRequest{Token: first.RefreshToken})
	require.NoError(t, err)
	require.NoError(t, s.Logout(t.Context(), next.RefreshToken))
	for _, token := range []phoneauth.Secret{first.RefreshToken, next.RefreshToken} {
		id, ok := s.SessionOf(token)
		assert.True(t, ok)
		assert.Equal(t, first.ID, id)
	}
	hosts := s.Again(func(c *phoneauth.Config) { c.HostSessions = true })
	_, ok := hosts.SessionOf(first.RefreshToken)
	assert.False(t, ok, "under HostSessions")
	another := s.Again(func(c *phoneauth.Config) { c.Keys = suite.Keys("b") })
	for _, token := range []phoneauth.Secret{"", "junk", first.AccessToken, first.DeviceToken, s.SignIn(suite.Owner).RefreshToken} {
		id, ok := another.SessionOf(token)
		assert.False(t, ok)
		assert.Empty(t, id)
	}
	s.Elapse(30 * 24 * time.Hour)
	_, ok = s.SessionOf(first.RefreshToken)
	assert.False(t, ok, "it has expired")
}

func testSessionLives(t *testing.T, o suite.Options) {
	s := o.Service(t, suite.LimitsOff)
	const day = 24 * time.Hour
	for _, c := range []struct {
		every time.Duration
		times int
		want  error
	}{
		{14*day - time.Microsecond, 2, nil},
		{14 * day, 1, phoneauth.ErrInvalidToken},
		{10*day - time.Microsecond, 3, nil},
		{10 * day, 3, phoneauth.ErrInvalidToken},
	} {
		session := s.SignIn(suite.Owner)
		var err error
		for range c.times {
			require.NoError(t, err)
			s.Elapse(c.every)
			var next *phoneauth.Session
			if next, err = s.Refresh(t.Context(), phoneauth.RefreshRequest{Token: session.RefreshToken}); err == nil {
				session = next
			}
		}
		assert.ErrorIs(t, err, c.want, "%s, %d times", c.every, c.times)
	}
}

func testAccessTokensAndFreshness(t *testing.T, o suite.Options) {
	s := o.Service(t, suite.LimitsOff)
	session := s.SignIn(suite.Owner)
	c := s.ClaimsOf(session)
	assert.Equal(t, []string{"sms"}, c.AMR)
	assert.Equal(t, session.User.UUID, c.Subject)
	s.Elapse(5 * time.Minute)
	_, err := s.Reauthenticated(t.Context(), c)
	assert.NoError(t, err, "five minutes are recent enough")
	s.Elapse(time.Microsecond)
	next, err := s.Refresh(t.Context(), phoneauth.RefreshRequest{Token: session.RefreshToken})
	require.NoError(t, err)
	c = s.ClaimsOf(next)
	proof := s.ProveChange(session, suite.Third)
	_, err = s.ChangePhone(t.Context(), c, phoneauth.ConnectRequest{Token: proof.Token})
	assert.ErrorIs(t, err, phoneauth.ErrReauthenticate, "refreshing is not signing in")
	_, err = s.ChangePassword(t.Context(), c, phoneauth.ChangePasswordRequest{New: "password two"})
	assert.ErrorIs(t, err, phoneauth.ErrReauthenticate)
	assert.ErrorIs(t, s.DeleteUser(t.Context(), c), phoneauth.ErrReauthenticate)
	_, err = s.ChangePhone(t.Context(), s.ClaimsOf(s.SignIn(suite.Owner)), phoneauth.ConnectRequest{Token: proof.Token})
	assert.NoError(t, err, "the refusal used nothing up")
	s.Settle()
	last, _ := s.Inbox.Last(suite.Owner)
	assert.Equal(t, phoneauth.NoticePhoneChanged, last.Purpose, "the old number is told")

	s.Elapse(10*time.Minute + time.Minute)
	_, err = s.Authenticate(t.Context(), session.AccessToken)
	assert.ErrorIs(t, err, phoneauth.ErrUnauthenticated, "expired")
}

func testHostSessions(t *testing.T, o suite.Options) {
	suite.CheapHashes(t)
	places := 0
	s := o.Service(t, suite.LimitsOff, func(c *phoneauth.Config) {
		c.HostSessions = true
		c.Store = phoneauth.Stores{ChallengeStore: c.Store, UserStore: c.Store} // no sessions
		c.Hooks.Place = func(context.Context, netip.Addr) string { places++; return "Cairo" }
	})
	session := s.SignUp(suite.Owner, "password one")
	assert.True(t, session.New)
	assert.Equal(t, phoneauth.Session{User: session.User, New: true, First: true, DeviceToken: session.DeviceToken,
		AMR: []string{"sms"}, AuthTime: s.Now()}, *session)
	_, err := s.Refresh(t.Context(), phoneauth.RefreshRequest{Token: "anything"})
	assert.ErrorIs(t, err, phoneauth.ErrInvalidToken)
	_, err = s.Authenticate(t.Context(), "anything")
	assert.ErrorIs(t, err, phoneauth.ErrUnauthenticated)
	assert.NoError(t, s.Logout(t.Context(), "anything"))

	claims := phoneauth.Claims{UserID: session.User.ID, AuthTime: s.Now()}
	s.Elapse(5*time.Minute + time.Microsecond)
	_, err = s.ChangePassword(t.Context(), claims, phoneauth.ChangePasswordRequest{Current: "password one", New: "password two"})
	assert.ErrorIs(t, err, phoneauth.ErrReauthenticate)
	claims.AuthTime = s.Now()
	_, err = s.ChangePassword(t.Context(), claims, phoneauth.ChangePasswordRequest{Current: "password one", New: "password two", Client: suite.FreshClient()})
	require.NoError(t, err)
	_, err = s.ChangePhone(t.Context(), claims, phoneauth.ConnectRequest{Token: s.ProveChange(session, suite.Third).Token, Client: suite.FreshClient()})
	require.NoError(t, err)
	assert.Zero(t, places, "no session is stored that has a place")
	require.NoError(t, s.SetBlocked(t.Context(), session.User.ID, true))
	_, err = s.User(t.Context(), claims)
	assert.ErrorIs(t, err, phoneauth.ErrUnauthenticated)
	require.NoError(t, s.SetBlocked(t.Context(), session.User.ID, false))
	require.NoError(t, s.DeleteUser(t.Context(), claims))
	_, err = s.User(t.Context(), claims)
	assert.ErrorIs(t, err, phoneauth.ErrUnauthenticated)
	// Only a user store can say that all sessions of a user are to end.
}

func testBlocked(t *testing.T, o suite.Options) {
	s := o.Service(t, suite.LimitsOff)
	session := s.SignIn(suite.Owner)
	proof := s.Prove(suite.Owner)
	require.NoError(t, s.SetBlocked(t.Context(), session.User.ID, true))
	refused, err := s.TrySignIn(suite.Owner)
	require.ErrorIs(t, err, phoneauth.ErrBlocked)
	assert.Nil(t, refused)
	blocked, ok := errors.AsType[*phoneauth.BlockedError](err)
	require.True(t, ok)
	assert.Equal(t, session.User.ID, blocked.User.ID)
	_, err = s.Login(t.Context(), phoneauth.LoginRequest{Phone: suite.Owner, Code: s.Wrong(suite.Owner)})
	assert.ErrorIs(t, err, phoneauth.ErrInvalidCode, "only after the secret proved right")
	_, err = s.ConnectProof(proof)
	assert.Error(t, err)
	_, err = s.ConnectProof(s.Prove(suite.Owner))
	assert.ErrorIs(t, err, phoneauth.ErrBlocked)
	require.NoError(t, s.SetBlocked(t.Context(), session.User.ID, false))
	again := s.SignIn(suite.Owner)
	assert.Equal(t, session.User.ID, again.User.ID)
	assert.False(t, again.New || again.First)
	assert.ErrorIs(t, s.SetBlocked(t.Context(), "none", true), phoneauth.ErrNotFound)
}

func testDeletedNumberIsFreeAtOnce(t *testing.T, o suite.Options) {
	s := o.Service(t, suite.LimitsOff)
	session := s.SignIn(suite.Owner)
	require.NoError(t, s.DeleteUser(t.Context(), s.ClaimsOf(session)))
	again := s.SignIn(suite.Owner)
	assert.True(t, again.New && again.First)
	assert.NotEqual(t, session.User.ID, again.User.ID)
	_, err := s.User(t.Context(), s.ClaimsOf(session))
	assert.ErrorIs(t, err, phoneauth.ErrUnauthenticated)
	_, err = s.Refresh(t.Context(), phoneauth.RefreshRequest{Token: session.RefreshToken})
	assert.ErrorIs(t, err, phoneauth.ErrInvalidToken)
}

func testCloseWaits(t *testing.T, o suite.Options) {
	synctest.Test(t, func(t *testing.T) {
		s := suite.InBubble(t, o.Store(t), suite.LimitsOff)
		s.SignIn(suite.Owner)
		s.Inbox.FailNext(phonetest.Hang) // for 10 s
		ask := phoneauth.RegisterRequest{Phone: suite.Owner, Purpose: phoneauth.PurposePasswordReset}
		start := time.Now()
		_, err := s.Register(t.Context(), ask)
		require.NoError(t, err)
		assert.Zero(t, time.Since(start), "the answer does not wait for the text")
		synctest.Wait()

		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		assert.ErrorIs(t, s.Close(short), context.DeadlineExceeded)
		_, err = s.Register(t.Context(), ask)
		assert.ErrorIs(t, err, phoneauth.ErrUnavailable, "nothing starts any more")
		_, err = s.Register(t.Context(), phoneauth.RegisterRequest{Phone: suite.Stranger, Purpose: phoneauth.PurposePasswordReset})
		assert.ErrorIs(t, err, phoneauth.ErrUnavailable, "known or not")
		require.NoError(t, s.Close(t.Context()))
		assert.Equal(t, 10*time.Second, time.Since(start))
		assert.NoError(t, s.Close(t.Context()), "once more does nothing")
		assert.NoError(t, suite.InBubble(t, o.Store(t)).Close(t.Context()))
	})
}

// Users restored from a backup may give an id again: what the one who had it before holds
// opens nothing of the other's.
func testTokensOfAnotherUserOfTheSameID(t *testing.T, o suite.Options) {
	s := o.Service(t, suite.LimitsOff)
	before := s.SignIn(suite.Owner)
	claims := s.ClaimsOf(before)
	restored := s.Again(func(c *phoneauth.Config) {
		c.Store = phoneauth.Stores{ChallengeStore: memstore.New(), UserStore: memstore.New(), SessionStore: s.Store}
	})
	after := restored.SignIn(suite.Stranger)
	require.Equal(t, before.User.ID, after.User.ID)
	_, err := restored.User(t.Context(), claims)
	assert.ErrorIs(t, err, phoneauth.ErrUnauthenticated)
	_, err = restored.Refresh(t.Context(), phoneauth.RefreshRequest{Token: before.RefreshToken})
	assert.ErrorIs(t, err, phoneauth.ErrInvalidToken)
	_, err = restored.Refresh(t.Context(), phoneauth.RefreshRequest{Token: after.RefreshToken})
	assert.NoError(t, err)
}

// testEndedSessionsAskForNothing: a session of an earlier epoch has ended, also where its record is still
// there. Nobody must sign in again to end it.
func testEndedSessionsAskForNothing(t *testing.T, o suite.Options) {
	down := true
	store := &suite.Spied{Store: o.Store(t), Before: func(_ context.Context, verb string, _ ...any) error {
		if verb == "EndUserSessions" && down {
			return errors.New("connection refused")
		}
		return nil
	}}
	s := suite.On(t, store, suite.LimitsOff)
	before := s.SignIn(suite.Owner)
	require.ErrorIs(t, s.SetBlocked(t.Context(), before.User.ID, true), phoneauth.ErrUnavailable)
	require.ErrorIs(t, s.SetBlocked(t.Context(), before.User.ID, false), phoneauth.ErrUnavailable)
	down = false
	s.Elapse(time.Second)
	session := s.SignIn(suite.Owner)
	s.Elapse(10 * time.Minute)
	all, err := s.Sessions(t.Context(), session.User.ID)
	require.NoError(t, err)
	require.Len(t, all, 1)
	assert.NoError(t, s.EndOtherSessions(t.Context(), s.ClaimsOf(session), true))
}
