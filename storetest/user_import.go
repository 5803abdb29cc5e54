package storetest

import (
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// incoming returns an account to be imported, a year old.
func (u *users) incoming() phoneauth.UserImport {
	return phoneauth.UserImport{Phone: u.phone(), UUID: uuid(), PasswordHash: "$2b$10$" + phoneauth.Secret(unique()),
		CreatedAt: start.AddDate(-1, 0, 0)}
}

// imported calls ImportUsers, which must succeed and return a result for each.
func (u *users) imported(now time.Time, all ...phoneauth.UserImport) []phoneauth.ImportedUser {
	u.Helper()
	done, err := u.store.ImportUsers(u.Context(), all, now)
	require.NoError(u, err, "ImportUsers")
	require.Len(u, done, len(all), "ImportUsers: one answer for each")
	return done
}

// arrived checks that done created the user of in.
func (u *users) arrived(in phoneauth.UserImport, done phoneauth.ImportedUser, now time.Time, message string) {
	u.Helper()
	require.True(u, done.Created, "Created: "+message)
	require.NotEmpty(u, done.User.ID, message)
	want := phoneauth.User{ID: done.User.ID, UUID: in.UUID, Phone: in.Phone, PasswordHash: in.PasswordHash,
		CreatedAt: in.CreatedAt, UpdatedAt: now}
	u.same(want, done.User, message)
	u.stored(want, message)
}

var importCases = []testCase[*users]{
	{"Import creates users", "ImportUsers creates a user for each of users whose Phone has none", func(u *users) {
		all := []phoneauth.UserImport{u.incoming(), u.incoming(), u.incoming()}
		for i, done := range u.imported(start, all...) {
			u.arrived(all[i], done, start, "in the order of users")
		}
	}},
	{"Import of nobody", "It returns one result for each of users, in their order", func(u *users) {
		u.imported(start)
	}},
	{"Import without a time", "the time of the import when zero", func(u *users) {
		in := u.incoming()
		in.CreatedAt = time.Time{}
		done := u.imported(after(tick), in)[0]
		in.CreatedAt = after(tick)
		u.arrived(in, done, after(tick), "made now")
	}},
	{"Import without a password", "empty for none", func(u *users) {
		in := u.incoming()
		in.PasswordHash = ""
		u.arrived(in, u.imported(start, in)[0], start, "without a password")
	}},
	{"an imported user has not signed in", "An imported user has not signed in yet", func(u *users) {
		in := u.incoming()
		user := u.imported(start, in)[0].User
		assert.True(u, user.SignedInAt.IsZero())
		s := u.signIn(in.Phone, after(time.Hour))
		first := u.signedIn(s)
		assert.False(u, first.Created, "the account is there")
		assert.True(u, first.First, "its first sign-in")
		user.SignedInAt, user.UpdatedAt = after(time.Hour), after(time.Hour)
		u.same(user, first.User, "the first sign-in")
		u.stored(user, "the first sign-in")
		assert.False(u, u.signedIn(s).First, "the second")
	}},
	{"Import changes nobody", "and changes no user that exists", func(u *users) {
		user, fresh := u.block(u.create()), u.incoming()
		in := u.incoming()
		in.Phone = user.Phone
		done := u.imported(after(time.Hour), in, fresh)
		assert.False(u, done[0].Created, "the phone has a user")
		u.same(user, done[0].User, "the user who has the phone")
		u.stored(user, "the user who has the phone")
		u.arrived(fresh, done[1], after(time.Hour), "one who is new")
	}},
	{"Import again", "importing the same again is safe", func(u *users) {
		all := []phoneauth.UserImport{u.incoming(), u.incoming()}
		first := u.imported(start, all...)
		for i, done := range u.imported(after(time.Hour), all...) {
			assert.False(u, done.Created, "a second time")
			u.same(first[i].User, done.User, "as it was imported")
			u.stored(first[i].User, "as it was imported")
		}
	}},
	{"Import of one phone twice", "Where a Phone comes twice, the first creates the user and the second finds it", func(u *users) {
		one, two, other := u.incoming(), u.incoming(), u.incoming()
		two.Phone = one.Phone
		done := u.imported(start, one, other, two)
		u.arrived(one, done[0], start, "the first")
		u.arrived(other, done[1], start, "another")
		assert.False(u, done[2].Created, "the second finds the first")
		u.same(done[0].User, done[2].User, "the second finds the first")
	}},
	{"Import of many", "All are created", func(u *users) {
		all := make([]phoneauth.UserImport, 500)
		for i := range all {
			all[i] = u.incoming()
		}
		for i, done := range u.imported(start, all...) {
			require.True(u, done.Created, "user %d of %d", i, len(all))
			require.Equal(u, all[i].UUID, done.User.UUID, "in the order of users")
		}
		u.stored(u.imported(start, all[499])[0].User, "the last")
	}},
}
