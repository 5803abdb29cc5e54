package promises

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
)

// testPromiseHundredSessions: a user has at most 100 live sessions. The one unused longest
// makes room, which is an event. Sessions by password end only sessions by password.
func testPromiseHundredSessions(t *testing.T, o suite.Options) {
	suite.CheapHashes(t)
	svc := o.Service(t, suite.Loose, func(c *phoneauth.Config) {
		c.Limits.Passwords = phoneauth.Limit{Burst: 1e6, Every: time.Microsecond}
	})
	phone := suite.FreshPhone()
	user := svc.SeedUser(phone, suite.CheapHash("correct horse"))
	byPassword := func() (*phoneauth.Session, error) {
		svc.Elapse(time.Second)
		return svc.LoginPassword(t.Context(), phoneauth.PasswordLoginRequest{Phone: phone, Password: "correct horse", Client: suite.FreshClient()})
	}
	live := func() (n int) {
		all, err := svc.Store.UserSessions(t.Context(), user.ID, svc.Now())
		require.NoError(t, err)
		return len(all)
	}
	first := svc.SignIn(phone)
	oldest, err := byPassword()
	require.NoError(t, err)
	for range 98 {
		_, err := byPassword()
		require.NoError(t, err)
	}
	require.Equal(t, 100, live())
	require.Empty(t, svc.Events(phoneauth.EventSessionEvicted))
	_, err = byPassword()
	require.NoError(t, err)
	require.Equal(t, 100, live())
	evicted := svc.Events(phoneauth.EventSessionEvicted)
	require.Len(t, evicted, 1)
	assert.Equal(t, oldest.ID, evicted[0].SessionID, "of those by password, the one unused longest")
	_, err = svc.Refresh(t.Context(), phoneauth.RefreshRequest{Token: first.RefreshToken})
	assert.NoError(t, err, "a session by code is not ended by passwords")

	for range 100 {
		svc.Elapse(time.Second)
		svc.SignIn(phone)
	}
	_, err = byPassword()
	assert.True(t, suite.IsLimit(err, phoneauth.LimitSessions), "100 sessions by code leave no room: %v", err)
	require.Equal(t, 100, live())
}

// testPromiseRightPasswordsAreLimited: the right password may be used 10 times, then once
// each 30 s; known devices have that by themselves. A wrong password takes nothing of it.
func testPromiseRightPasswordsAreLimited(t *testing.T, o suite.Options) {
	suite.CheapHashes(t)
	svc := o.Service(t)
	phone := suite.FreshPhone()
	svc.SeedUser(phone, suite.CheapHash("correct horse"))
	login := func(password phoneauth.Secret, c phoneauth.ClientInfo) (*phoneauth.Session, error) {
		return svc.LoginPassword(t.Context(), phoneauth.PasswordLoginRequest{Phone: phone, Password: password, Client: c})
	}
	session, err := login("correct horse", suite.FreshClient())
	require.NoError(t, err)
	owner := suite.FreshClient()
	owner.Device = session.DeviceToken
	for range 8 {
		_, err := login("correct horse", suite.FreshClient())
		require.NoError(t, err)
	}
	for range 5 {
		_, err := login("wrong horse", suite.FreshClient())
		require.ErrorIs(t, err, phoneauth.ErrInvalidPassword)
	}
	_, err = login("correct horse", suite.FreshClient())
	require.NoError(t, err, "the tenth")
	for _, password := range []phoneauth.Secret{"correct horse", "wrong horse"} {
		_, err = login(password, suite.FreshClient())
		require.True(t, suite.IsLimit(err, phoneauth.LimitPasswords), "%v", err)
	}
	_, err = login("correct horse", owner)
	require.NoError(t, err, "a known device")
	svc.Elapse(30 * time.Second)
	_, err = login("correct horse", suite.FreshClient())
	require.NoError(t, err)
}

