package phoneauth_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/memstore"
	"github.com/phoneauth/phoneauth/phonetest"
)

// What the tables of docs/states.md cannot say of sessions.

func TestRefreshGraceReturnsTheSuccessor(t *testing.T) {
	in(t, func(t *testing.T) {
		var reused int
		s := newService(t, limitsOff, func(c *phoneauth.Config) {
			c.Hooks.OnEvent = func(_ context.Context, e phoneauth.Event) {
				if e.Type == phoneauth.EventRefreshReused {
					reused++
				}
			}
		})
		first := s.signIn(t, owner)
		next, err := s.Refresh(t.Context(), phoneauth.RefreshRequest{Token: first.RefreshToken})
		require.NoError(t, err)
		assert.NotEqual(t, first.RefreshToken, next.RefreshToken)
		assert.Equal(t, first.ID, next.ID)
		assert.Equal(t, first.DeviceToken, next.DeviceToken, "a session has one device")
		elapse(10*time.Second - time.Microsecond)
		again, err := s.Refresh(t.Context(), phoneauth.RefreshRequest{Token: first.RefreshToken})
		require.NoError(t, err)
		assert.Equal(t, next.RefreshToken, again.RefreshToken, "the same successor")
		elapse(time.Microsecond)
		_, err = s.Refresh(t.Context(), phoneauth.RefreshRequest{Token: first.RefreshToken})
		assert.ErrorIs(t, err, phoneauth.ErrInvalidToken)
		assert.Equal(t, 1, reused)
		_, err = s.Refresh(t.Context(), phoneauth.RefreshRequest{Token: next.RefreshToken})
		assert.ErrorIs(t, err, phoneauth.ErrInvalidToken, "reuse ended the family")
	})
}

func TestUsedSuccessorEndsTheGrace(t *testing.T) {
	in(t, func(t *testing.T) {
		s := newService(t, limitsOff)
		tokens := []phoneauth.Secret{s.signIn(t, owner).RefreshToken}
		for range 3 {
			next, err := s.Refresh(t.Context(), phoneauth.RefreshRequest{Token: tokens[len(tokens)-1]})
			require.NoError(t, err)
			tokens = append(tokens, next.RefreshToken)
		}
		_, err := s.Refresh(t.Context(), phoneauth.RefreshRequest{Token: tokens[1]}) // two before the newest, within the grace
		assert.ErrorIs(t, err, phoneauth.ErrInvalidToken)
		_, err = s.Refresh(t.Context(), phoneauth.RefreshRequest{Token: tokens[3]})
		assert.ErrorIs(t, err, phoneauth.ErrInvalidToken)
	})
}

func TestGraceOverARotationOfKeys(t *testing.T) {
	in(t, func(t *testing.T) {
		old := newService(t, limitsOff)
		first := old.signIn(t, owner)
		next, err := old.Refresh(t.Context(), phoneauth.RefreshRequest{Token: first.RefreshToken})
		require.NoError(t, err)
		both := old.again(t, func(c *phoneauth.Config) { c.Keys = testKeys("b", "a") })
		elapse(9 * time.Second)
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
	})
}

// A session is known by each of its refresh tokens, used, ended or not, until they expire.
func TestSessionOf(t *testing.T) {
	in(t, func(t *testing.T) {
		s := newService(t, limitsOff)
		first := s.signIn(t, owner)
		next, err := s.Refresh(t.Context(), phoneauth.RefreshRequest{Token: first.RefreshToken})
		require.NoError(t, err)
		require.NoError(t, s.Logout(t.Context(), next.RefreshToken))
		for _, token := range []phoneauth.Secret{first.RefreshToken, next.RefreshToken} {
			id, ok := s.SessionOf(token)
			assert.True(t, ok)
			assert.Equal(t, first.ID, id)
		}
		hosts := s.again(t, func(c *phoneauth.Config) { c.HostSessions = true })
		_, ok := hosts.SessionOf(first.RefreshToken)
		assert.False(t, ok, "under HostSessions")
		another := s.again(t, func(c *phoneauth.Config) { c.Keys = testKeys("b") })
		for _, token := range []phoneauth.Secret{"", "junk", first.AccessToken, first.DeviceToken, s.signIn(t, owner).RefreshToken} {
			id, ok := another.SessionOf(token)
			assert.False(t, ok)
			assert.Empty(t, id)
		}
		elapse(30 * 24 * time.Hour)
		_, ok = s.SessionOf(first.RefreshToken)
		assert.False(t, ok, "it has expired")
	})
}

