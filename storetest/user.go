package storetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// users is the fixture of the cases of a UserStore.
type users struct {
	testing.TB
	options
	store phoneauth.UserStore
}

func newUsers(t testing.TB, store phoneauth.UserStore, o options) *users {
	return &users{TB: t, options: o, store: store}
}

func userCases() []testCase[*users] {
	return slices.Concat(signInCases, updateCases, importCases, userValueCases, userEdgeCases, admitCases, userRaces)
}

// phone returns one that no case had before; nobody is assigned the country code 999.
func (u *users) phone() phoneauth.Phone {
	return phoneauth.StoredPhone(fmt.Sprintf("+999%012d", rand.Int64N(1e12)))
}

// signIn returns the first sign-in of a phone, without a password.
func (u *users) signIn(p phoneauth.Phone, now time.Time) phoneauth.SignIn {
	return phoneauth.SignIn{Phone: p, UUID: uuid(), Now: now}
}

// signedIn must succeed.
func (u *users) signedIn(s phoneauth.SignIn) phoneauth.SignedIn {
	u.Helper()
	in, err := u.store.SignInUser(u.Context(), s)
	require.NoError(u, err, "SignInUser")
	return in
}

// notSignedIn requires that SignInUser answers want.
func (u *users) notSignedIn(s phoneauth.SignIn, want error) phoneauth.SignedIn {
	u.Helper()
	in, err := u.store.SignInUser(u.Context(), s)
	require.ErrorIs(u, err, want, "SignInUser")
	assert.False(u, in.Created, "Created by a sign-in that failed")
	assert.False(u, in.First, "First by a sign-in that failed")
	return in
}

// create makes a user with a password, at start.
func (u *users) create() phoneauth.User {
	u.Helper()
	s := u.signIn(u.phone(), start)
	s.PasswordHash = "$hash$" + phoneauth.Secret(unique())
	in := u.signedIn(s)
	require.True(u, in.Created, "Created")
	return in.User
}

// update calls UpdateUser for user, at any epoch. It must succeed.
func (u *users) update(user phoneauth.User, change phoneauth.UserUpdate) phoneauth.User {
	u.Helper()
	change.UserID, change.Epoch = user.ID, phoneauth.AnyEpoch
	updated, err := u.store.UpdateUser(u.Context(), change)
	require.NoError(u, err, "UpdateUser")
	return updated
}

// block blocks, which raises the epoch.
func (u *users) block(user phoneauth.User) phoneauth.User {
	u.Helper()
	return u.update(user, phoneauth.UserUpdate{Blocked: new(true), Now: after(time.Second)})
}

// lock locks, as the owner does, which raises the epoch.
func (u *users) lock(user phoneauth.User) phoneauth.User {
	u.Helper()
	return u.update(user, phoneauth.UserUpdate{Locked: new(true), Now: after(time.Second)})
}

// same checks that a user is the one expected, field by field.
func (u *users) same(want, got phoneauth.User, message string) {
	u.Helper()
	assertUTC(u, got.CreatedAt, got.UpdatedAt, got.SignedInAt)
	assert.Equal(u, string(want.PasswordHash), string(got.PasswordHash), message+": PasswordHash")
	for _, user := range []*phoneauth.User{&want, &got} {
		user.CreatedAt, user.UpdatedAt, user.SignedInAt = user.CreatedAt.UTC(), user.UpdatedAt.UTC(), user.SignedInAt.UTC()
	}
	require.Equal(u, want, got, message)
}

// stored checks that the store has want, by its id and by its phone.
func (u *users) stored(want phoneauth.User, message string) {
	u.Helper()
	got, err := u.store.UserByID(u.Context(), want.ID)
	require.NoError(u, err, "UserByID")
	u.same(want, got, message)
	got, err = u.store.UserByPhone(u.Context(), want.Phone)
	require.NoError(u, err, "UserByPhone")
	u.same(want, got, message)
}

// free checks that nobody has p.
func (u *users) free(p phoneauth.Phone, message string) {
	u.Helper()
	_, err := u.store.UserByPhone(u.Context(), p)
	require.ErrorIs(u, err, phoneauth.ErrNotFound, message)
}

// strangers returns ids that no store gave to a user. Some of them are similar to that of user.
func strangers(user phoneauth.User) []string {
	return []string{"", "nobody", "-1", "0", "99999999999999999999", unique(), strings.Repeat("9", 128),
		"0" + user.ID, "+" + user.ID, user.ID + ".0", user.ID + " ", " " + user.ID}
}

