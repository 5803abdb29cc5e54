package service

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
	"github.com/phoneauth/phoneauth/memstore"
)

// What a Service does whose challenges and sessions are in one store, and whose users are in another.

// asking is a store that remembers what AttemptSession was asked.
type asking struct {
	*memstore.Store
	asked []phoneauth.Opening
}

func (a *asking) AttemptSession(ctx context.Context, p phoneauth.AttemptParams, n phoneauth.NewSession) (phoneauth.Opened, error) {
	a.asked = append(a.asked, phoneauth.Opening{Attempt: p, Session: n})
	return a.Store.AttemptSession(ctx, p, n)
}

// listed cannot be compared with ==.
type listed struct {
	*memstore.Store
	_ []int
}

func around(ctx context.Context, _ string, call func(context.Context) error) error { return call(ctx) }

func testWhichPartsOpenSessions(t *testing.T, _ suite.Options) {
	one, two := memstore.New(), memstore.New()
	wrapped := phoneauth.WrapStore(one, around)
	var none *phoneauth.Stores
	for _, c := range []struct {
		name  string
		store phoneauth.Store
		opens bool
	}{
		{"one store for both", phoneauth.Stores{ChallengeStore: one, UserStore: two, SessionStore: one}, true},
		{"by a pointer", &phoneauth.Stores{ChallengeStore: one, UserStore: two, SessionStore: one}, true},
		{"a nil pointer", none, false},
		{"no parts", phoneauth.Stores{}, false},
		{"no users", phoneauth.Stores{ChallengeStore: one, SessionStore: one}, false},
		{"no sessions", phoneauth.Stores{ChallengeStore: one, UserStore: two}, false},
		{"two stores", phoneauth.Stores{ChallengeStore: one, UserStore: two, SessionStore: two}, false},
		{"a part that is wrapped", phoneauth.Stores{ChallengeStore: wrapped, UserStore: two, SessionStore: one}, false},
		{"stores that cannot be compared", phoneauth.Stores{ChallengeStore: listed{Store: one}, UserStore: two, SessionStore: listed{Store: one}}, false},
		{"a type of the host around it", struct{ phoneauth.Stores }{phoneauth.Stores{ChallengeStore: one, UserStore: two, SessionStore: one}}, false},
	} {
		_, opens := phoneauth.WrapStore(c.store, around).(phoneauth.Opener)
		assert.Equal(t, c.opens, opens, c.name)
		_, opens = phoneauth.WrapStore(phoneauth.WrapStore(c.store, around), around).(phoneauth.Opener)
		assert.Equal(t, c.opens, opens, "%s, wrapped twice", c.name)
	}
}

// Where all parts are one store, that is the Opener: it knows a new user, too.
func testPartsThatAreOneStore(t *testing.T, _ suite.Options) {
	one, v := memstore.New(), new(verbs)
	s := suite.On(t, phoneauth.Stores{ChallengeStore: one, UserStore: one, SessionStore: one}, suite.LimitsOff, v.count)
	_, code := s.SendCode(suite.Owner)
	v.all = nil
	session, err := s.Login(t.Context(), phoneauth.LoginRequest{Phone: suite.Owner, Code: code})
	require.NoError(t, err)
	assert.True(t, session.New)
	assert.Equal(t, []string{"OpenSession"}, v.all)
}

// A session is stored for the user of the phone, if SignInUser would neither refuse nor change that user. The user
// and the epoch in Opening.Session are nobody's.
func testPartsStoreTheSessionOfTheUser(t *testing.T, _ suite.Options) {
	both, users, ctx, now := memstore.New(), memstore.New(), t.Context(), time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	opener := phoneauth.WrapStore(phoneauth.Stores{ChallengeStore: both, UserStore: users, SessionStore: both}, around).(phoneauth.Opener)
	in := phoneauth.SignIn{Epoch: phoneauth.AnyEpoch, Now: now}
	signedIn := func(phone phoneauth.Phone) (phoneauth.User, error) {
		s, err := users.SignInUser(ctx, phoneauth.SignIn{Phone: phone, UUID: phone.E164(), Now: now})
		return s.User, err
	}
	changed := func(u phoneauth.UserUpdate) func(phoneauth.Phone) (phoneauth.User, error) {
		return func(phone phoneauth.Phone) (user phoneauth.User, err error) {
			if user, err = signedIn(phone); err == nil {
				u.UserID, u.Epoch, u.Now = user.ID, phoneauth.AnyEpoch, now
				user, err = users.UpdateUser(ctx, u)
			}
			return user, err
		}
	}
	for i, c := range []struct {
		name   string
		user   func(phoneauth.Phone) (phoneauth.User, error)
		in     func(*phoneauth.SignIn)
		stored bool
	}{
		{"who has signed in", signedIn, nil, true},
		{"at a later epoch", changed(phoneauth.UserUpdate{}), nil, true},
		{"of another epoch", changed(phoneauth.UserUpdate{}), func(in *phoneauth.SignIn) { in.Epoch = 0 }, false},
		{"of another id", signedIn, func(in *phoneauth.SignIn) { in.UserID = "another" }, false},
		{"who is blocked", changed(phoneauth.UserUpdate{Blocked: &yes}), nil, false},
		{"who is locked", changed(phoneauth.UserUpdate{Locked: &yes}), nil, false},
		{"who has not signed in yet", func(phone phoneauth.Phone) (phoneauth.User, error) {
			all, err := users.ImportUsers(ctx, []phoneauth.UserImport{{Phone: phone, UUID: "imported"}}, now)
			return all[0].User, err
		}, nil, false},
		{"who is unknown", func(phoneauth.Phone) (phoneauth.User, error) { return phoneauth.User{}, nil }, nil, false},
	} {
		phone, id := phoneauth.StoredPhone(suite.FreshPhone()), fmt.Sprint("session ", i)
		user, err := c.user(phone)
		require.NoError(t, err, c.name)
		challenge := phoneauth.Challenge{Key: id, ID: id, Digest: []byte("digest"), TriesLeft: 5, ExpiresAt: now.Add(time.Hour), Until: now.Add(time.Hour)}
		_, err = both.BeginChallenge(ctx, phoneauth.BeginParams{Challenge: challenge, Now: now})
		require.NoError(t, err, c.name)
		o := phoneauth.Opening{
			Attempt: phoneauth.AttemptParams{Candidates: []phoneauth.Candidate{{Key: id, Digests: [][]byte{[]byte("digest")}}}, Now: now},
			SignIn:  in,
			Session: phoneauth.NewSession{Session: phoneauth.SessionRecord{ID: id, UserID: "nobody", Epoch: 77, IdleUntil: now.Add(time.Hour), ExpiresAt: now.Add(time.Hour)}, Now: now},
		}
		if o.SignIn.Phone = phone; c.in != nil {
			c.in(&o.SignIn)
		}
		v, err := opener.OpenSession(ctx, o)
		require.NoError(t, err, c.name)
		assert.Equal(t, phoneauth.Opened{Challenge: challenge, SignedIn: phoneauth.SignedIn{User: user}, Stored: c.stored}, v, c.name)
		record, err := both.SessionByID(ctx, id, now)
		if !c.stored {
			assert.ErrorIs(t, err, phoneauth.ErrNotFound, c.name)
			continue
		}
		require.NoError(t, err, c.name)
		assert.Equal(t, []any{user.ID, user.Epoch}, []any{record.UserID, record.Epoch}, c.name)
	}
}