func TestSessionLives(t *testing.T) {
	in(t, func(t *testing.T) {
		s := newService(t, limitsOff)
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
			session := s.signIn(t, owner)
			var err error
			for range c.times {
				require.NoError(t, err)
				elapse(c.every)
				var next *phoneauth.Session
				if next, err = s.Refresh(t.Context(), phoneauth.RefreshRequest{Token: session.RefreshToken}); err == nil {
					session = next
				}
			}
			assert.ErrorIs(t, err, c.want, "%s, %d times", c.every, c.times)
		}
	})
}

func TestAccessTokensAndFreshness(t *testing.T) {
	in(t, func(t *testing.T) {
		s := newService(t, limitsOff)
		session := s.signIn(t, owner)
		c := s.claims(t, session)
		assert.Equal(t, []string{"sms"}, c.AMR)
		assert.Equal(t, session.User.UUID, c.Subject)
		elapse(5 * time.Minute)
		_, err := s.Reauthenticated(t.Context(), c)
		assert.NoError(t, err, "five minutes are recent enough")
		elapse(time.Microsecond)
		next, err := s.Refresh(t.Context(), phoneauth.RefreshRequest{Token: session.RefreshToken})
		require.NoError(t, err)
		c = s.claims(t, next)
		proof := s.proveChange(t, session, third)
		_, err = s.ChangePhone(t.Context(), c, phoneauth.ConnectRequest{Token: proof.Token})
		assert.ErrorIs(t, err, phoneauth.ErrReauthenticate, "refreshing is not signing in")
		_, err = s.ChangePassword(t.Context(), c, phoneauth.ChangePasswordRequest{New: "password two"})
		assert.ErrorIs(t, err, phoneauth.ErrReauthenticate)
		assert.ErrorIs(t, s.DeleteUser(t.Context(), c), phoneauth.ErrReauthenticate)
		_, err = s.ChangePhone(t.Context(), s.claims(t, s.signIn(t, owner)), phoneauth.ConnectRequest{Token: proof.Token})
		assert.NoError(t, err, "the refusal used nothing up")
		synctest.Wait()
		last, _ := s.inbox.Last(owner)
		assert.Equal(t, phoneauth.NoticePhoneChanged, last.Purpose, "the old number is told")

		elapse(10*time.Minute + time.Minute)
		_, err = s.Authenticate(t.Context(), session.AccessToken)
		assert.ErrorIs(t, err, phoneauth.ErrUnauthenticated, "expired")
	})
}

func TestHostSessions(t *testing.T) {
	in(t, func(t *testing.T) {
		phoneauth.CheapHashes(t)
		s := newService(t, limitsOff, func(c *phoneauth.Config) {
			c.HostSessions = true
			c.Store = phoneauth.Stores{ChallengeStore: c.Store, UserStore: c.Store} // no sessions
		})
		session := s.signUp(t, owner, "password one")
		assert.True(t, session.New)
		assert.Equal(t, phoneauth.Session{User: session.User, New: true, First: true, DeviceToken: session.DeviceToken,
			AMR: []string{"sms"}, AuthTime: now()}, *session)
		_, err := s.Refresh(t.Context(), phoneauth.RefreshRequest{Token: "anything"})
		assert.ErrorIs(t, err, phoneauth.ErrInvalidToken)
		_, err = s.Authenticate(t.Context(), "anything")
		assert.ErrorIs(t, err, phoneauth.ErrUnauthenticated)
		assert.NoError(t, s.Logout(t.Context(), "anything"))

		claims := phoneauth.Claims{UserID: session.User.ID, AuthTime: time.Now()}
		elapse(5*time.Minute + time.Microsecond)
		_, err = s.ChangePassword(t.Context(), claims, phoneauth.ChangePasswordRequest{Current: "password one", New: "password two"})
		assert.ErrorIs(t, err, phoneauth.ErrReauthenticate)
		claims.AuthTime = time.Now()
		_, err = s.ChangePassword(t.Context(), claims, phoneauth.ChangePasswordRequest{Current: "password one", New: "password two"})
		require.NoError(t, err)
		_, err = s.ChangePhone(t.Context(), claims, phoneauth.ConnectRequest{Token: s.proveChange(t, session, third).Token})
		require.NoError(t, err)
		require.NoError(t, s.SetBlocked(t.Context(), session.User.ID, true))
		_, err = s.User(t.Context(), claims)
		assert.ErrorIs(t, err, phoneauth.ErrUnauthenticated)
		require.NoError(t, s.SetBlocked(t.Context(), session.User.ID, false))
		require.NoError(t, s.DeleteUser(t.Context(), claims))
		_, err = s.User(t.Context(), claims)
		assert.ErrorIs(t, err, phoneauth.ErrUnauthenticated)
		// Only a user store can say that all sessions of a user are to end.
	})
}