// testPromiseHashPlaces: one address, or one account from it, never holds all places for
// hashing. A method that hashes asks its limits before it takes a place.
func testPromiseHashPlaces(t *testing.T, o suite.Options) {
	hold := make(chan struct{})
	held := make(chan struct{}, 100)
	svc := o.Service(t, suite.Loose, func(c *phoneauth.Config) {
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
	slow, other := suite.FreshPhone(), suite.FreshPhone()
	svc.SeedUser(slow, "slow")
	svc.SeedUser(other, suite.TodaysHash())
	greedy := suite.FreshClient()
	done := make(chan error, 2)
	for range 2 {
		go func() {
			_, err := svc.LoginPassword(context.Background(), phoneauth.PasswordLoginRequest{Phone: slow, Password: "wrong horse", Client: greedy})
			done <- err
		}()
	}
	<-held
	_, err := svc.LoginPassword(t.Context(), phoneauth.PasswordLoginRequest{Phone: other, Password: "correct horse", Client: suite.FreshClient()})
	assert.NoError(t, err, "another address has a place")
	first := <-done
	assert.ErrorIs(t, first, phoneauth.ErrUnavailable, "the greedy one waited for a second place of its own")
	_, err = svc.LoginPassword(t.Context(), phoneauth.PasswordLoginRequest{Phone: slow, Password: "wrong horse", Client: greedy})
	assert.ErrorIs(t, err, phoneauth.ErrUnavailable, "who got no place has lost nothing")
	close(hold)
	require.ErrorIs(t, <-done, phoneauth.ErrInvalidPassword)

	strict := svc.Env.Service(func(c *phoneauth.Config) {
		c.Limits.AddressFailures = phoneauth.Limit{Burst: 1, Every: time.Hour}
	})
	spent := suite.FreshClient()
	_, err = strict.LoginPassword(t.Context(), phoneauth.PasswordLoginRequest{Phone: other, Password: "wrong horse", Client: spent})
	require.ErrorIs(t, err, phoneauth.ErrInvalidPassword)
	hashes := suite.HashesDuring(func() {
		_, err = strict.RecoverPassword(t.Context(), phoneauth.RecoverRequest{Phone: other, Code: "000000", Password: "another horse", Client: spent})
		assert.True(t, suite.IsLimit(err, phoneauth.LimitAddressFailures), "%v", err)
	})
	if !o.Real { // with it, hashes are cheap, and other stores are tested beside this one
		assert.Zero(t, hashes)
	}
}

// testPromisePasswordsAreTold: whoever sets a password within a session is told by SMS, also
// for a first one, and the session does not become fresh by it.
func testPromisePasswordsAreTold(t *testing.T, o suite.Options) {
	suite.CheapHashes(t)
	svc := o.Service(t, suite.Loose)
	phone := suite.FreshPhone()
	session := svc.SignIn(phone)
	signedIn := svc.ClaimsOf(session).AuthTime
	change := func(current, password phoneauth.Secret) {
		t.Helper()
		var err error
		session, err = svc.ChangePassword(t.Context(), svc.ClaimsOf(session), phoneauth.ChangePasswordRequest{
			Current: current, New: password, Client: suite.FreshClient(),
		})
		require.NoError(t, err)
		svc.Settle()
		last, _ := svc.Inbox.Last(phone)
		assert.Equal(t, phoneauth.NoticePasswordChanged, last.Purpose, "the owner is told")
	}
	svc.Elapse(4 * time.Minute)
	change("", "a first password")
	c := svc.ClaimsOf(session)
	assert.Equal(t, signedIn, c.AuthTime, "as old as the sign-in it came from")
	assert.Equal(t, []string{"sms"}, c.AMR)

	change("a first password", "a second password")
	c = svc.ClaimsOf(session)
	assert.Equal(t, svc.Now().UTC().Truncate(time.Second), c.AuthTime, "the current password was proved")
	assert.Equal(t, []string{"pwd"}, c.AMR)

	svc.Elapse(4 * time.Minute)
	signedIn = c.AuthTime
	next := suite.FreshPhone()
	_, code := svc.SendCodeFor(phoneauth.RegisterRequest{Phone: next, Purpose: phoneauth.PurposePhoneChange, BoundTo: session.User.ID})
	proof, err := svc.Verify(t.Context(), phoneauth.VerifyRequest{
		Phone: next, Purpose: phoneauth.PurposePhoneChange, BoundTo: session.User.ID, Code: code,
	})
	require.NoError(t, err)
	session, err = svc.ChangePhone(t.Context(), c, phoneauth.ConnectRequest{Token: proof.Token})
	require.NoError(t, err)
	assert.Equal(t, signedIn, svc.ClaimsOf(session).AuthTime, "a new number does not make a session fresh")
}

// testPromiseEpochs: sessions of an epoch that has passed are worth nothing, also where the
// clean-up of a change has failed and they are all still there.
func testPromiseEpochs(t *testing.T, o suite.Options) {
	var failing bool
	store := phoneauth.WrapStore(o.Store(t), func(ctx context.Context, verb string, call func(context.Context) error) error {
		if failing && verb == "EndUserSessions" {
			return errors.New("away")
		}
		return call(ctx)
	})
	svc := suite.On(t, store, suite.Loose)
	phone := suite.FreshPhone()
	session := svc.SignIn(phone)
	claims := svc.ClaimsOf(session)
	failing = true
	require.ErrorIs(t, svc.SetBlocked(t.Context(), session.User.ID, true), phoneauth.ErrUnavailable)
	require.ErrorIs(t, svc.SetBlocked(t.Context(), session.User.ID, false), phoneauth.ErrUnavailable)
	_, err := store.SessionByID(t.Context(), session.ID, svc.Now())
	require.NoError(t, err, "the session is still there")

	_, err = svc.Reauthenticated(t.Context(), claims)
	assert.ErrorIs(t, err, phoneauth.ErrUnauthenticated)
	_, err = svc.Refresh(t.Context(), phoneauth.RefreshRequest{Token: session.RefreshToken})
	assert.ErrorIs(t, err, phoneauth.ErrInvalidToken)
	_, err = store.SessionByID(t.Context(), session.ID, svc.Now())
	assert.ErrorIs(t, err, phoneauth.ErrNotFound, "and is ended where it is met")
}

// testPromiseFutureAuthTime: a sign-in that is said to be in the future is not fresh.
func testPromiseFutureAuthTime(t *testing.T, o suite.Options) {
	svc := o.Service(t, suite.Loose, func(c *phoneauth.Config) { c.HostSessions = true })
	user := svc.SeedUser(suite.FreshPhone(), "")
	for age, want := range map[time.Duration]error{
		-31 * time.Second: phoneauth.ErrReauthenticate,
		-29 * time.Second: nil,
		5 * time.Minute:   nil,
		5*time.Minute + 1: phoneauth.ErrReauthenticate,
	} {
		_, err := svc.Reauthenticated(t.Context(), phoneauth.Claims{UserID: user.ID, AuthTime: svc.Now().Add(-age)})
		assert.ErrorIs(t, err, want, "%s old", age)
	}
}

// testPromiseChangesCancelTwice: what is open when an account changes is cancelled before the
// change, so that a failure of it changes nothing, and what was begun meanwhile after it.
func testPromiseChangesCancelTwice(t *testing.T, o suite.Options) {
	var during func()
	svc := suite.On(t, phoneauth.WrapStore(o.Store(t), func(ctx context.Context, verb string, call func(context.Context) error) error {
		if verb == "UpdateUser" && during != nil {
			during()
		}
		return call(ctx)
	}), suite.Loose)
	phone := suite.FreshPhone()
	session := svc.SignIn(phone)
	var before, between string
	_, before = svc.SendCode(phone)
	login := func(code string) error {
		_, err := svc.Login(t.Context(), phoneauth.LoginRequest{Phone: phone, Code: code, Client: suite.FreshClient()})
		return err
	}
	during = func() {
		during = nil
		assert.ErrorIs(t, login(before), phoneauth.ErrInvalidCode, "cancelled before the change")
		_, between = svc.SendCode(phone)
	}
	require.NoError(t, svc.SetBlocked(t.Context(), session.User.ID, false))
	assert.ErrorIs(t, login(between), phoneauth.ErrInvalidCode, "begun during the change")
}

// testPromiseRecoverBlocked: a reset code of a blocked account sets no password, also when
// the account was blocked after the code had left.
func testPromiseRecoverBlocked(t *testing.T, o suite.Options) {
	suite.CheapHashes(t)
	svc := o.Service(t, suite.Loose)
	phone := suite.FreshPhone()
	user := svc.SeedUser(phone, suite.CheapHash("correct horse"))
	_, code := svc.SendCodeFor(phoneauth.RegisterRequest{Phone: phone, Purpose: phoneauth.PurposePasswordReset, Client: suite.FreshClient()})
	blocked := true // behind the Service's back: the code stays
	_, err := svc.Store.UpdateUser(t.Context(), phoneauth.UserUpdate{UserID: user.ID, Blocked: &blocked, Epoch: phoneauth.AnyEpoch, Now: svc.Now()})
	require.NoError(t, err)
	_, err = svc.RecoverPassword(t.Context(), phoneauth.RecoverRequest{Phone: phone, Code: code, Password: "another horse", Client: suite.FreshClient()})
	assert.ErrorIs(t, err, phoneauth.ErrInvalidCode)
	now, err := svc.Store.UserByID(t.Context(), user.ID)
	require.NoError(t, err)
	assert.Equal(t, user.PasswordHash, now.PasswordHash)
}

// testPromiseDeviceOfAnotherAccount: a challenge that a known device began is nothing once
// the number has another account, or the account another epoch.
func testPromiseDeviceOfAnotherAccount(t *testing.T, o suite.Options) {
	for name, change := range map[string]func(t *testing.T, svc *suite.Service, u phoneauth.User){
		"another epoch": func(t *testing.T, svc *suite.Service, u phoneauth.User) {
			_, err := svc.Store.UpdateUser(t.Context(), phoneauth.UserUpdate{UserID: u.ID, Epoch: phoneauth.AnyEpoch, Now: svc.Now()})
			require.NoError(t, err)
		},
		"another user": func(t *testing.T, svc *suite.Service, u phoneauth.User) {
			require.NoError(t, svc.Store.DeleteUser(t.Context(), u.ID))
			svc.SeedUser(u.Phone.E164(), "")
		},
		"no user": func(t *testing.T, svc *suite.Service, u phoneauth.User) {
			require.NoError(t, svc.Store.DeleteUser(t.Context(), u.ID))
		},
	} {
		t.Run(name, func(t *testing.T) {
			svc := o.Service(t, suite.Loose)
			phone := suite.FreshPhone()
			session := svc.SignIn(phone)
			owner := suite.FreshClient()
			owner.Device = session.DeviceToken
			p, code := svc.SendCodeFor(phoneauth.RegisterRequest{Phone: phone, Client: owner})
			change(t, svc, session.User)
			_, err := svc.Login(t.Context(), phoneauth.LoginRequest{Code: code, ChallengeToken: p.ChallengeToken, Client: owner})
			assert.ErrorIs(t, err, phoneauth.ErrInvalidCode)
		})
	}
}

// testPromiseEndedDevicesStayEnded: all devices but one are ended again, and the store fails
// at each of its calls in turn. No device that was ended before is known again.
func testPromiseEndedDevicesStayEnded(t *testing.T, o suite.Options) {
	var devices []bool
	svc := o.Service(t, suite.Loose, func(c *phoneauth.Config) {
		c.Hooks.OnEvent = func(_ context.Context, e phoneauth.Event) {
			if e.Type == phoneauth.EventCodeSent {
				devices = append(devices, e.Device)
			}
		}
	})
	phone := suite.FreshPhone()
	ended, kept := svc.SignIn(phone), svc.SignIn(phone)
	known := func(session *phoneauth.Session) bool {
		client := suite.FreshClient()
		client.Device = session.DeviceToken
		svc.SendCodeFor(phoneauth.RegisterRequest{Phone: phone, Client: client})
		return devices[len(devices)-1]
	}
	require.True(t, known(ended))
	claims, err := svc.Authenticate(t.Context(), kept.AccessToken)
	require.NoError(t, err)
	require.NoError(t, svc.EndOtherSessions(t.Context(), claims, true))
	require.False(t, known(ended))

	for fails := 1; ; fails++ {
		calls := 0
		again := svc.Again(func(c *phoneauth.Config) {
			c.Store = &suite.Spied{Store: svc.Store, Before: func(context.Context, string, ...any) error {
				if calls++; calls == fails {
					return errors.New("connection refused")
				}
				return nil
			}}
		})
		err := again.EndOtherSessions(t.Context(), claims, true)
		assert.False(t, known(ended), "call %d failed", fails)
		if err == nil {
			break
		}
		require.ErrorIs(t, err, phoneauth.ErrUnavailable)
	}
	assert.True(t, known(kept))
	svc.Elapse(time.Minute)
	later := svc.SignIn(phone)
	require.True(t, known(later))
	claims, err = svc.Authenticate(t.Context(), later.AccessToken)
	require.NoError(t, err)
	require.NoError(t, svc.EndOtherSessions(t.Context(), claims, true))
	assert.False(t, known(kept), "another one is kept now")
	assert.True(t, known(later))
}

// testPromiseSendsAreGivenBack: a verification gives the address back every send of its
// challenge, those that were sent again too.
func testPromiseSendsAreGivenBack(t *testing.T, o suite.Options) {
	svc := o.Service(t, func(c *phoneauth.Config) {
		c.Limits.PhoneSends = []phoneauth.Limit{{Burst: 1e6, Every: time.Microsecond}}
		c.Limits.AddressSends = phoneauth.Limit{Burst: 3, Every: 1000 * time.Hour}
	})
	client, phone := suite.FreshClient(), suite.FreshPhone()
	var code string
	for range 3 {
		_, code = svc.SendCodeFor(phoneauth.RegisterRequest{Phone: phone, Client: client})
	}
	_, err := svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone, Client: client})
	require.True(t, suite.IsLimit(err, phoneauth.LimitAddressSends), "%v", err)
	_, err = svc.Login(t.Context(), phoneauth.LoginRequest{Phone: phone, Code: code, Client: client})
	require.NoError(t, err)
	for i := range 3 {
		_, err := svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone, Client: client})
		require.NoError(t, err, "send %d", i+1)
	}
}

