package phoneauth_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// TestPromiseHundredSessions: a user has at most 100 live sessions. The one unused longest
// makes room, which is an event. Sessions by password end only sessions by password.
func TestPromiseHundredSessions(t *testing.T) {
	phoneauth.CheapHashes(t)
	synctest.Test(t, func(t *testing.T) {
		tr := startTrial(t, inMemory(t), loose, func(c *phoneauth.Config) {
			c.Limits.Passwords = phoneauth.Limit{Burst: 1e6, Every: time.Microsecond}
		})
		phone := freshPhone()
		user := seedUser(t, tr.store, phone, cheapHash("correct horse"))
		byPassword := func() (*phoneauth.Session, error) {
			elapse(time.Second)
			return tr.LoginPassword(t.Context(), phoneauth.PasswordLoginRequest{Phone: phone, Password: "correct horse", Client: freshClient()})
		}
		live := func() (n int) {
			all, err := tr.store.UserSessions(t.Context(), user.ID, time.Now())
			require.NoError(t, err)
			return len(all)
		}
		first := tr.signIn(t, phone)
		oldest, err := byPassword()
		require.NoError(t, err)
		for range 98 {
			_, err := byPassword()
			require.NoError(t, err)
		}
		require.Equal(t, 100, live())
		require.Empty(t, tr.events(phoneauth.EventSessionEvicted))
		_, err = byPassword()
		require.NoError(t, err)
		require.Equal(t, 100, live())
		evicted := tr.events(phoneauth.EventSessionEvicted)
		require.Len(t, evicted, 1)
		assert.Equal(t, oldest.ID, evicted[0].SessionID, "of those by password, the one unused longest")
		_, err = tr.Refresh(t.Context(), phoneauth.RefreshRequest{Token: first.RefreshToken})
		assert.NoError(t, err, "a session by code is not ended by passwords")

		for range 100 {
			elapse(time.Second)
			tr.signIn(t, phone)
		}
		_, err = byPassword()
		assert.True(t, isLimit(err, phoneauth.LimitSessions), "100 sessions by code leave no room: %v", err)
		require.Equal(t, 100, live())
	})
}

// TestPromiseRightPasswordsAreLimited: the right password may be used 10 times, then once
// each 30 s; known devices have that by themselves. A wrong password takes nothing of it.
func TestPromiseRightPasswordsAreLimited(t *testing.T) {
	phoneauth.CheapHashes(t)
	synctest.Test(t, func(t *testing.T) {
		tr := startTrial(t, inMemory(t))
		phone := freshPhone()
		seedUser(t, tr.store, phone, cheapHash("correct horse"))
		login := func(password phoneauth.Secret, c phoneauth.ClientInfo) (*phoneauth.Session, error) {
			return tr.LoginPassword(t.Context(), phoneauth.PasswordLoginRequest{Phone: phone, Password: password, Client: c})
		}
		session, err := login("correct horse", freshClient())
		require.NoError(t, err)
		owner := freshClient()
		owner.Device = session.DeviceToken
		for range 8 {
			_, err := login("correct horse", freshClient())
			require.NoError(t, err)
		}
		for range 5 {
			_, err := login("wrong horse", freshClient())
			require.ErrorIs(t, err, phoneauth.ErrInvalidPassword)
		}
		_, err = login("correct horse", freshClient())
		require.NoError(t, err, "the tenth")
		for _, password := range []phoneauth.Secret{"correct horse", "wrong horse"} {
			_, err = login(password, freshClient())
			require.True(t, isLimit(err, phoneauth.LimitPasswords), "%v", err)
		}
		_, err = login("correct horse", owner)
		require.NoError(t, err, "a known device")
		elapse(30 * time.Second)
		_, err = login("correct horse", freshClient())
		require.NoError(t, err)
	})
}