func TestBlocked(t *testing.T) {
	t.Parallel()
	s := newService(t, limitsOff)
	session := s.signIn(t, owner)
	proof := s.prove(t, owner)
	require.NoError(t, s.SetBlocked(t.Context(), session.User.ID, true))
	refused, err := s.trySignIn(t, owner)
	require.ErrorIs(t, err, phoneauth.ErrBlocked)
	assert.Nil(t, refused)
	blocked, ok := errors.AsType[*phoneauth.BlockedError](err)
	require.True(t, ok)
	assert.Equal(t, session.User.ID, blocked.User.ID)
	_, err = s.Login(t.Context(), phoneauth.LoginRequest{Phone: owner, Code: s.wrong(owner)})
	assert.ErrorIs(t, err, phoneauth.ErrInvalidCode, "only after the secret proved right")
	_, err = s.connect(t, proof)
	assert.Error(t, err)
	_, err = s.connect(t, s.prove(t, owner))
	assert.ErrorIs(t, err, phoneauth.ErrBlocked)
	require.NoError(t, s.SetBlocked(t.Context(), session.User.ID, false))
	again := s.signIn(t, owner)
	assert.Equal(t, session.User.ID, again.User.ID)
	assert.False(t, again.New || again.First)
	assert.ErrorIs(t, s.SetBlocked(t.Context(), "none", true), phoneauth.ErrNotFound)
}

func TestDeletedNumberIsFreeAtOnce(t *testing.T) {
	t.Parallel()
	s := newService(t, limitsOff)
	session := s.signIn(t, owner)
	require.NoError(t, s.DeleteUser(t.Context(), s.claims(t, session)))
	again := s.signIn(t, owner)
	assert.True(t, again.New && again.First)
	assert.NotEqual(t, session.User.ID, again.User.ID)
	_, err := s.User(t.Context(), s.claims(t, session))
	assert.ErrorIs(t, err, phoneauth.ErrUnauthenticated)
	_, err = s.Refresh(t.Context(), phoneauth.RefreshRequest{Token: session.RefreshToken})
	assert.ErrorIs(t, err, phoneauth.ErrInvalidToken)
}

func TestCloseWaits(t *testing.T) {
	in(t, func(t *testing.T) {
		s := newService(t, limitsOff)
		s.signIn(t, owner)
		s.inbox.FailNext(phonetest.Hang) // for 10 s
		ask := phoneauth.RegisterRequest{Phone: owner, Purpose: phoneauth.PurposePasswordReset}
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
		_, err = s.Register(t.Context(), phoneauth.RegisterRequest{Phone: stranger, Purpose: phoneauth.PurposePasswordReset})
		assert.ErrorIs(t, err, phoneauth.ErrUnavailable, "known or not")
		require.NoError(t, s.Close(t.Context()))
		assert.Equal(t, 10*time.Second, time.Since(start))
		assert.NoError(t, s.Close(t.Context()), "once more does nothing")
		assert.NoError(t, newService(t).Close(t.Context()))
	})
}

// Users restored from a backup may give an id again: what the one who had it before holds
// opens nothing of the other's.
func TestTokensOfAnotherUserOfTheSameID(t *testing.T) {
	s := newService(t, limitsOff)
	before := s.signIn(t, owner)
	claims := s.claims(t, before)
	restored := s.again(t, func(c *phoneauth.Config) {
		c.Store = phoneauth.Stores{ChallengeStore: memstore.New(), UserStore: memstore.New(), SessionStore: s.store}
	})
	after := restored.signIn(t, stranger)
	require.Equal(t, before.User.ID, after.User.ID)
	_, err := restored.User(t.Context(), claims)
	assert.ErrorIs(t, err, phoneauth.ErrUnauthenticated)
	_, err = restored.Refresh(t.Context(), phoneauth.RefreshRequest{Token: before.RefreshToken})
	assert.ErrorIs(t, err, phoneauth.ErrInvalidToken)
	_, err = restored.Refresh(t.Context(), phoneauth.RefreshRequest{Token: after.RefreshToken})
	assert.NoError(t, err)
}