var signInCases = []testCase[*users]{
	{"SignIn creates a user", "SignInUser finds the user of s.Phone, or creates one", func(u *users) {
		s := u.signIn(u.phone(), start)
		s.PasswordHash = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA"
		in := u.signedIn(s)
		assert.True(u, in.Created, "Created")
		assert.NotEmpty(u, in.User.ID)
		assert.LessOrEqual(u, len(in.User.ID), 128, "ids are of at most 128 bytes")
		want := phoneauth.User{ID: in.User.ID, UUID: s.UUID, Phone: s.Phone, PasswordHash: s.PasswordHash,
			CreatedAt: start, UpdatedAt: start, SignedInAt: start}
		u.same(want, in.User, "a new user")
		u.stored(want, "a new user")
	}},
	{"SignIn finds a user", "SignInUser finds the user of s.Phone", func(u *users) {
		user := u.create()
		in := u.signedIn(u.signIn(user.Phone, after(time.Hour)))
		assert.False(u, in.Created, "Created")
		u.same(user, in.User, "the same user, a later sign-in changes nothing")
		u.stored(user, "the same user, a later sign-in changes nothing")
	}},
	{"SignIn of another phone creates another user", "SignInUser finds the user of s.Phone, or creates one", func(u *users) {
		one, two := u.create(), u.create()
		assert.NotEqual(u, one.ID, two.ID)
		u.stored(one, "the first")
		u.stored(two, "the second")
	}},
	{"the first sign-in", "The first sign-in of an account sets SignedInAt and UpdatedAt to s.Now", func(u *users) {
		in := u.signedIn(u.signIn(u.phone(), start))
		assert.True(u, in.First, "Creating is a sign-in")
		assert.WithinRange(u, in.User.SignedInAt, start, start)
		assert.WithinRange(u, in.User.UpdatedAt, start, start)
	}},
	{"creating is a sign-in", "Creating is a sign-in", func(u *users) {
		s := u.signIn(u.phone(), start)
		s.PasswordHash = "$hash$"
		in := u.signedIn(s)
		assert.True(u, in.Created && in.First)
		s.PasswordHash = ""
		in = u.signedIn(s)
		assert.False(u, in.Created || in.First)
	}},
	{"only one sign-in is the first", "exactly one caller in the life of an account sees First", func(u *users) {
		user := u.create()
		assert.False(u, u.signedIn(u.signIn(user.Phone, start)).First, "the second")
		user = u.block(user)
		u.notSignedIn(u.signIn(user.Phone, start), phoneauth.ErrBlocked)
		user = u.update(user, phoneauth.UserUpdate{Blocked: new(false), Locked: new(true), Now: start})
		u.notSignedIn(u.signIn(user.Phone, start), phoneauth.ErrLocked)
		u.update(user, phoneauth.UserUpdate{Locked: new(false), Now: start})
		s := u.signIn(user.Phone, start)
		s.Epoch = phoneauth.AnyEpoch
		assert.False(u, u.signedIn(s).First, "after it was blocked and locked")
	}},
	{"SignIn of a blocked user", "ErrBlocked: the user is blocked. The User is returned too", func(u *users) {
		user := u.block(u.create())
		s := u.signIn(user.Phone, after(time.Hour))
		s.Epoch = user.Epoch
		in := u.notSignedIn(s, phoneauth.ErrBlocked)
		u.same(user, in.User, "returned all the same")
		u.stored(user, "changing nothing")
	}},
	{"SignIn refuses a blocked user first", "It refuses in this order, and changes nothing then", func(u *users) {
		user := u.block(u.create())
		s := u.signIn(user.Phone, after(time.Hour))
		s.PasswordHash, s.UserID, s.Epoch = "$new$", "another", 9
		in := u.notSignedIn(s, phoneauth.ErrBlocked)
		u.same(user, in.User, "returned all the same")
		u.stored(user, "changing nothing")
	}},
	{"SignIn of a locked user", "ErrLocked: the user is locked. The User is returned too", func(u *users) {
		user := u.lock(u.create())
		s := u.signIn(user.Phone, after(time.Hour))
		s.Epoch = user.Epoch
		in := u.notSignedIn(s, phoneauth.ErrLocked)
		u.same(user, in.User, "returned all the same")
		u.stored(user, "changing nothing")
	}},
	{"SignIn refuses a locked user second", "ErrLocked: the user is locked. The User is returned too. - ErrPhoneTaken", func(u *users) {
		user := u.lock(u.create())
		s := u.signIn(user.Phone, after(time.Hour))
		s.PasswordHash, s.UserID, s.Epoch = "$new$", "another", 9
		in := u.notSignedIn(s, phoneauth.ErrLocked)
		u.same(user, in.User, "returned all the same")
		user = u.block(user)
		in = u.notSignedIn(s, phoneauth.ErrBlocked)
		u.same(user, in.User, "blocked and locked")
		u.stored(user, "changing nothing")
	}},
	{"SignIn with a password of a user", "ErrPhoneTaken: s.PasswordHash is set and there is a user", func(u *users) {
		user := u.create()
		s := u.signIn(user.Phone, after(time.Hour))
		s.PasswordHash = "$new$"
		u.notSignedIn(s, phoneauth.ErrPhoneTaken)
		s.UserID, s.Epoch = "another", 9
		u.notSignedIn(s, phoneauth.ErrPhoneTaken)
		u.stored(user, "changing nothing")
	}},
	{"SignIn of another user's phone", "ErrNotFound: s.UserID is set and the phone's user is another or none", func(u *users) {
		user, other := u.create(), u.create()
		s := u.signIn(user.Phone, after(time.Hour))
		s.UserID = other.ID
		u.notSignedIn(s, phoneauth.ErrNotFound)
		s.Epoch = 9
		u.notSignedIn(s, phoneauth.ErrNotFound)
		s.UserID = "0" + user.ID
		u.notSignedIn(s, phoneauth.ErrNotFound)
		u.stored(user, "changing nothing")
		u.stored(other, "changing nothing")
		s.UserID, s.Epoch = user.ID, 0
		u.same(user, u.signedIn(s).User, "as the user it is")
	}},
	{"SignIn of a user without the phone", "no account is created", func(u *users) {
		user, p := u.create(), u.phone()
		s := u.signIn(p, start)
		s.UserID = user.ID
		u.notSignedIn(s, phoneauth.ErrNotFound)
		s.UserID, s.PasswordHash, s.Epoch = "nobody", "$new$", 9
		u.notSignedIn(s, phoneauth.ErrNotFound)
		u.free(p, "no account is created")
	}},
	{"SignIn at another epoch", "ErrStale: the user's epoch is not s.Epoch", func(u *users) {
		user := u.create()
		s := u.signIn(user.Phone, after(time.Hour))
		s.Epoch = 1
		u.notSignedIn(s, phoneauth.ErrStale)
		user = u.update(user, phoneauth.UserUpdate{Now: start})
		u.same(user, u.signedIn(s).User, "at its epoch of 1")
		for _, s.Epoch = range []int64{0, 2, -2} {
			u.notSignedIn(s, phoneauth.ErrStale)
		}
		u.stored(user, "changing nothing")
	}},
	{"SignIn of no user at an epoch", "where no user counts as epoch 0", func(u *users) {
		p := u.phone()
		s := u.signIn(p, start)
		s.Epoch = 1
		u.notSignedIn(s, phoneauth.ErrStale)
		u.free(p, "no account is created")
		s.Epoch = 0
		assert.True(u, u.signedIn(s).Created)
	}},
	{"SignIn at any epoch", "or at any for AnyEpoch", func(u *users) {
		s := u.signIn(u.phone(), start)
		s.Epoch = phoneauth.AnyEpoch
		user := u.signedIn(s).User
		assert.Zero(u, user.Epoch, "0 for a new account")
		user = u.update(user, phoneauth.UserUpdate{Now: start})
		u.same(user, u.signedIn(s).User, "whatever the user's epoch is")
	}},
	{"UserByID of nobody", "ErrNotFound: there is no such user", func(u *users) {
		for _, id := range strangers(u.create()) {
			_, err := u.store.UserByID(u.Context(), id)
			require.ErrorIs(u, err, phoneauth.ErrNotFound, "UserByID(%q)", id)
		}
	}},
	{"UserByPhone of nobody", "UserByPhone returns the user who has proved p", func(u *users) {
		user := u.create()
		u.free(u.phone(), "a phone nobody has proved")
		u.free(phoneauth.StoredPhone(user.Phone.E164()+"0"), "a longer one")
		u.free(phoneauth.StoredPhone(user.Phone.E164()[:10]), "a shorter one")
		u.free(phoneauth.StoredPhone(user.Phone.E164()[1:]), "one without its plus")
		u.free(phoneauth.Phone{}, "no number")
	}},
}