// TestPromiseHashPlaces: one address, or one account from it, never holds all places for
// hashing. A method that hashes asks its limits before it takes a place.
func TestPromiseHashPlaces(t *testing.T) {
	hold := make(chan struct{})
	held := make(chan struct{}, 100)
	tr := startTrial(t, inMemory(t), loose, func(c *phoneauth.Config) {
		c.Limits.AddressFailures = phoneauth.Limit{Burst: 3, Every: time.Hour}
		c.Password.LegacyDecoy = "decoy"
		c.Password.Legacy = func(hash, _ phoneauth.Secret) bool {
			if hash == "slow" {
				held <- struct{}{}
				<-hold // keeps its place
			}
			return false
		}
	})
	slow, other := freshPhone(), freshPhone()
	seedUser(t, tr.store, slow, "slow")
	seedUser(t, tr.store, other, todaysHash())
	greedy := freshClient()
	done := make(chan error, 2)
	for range 2 {
		go func() {
			_, err := tr.LoginPassword(context.Background(), phoneauth.PasswordLoginRequest{Phone: slow, Password: "wrong horse", Client: greedy})
			done <- err
		}()
	}
	<-held
	_, err := tr.LoginPassword(t.Context(), phoneauth.PasswordLoginRequest{Phone: other, Password: "correct horse", Client: freshClient()})
	assert.NoError(t, err, "another address has a place")
	first := <-done
	assert.ErrorIs(t, first, phoneauth.ErrUnavailable, "the greedy one waited for a second place of its own")
	_, err = tr.LoginPassword(t.Context(), phoneauth.PasswordLoginRequest{Phone: slow, Password: "wrong horse", Client: greedy})
	assert.ErrorIs(t, err, phoneauth.ErrUnavailable, "who got no place has lost nothing")
	close(hold)
	require.ErrorIs(t, <-done, phoneauth.ErrInvalidPassword)

	strict := startTrial(t, tr.store, func(c *phoneauth.Config) {
		c.Limits.AddressFailures = phoneauth.Limit{Burst: 1, Every: time.Hour}
	})
	spent := freshClient()
	_, err = strict.LoginPassword(t.Context(), phoneauth.PasswordLoginRequest{Phone: other, Password: "wrong horse", Client: spent})
	require.ErrorIs(t, err, phoneauth.ErrInvalidPassword)
	hashes := hashesDuring(func() {
		_, err = strict.RecoverPassword(t.Context(), phoneauth.RecoverRequest{Phone: other, Code: "000000", Password: "another horse", Client: spent})
		assert.True(t, isLimit(err, phoneauth.LimitAddressFailures), "%v", err)
	})
	assert.Zero(t, hashes)
}

// TestPromisePasswordsAreTold: whoever sets a password within a session is told by SMS, also
// for a first one, and the session does not become fresh by it.
func TestPromisePasswordsAreTold(t *testing.T) {
	phoneauth.CheapHashes(t)
	synctest.Test(t, func(t *testing.T) {
		tr := startTrial(t, inMemory(t), loose)
		phone := freshPhone()
		session := tr.signIn(t, phone)
		signedIn := tr.claims(t, session).AuthTime
		change := func(current, password phoneauth.Secret) {
			t.Helper()
			var err error
			session, err = tr.ChangePassword(t.Context(), tr.claims(t, session), phoneauth.ChangePasswordRequest{
				Current: current, New: password, Client: freshClient(),
			})
			require.NoError(t, err)
			synctest.Wait()
			last, _ := tr.inbox.Last(phone)
			assert.Equal(t, phoneauth.NoticePasswordChanged, last.Purpose, "the owner is told")
		}
		elapse(4 * time.Minute)
		change("", "a first password")
		c := tr.claims(t, session)
		assert.Equal(t, signedIn, c.AuthTime, "as old as the sign-in it came from")
		assert.Equal(t, []string{"sms"}, c.AMR)

		change("a first password", "a second password")
		c = tr.claims(t, session)
		assert.Equal(t, time.Now().UTC().Truncate(time.Second), c.AuthTime, "the current password was proved")
		assert.Equal(t, []string{"pwd"}, c.AMR)

		elapse(4 * time.Minute)
		signedIn = c.AuthTime
		next := freshPhone()
		_, code := tr.registerAs(t, phoneauth.RegisterRequest{Phone: next, Purpose: phoneauth.PurposePhoneChange, BoundTo: session.User.ID})
		proof, err := tr.Verify(t.Context(), phoneauth.VerifyRequest{
			Phone: next, Purpose: phoneauth.PurposePhoneChange, BoundTo: session.User.ID, Code: code,
		})
		require.NoError(t, err)
		session, err = tr.ChangePhone(t.Context(), c, phoneauth.ConnectRequest{Token: proof.Token})
		require.NoError(t, err)
		assert.Equal(t, signedIn, tr.claims(t, session).AuthTime, "a new number does not make a session fresh")
	})
}