// Whether or not there is a user, and whether or not that user may sign in, the store is asked the same.
func testPartsAreAskedAlike(t *testing.T, _ suite.Options) {
	both, users := &asking{Store: memstore.New()}, memstore.New()
	s := suite.On(t, phoneauth.Stores{ChallengeStore: both, UserStore: users, SessionStore: both}, suite.LimitsOff)
	s.SignIn(suite.Owner)
	blocked, err := users.UserByPhone(t.Context(), s.SignIn(suite.Third).User.Phone)
	require.NoError(t, err)
	_, err = users.UpdateUser(t.Context(), phoneauth.UserUpdate{UserID: blocked.ID, Epoch: phoneauth.AnyEpoch, Blocked: &yes, Now: s.Now()})
	require.NoError(t, err)
	both.asked = nil
	for _, phone := range []string{suite.Owner, suite.Stranger, suite.Third} {
		_, code := s.SendCode(phone)
		_, err := s.Login(t.Context(), phoneauth.LoginRequest{Phone: phone, Code: suite.WrongCode(code)})
		require.ErrorIs(t, err, phoneauth.ErrInvalidCode)
	}
	require.Len(t, both.asked, 3)
	known := both.asked[0]
	assert.NotEmpty(t, known.Session.Session.UserID)
	for _, other := range both.asked[1:] {
		assert.Empty(t, other.Session.Session.UserID, "no session is stored for them")
		want, wantSizes := plainly(known)
		got, sizes := plainly(other)
		assert.Equal(t, want, got)
		assert.Equal(t, wantSizes, sizes)
	}
}

// plainly is o without what is of one user or random, but with the sizes of that.
func plainly(o phoneauth.Opening) (phoneauth.Opening, []int) {
	r := &o.Session.Session
	sizes := []int{len(r.ID), len(r.DeviceID), len(r.Digest), len(o.Attempt.Candidates)}
	r.UserID, r.ID, r.DeviceID, r.Digest = "", "", "", nil
	o.Attempt.Candidates, o.Attempt.Lockout.Key = nil, ""
	return o, sizes
}

func testLimitsAnswerBeforeTheUsers(t *testing.T, _ suite.Options) {
	both, users := memstore.New(), memstore.New()
	down := false
	s := suite.On(t, phoneauth.Stores{
		ChallengeStore: both, SessionStore: both,
		UserStore: phoneauth.WrapStore(users, func(ctx context.Context, _ string, call func(context.Context) error) error {
			if down {
				return errors.New("down")
			}
			return call(ctx)
		}),
	}, withTester)
	client := suite.FreshClient()
	_, code := s.SendCode(suite.Owner)
	down = true
	_, err := s.Login(t.Context(), phoneauth.LoginRequest{Phone: suite.Owner, Code: code, Client: client})
	require.ErrorIs(t, err, phoneauth.ErrUnavailable)
	for suite.Limited(err) == "" {
		_, err = s.Verify(t.Context(), phoneauth.VerifyRequest{Phone: suite.FreshPhone(), Code: code, Client: client})
		down = false
	}
	down = true
	_, err = s.Login(t.Context(), phoneauth.LoginRequest{Phone: suite.Owner, Code: code, Client: client})
	assert.Equal(t, phoneauth.LimitAddressFailures, suite.Limited(err))
	down = false
	_, err = s.Login(t.Context(), phoneauth.LoginRequest{Phone: suite.Owner, Code: code, Client: suite.FreshClient()})
	assert.NoError(t, err, "the code is as good as before")
}