// testPromiseUnknownHashIsLogged: an account with a hash that nothing verifies is a line in
// the log, once a kind, without the hash.
func testPromiseUnknownHashIsLogged(t *testing.T, o suite.Options) {
	log := &lines{}
	svc := o.Service(t, suite.Loose, func(c *phoneauth.Config) { c.Logger = slog.New(slog.NewJSONHandler(log, nil)) })
	unknownHashesAreLogged(t, svc, log)
	log = &lines{}
	svc = o.Service(t, suite.Loose, func(c *phoneauth.Config) {
		c.Logger = slog.New(slog.NewJSONHandler(log, nil))
		c.Password.Legacy = func(hash, _ phoneauth.Secret) bool { return hash != "decoy" }
		c.Password.LegacyKnown = func(phoneauth.Secret) bool { return false }
		c.Password.LegacyDecoy = "decoy"
	})
	unknownHashesAreLogged(t, svc, log)
}

func unknownHashesAreLogged(t *testing.T, svc *suite.Service, log *lines) {
	t.Helper()
	for i, hash := range []phoneauth.Secret{"$2b$10$secret", "$2b$10$another", "{SSHA}secret", "secret without a kind"} {
		phone := suite.FreshPhone()
		svc.SeedUser(phone, hash)
		_, err := svc.LoginPassword(t.Context(), phoneauth.PasswordLoginRequest{Phone: phone, Password: "correct horse", Client: suite.FreshClient()})
		require.ErrorIs(t, err, phoneauth.ErrInvalidPassword, fmt.Sprint(i))
	}
	for _, kind := range []string{"2b", "SSHA", "unnamed"} {
		assert.Equal(t, 1, strings.Count(log.String(), `"kind":"`+kind+`"`), kind)
	}
	assert.NotContains(t, log.String(), "secret")
}

// testPromiseHostSessionsHaveDevices: a host that keeps sessions has known devices too.
func testPromiseHostSessionsHaveDevices(t *testing.T, o suite.Options) {
	svc := o.Service(t, func(c *phoneauth.Config) { c.HostSessions = true })
	phone := suite.FreshPhone()
	session := svc.SignIn(phone)
	require.NotEmpty(t, session.DeviceToken)
	assert.Empty(t, session.RefreshToken)
	assert.Empty(t, session.ID)
	owner := suite.FreshClient()
	owner.Device = session.DeviceToken
	_, err := svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone, Client: suite.FreshClient()})
	require.NoError(t, err)
	_, err = svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone, Client: owner})
	require.NoError(t, err, "a known device has sends of its own")
}

// lines are what was logged.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