// TestPromiseEpochs: sessions of an epoch that has passed are worth nothing, also where the
// clean-up of a change has failed and they are all still there.
func TestPromiseEpochs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var failing bool
		store := phoneauth.WrapStore(inMemory(t), func(ctx context.Context, verb string, call func(context.Context) error) error {
			if failing && verb == "EndUserSessions" {
				return errors.New("away")
			}
			return call(ctx)
		})
		tr := startTrial(t, store, loose)
		phone := freshPhone()
		session := tr.signIn(t, phone)
		claims := tr.claims(t, session)
		failing = true
		require.ErrorIs(t, tr.SetBlocked(t.Context(), session.User.ID, true), phoneauth.ErrUnavailable)
		require.ErrorIs(t, tr.SetBlocked(t.Context(), session.User.ID, false), phoneauth.ErrUnavailable)
		_, err := store.SessionByID(t.Context(), session.ID, time.Now())
		require.NoError(t, err, "the session is still there")

		_, err = tr.Reauthenticated(t.Context(), claims)
		assert.ErrorIs(t, err, phoneauth.ErrUnauthenticated)
		_, err = tr.Refresh(t.Context(), phoneauth.RefreshRequest{Token: session.RefreshToken})
		assert.ErrorIs(t, err, phoneauth.ErrInvalidToken)
		_, err = store.SessionByID(t.Context(), session.ID, time.Now())
		assert.ErrorIs(t, err, phoneauth.ErrNotFound, "and is ended where it is met")
	})
}

// TestPromiseFutureAuthTime: a sign-in that is said to be in the future is not fresh.
func TestPromiseFutureAuthTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := startTrial(t, inMemory(t), loose, func(c *phoneauth.Config) { c.HostSessions = true })
		user := seedUser(t, tr.store, freshPhone(), "")
		for age, want := range map[time.Duration]error{
			-31 * time.Second: phoneauth.ErrReauthenticate,
			-29 * time.Second: nil,
			5 * time.Minute:   nil,
			5*time.Minute + 1: phoneauth.ErrReauthenticate,
		} {
			_, err := tr.Reauthenticated(t.Context(), phoneauth.Claims{UserID: user.ID, AuthTime: time.Now().Add(-age)})
			assert.ErrorIs(t, err, want, "%s old", age)
		}
	})
}

// TestPromiseChangesCancelTwice: what is open when an account changes is cancelled before the
// change, so that a failure of it changes nothing, and what was begun meanwhile after it.
func TestPromiseChangesCancelTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var during func()
		tr := startTrial(t, phoneauth.WrapStore(inMemory(t), func(ctx context.Context, verb string, call func(context.Context) error) error {
			if verb == "UpdateUser" && during != nil {
				during()
			}
			return call(ctx)
		}), loose)
		phone := freshPhone()
		session := tr.signIn(t, phone)
		var before, between string
		_, before = tr.register(t, phone)
		login := func(code string) error {
			_, err := tr.Login(t.Context(), phoneauth.LoginRequest{Phone: phone, Code: code, Client: freshClient()})
			return err
		}
		during = func() {
			during = nil
			assert.ErrorIs(t, login(before), phoneauth.ErrInvalidCode, "cancelled before the change")
			_, between = tr.register(t, phone)
		}
		require.NoError(t, tr.SetBlocked(t.Context(), session.User.ID, false))
		assert.ErrorIs(t, login(between), phoneauth.ErrInvalidCode, "begun during the change")
	})
}

// TestPromiseRecoverBlocked: a reset code of a blocked account sets no password, also when
// the account was blocked after the code had left.
func TestPromiseRecoverBlocked(t *testing.T) {
	phoneauth.CheapHashes(t)
	synctest.Test(t, func(t *testing.T) {
		tr := startTrial(t, inMemory(t), loose)
		phone := freshPhone()
		user := seedUser(t, tr.store, phone, cheapHash("correct horse"))
		_, code := tr.registerAs(t, phoneauth.RegisterRequest{Phone: phone, Purpose: phoneauth.PurposePasswordReset, Client: freshClient()})
		blocked := true // behind the Service's back: the code stays
		_, err := tr.store.UpdateUser(t.Context(), phoneauth.UserUpdate{UserID: user.ID, Blocked: &blocked, Epoch: phoneauth.AnyEpoch, Now: time.Now()})
		require.NoError(t, err)
		_, err = tr.RecoverPassword(t.Context(), phoneauth.RecoverRequest{Phone: phone, Code: code, Password: "another horse", Client: freshClient()})
		assert.ErrorIs(t, err, phoneauth.ErrInvalidCode)
		now, err := tr.store.UserByID(t.Context(), user.ID)
		require.NoError(t, err)
		assert.Equal(t, user.PasswordHash, now.PasswordHash)
	})
}

// TestPromiseDeviceOfAnotherAccount: a challenge that a known device began is nothing once
// the number has another account, or the account another epoch.
func TestPromiseDeviceOfAnotherAccount(t *testing.T) {
	for name, change := range map[string]func(t *testing.T, tr *trial, u phoneauth.User){
		"another epoch": func(t *testing.T, tr *trial, u phoneauth.User) {
			_, err := tr.store.UpdateUser(t.Context(), phoneauth.UserUpdate{UserID: u.ID, Epoch: phoneauth.AnyEpoch, Now: time.Now()})
			require.NoError(t, err)
		},
		"another user": func(t *testing.T, tr *trial, u phoneauth.User) {
			require.NoError(t, tr.store.DeleteUser(t.Context(), u.ID))
			seedUser(t, tr.store, u.Phone.E164(), "")
		},
		"no user": func(t *testing.T, tr *trial, u phoneauth.User) {
			require.NoError(t, tr.store.DeleteUser(t.Context(), u.ID))
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tr := startTrial(t, inMemory(t), loose)
				phone := freshPhone()
				session := tr.signIn(t, phone)
				owner := freshClient()
				owner.Device = session.DeviceToken
				p, code := tr.registerAs(t, phoneauth.RegisterRequest{Phone: phone, Client: owner})
				change(t, tr, session.User)
				_, err := tr.Login(t.Context(), phoneauth.LoginRequest{Code: code, ChallengeToken: p.ChallengeToken, Client: owner})
				assert.ErrorIs(t, err, phoneauth.ErrInvalidCode)
			})
		})
	}
}

// TestPromiseSendsAreGivenBack: a verification gives the address back every send of its
// challenge, those that were sent again too.
func TestPromiseSendsAreGivenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := startTrial(t, inMemory(t), func(c *phoneauth.Config) {
			c.Limits.PhoneSends = []phoneauth.Limit{{Burst: 1e6, Every: time.Microsecond}}
			c.Limits.AddressSends = phoneauth.Limit{Burst: 3, Every: 1000 * time.Hour}
		})
		client, phone := freshClient(), freshPhone()
		var code string
		for range 3 {
			_, code = tr.registerAs(t, phoneauth.RegisterRequest{Phone: phone, Client: client})
		}
		_, err := tr.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone, Client: client})
		require.True(t, isLimit(err, phoneauth.LimitAddressSends), "%v", err)
		_, err = tr.Login(t.Context(), phoneauth.LoginRequest{Phone: phone, Code: code, Client: client})
		require.NoError(t, err)
		for i := range 3 {
			_, err := tr.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone, Client: client})
			require.NoError(t, err, "send %d", i+1)
		}
	})
}

// TestPromiseUnknownHashIsLogged: an account with a hash that nothing verifies is a line in
// the log, once a kind, without the hash.
func TestPromiseUnknownHashIsLogged(t *testing.T) {
	log := &apiLog{}
	tr := startTrial(t, inMemory(t), loose, func(c *phoneauth.Config) { c.Logger = slog.New(slog.NewJSONHandler(log, nil)) })
	for i, hash := range []phoneauth.Secret{"$2b$10$secret", "$2b$10$another", "{SSHA}secret", "secret without a kind"} {
		phone := freshPhone()
		seedUser(t, tr.store, phone, hash)
		_, err := tr.LoginPassword(t.Context(), phoneauth.PasswordLoginRequest{Phone: phone, Password: "correct horse", Client: freshClient()})
		require.ErrorIs(t, err, phoneauth.ErrInvalidPassword, fmt.Sprint(i))
	}
	for _, kind := range []string{"2b", "SSHA", "unnamed"} {
		assert.Equal(t, 1, strings.Count(log.String(), `"kind":"`+kind+`"`), kind)
	}
	assert.NotContains(t, log.String(), "secret")
}

// TestPromiseHostSessionsHaveDevices: a host that keeps sessions has known devices too.
func TestPromiseHostSessionsHaveDevices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := startTrial(t, inMemory(t), func(c *phoneauth.Config) { c.HostSessions = true })
		phone := freshPhone()
		session := tr.signIn(t, phone)
		require.NotEmpty(t, session.DeviceToken)
		assert.Empty(t, session.RefreshToken)
		assert.Empty(t, session.ID)
		owner := freshClient()
		owner.Device = session.DeviceToken
		_, err := tr.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone, Client: freshClient()})
		require.NoError(t, err)
		_, err = tr.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone, Client: owner})
		require.NoError(t, err, "a known device has sends of its own")
	})
}
