package storetest

import (
	"context"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// verbs returns all verbs of a UserStore.
func (u *users) verbs() []verb {
	u.Helper()
	user, deleted := u.create(), u.create()
	in := u.incoming()
	return []verb{
		with("SignInUser", func(ctx context.Context) (phoneauth.SignedIn, error) {
			return u.store.SignInUser(ctx, u.signIn(u.phone(), start))
		}),
		with("UserByID", func(ctx context.Context) (phoneauth.User, error) { return u.store.UserByID(ctx, user.ID) }),
		with("UserByPhone", func(ctx context.Context) (phoneauth.User, error) {
			return u.store.UserByPhone(ctx, user.Phone)
		}),
		with("UpdateUser", func(ctx context.Context) (phoneauth.User, error) {
			return u.store.UpdateUser(ctx, phoneauth.UserUpdate{UserID: user.ID, Epoch: phoneauth.AnyEpoch, Now: start})
		}),
		only("ImportUsers", func(ctx context.Context) error {
			_, err := u.store.ImportUsers(ctx, []phoneauth.UserImport{in}, start)
			return err
		}),
		only("DeleteUser", func(ctx context.Context) error { return u.store.DeleteUser(ctx, deleted.ID) }),
	}
}

var userEdgeCases = []testCase[*users]{
	{"user verbs on an ended context", "A verb returns soon after its context ends. A verb whose context ends may have done its work", func(u *users) {
		verbs := u.verbs()
		ended(u, u.options, verbs)
		for _, v := range verbs {
			out := within(u, u.options, u.Context(), v)
			require.NoError(u, out.err, "%s after a call on an ended context", v.name)
		}
	}},
	{"user errors hold no argument", "No error text holds an argument or a connection string", func(u *users) {
		errs := ended(u, u.options, u.verbs())
		user, other := u.create(), u.create()
		taken, stale, strange := u.signIn(user.Phone, start), u.signIn(user.Phone, start), u.signIn(user.Phone, start)
		taken.PasswordHash, stale.Epoch, strange.UserID = "$secret$", 7, "nobody"
		for _, s := range []phoneauth.SignIn{taken, stale, strange} {
			_, err := u.store.SignInUser(u.Context(), s)
			errs = append(errs, err)
		}
		hash := phoneauth.Secret("$secret$")
		for _, s := range []phoneauth.UserUpdate{
			{UserID: user.ID, Phone: &other.Phone, PasswordHash: &hash, Now: start},
			{UserID: user.ID, Epoch: 7, PasswordHash: &hash, Now: start},
			{UserID: "nobody", PasswordHash: &hash, Now: start},
		} {
			_, err := u.store.UpdateUser(u.Context(), s)
			errs = append(errs, err)
		}
		_, err := u.store.UserByID(u.Context(), "nobody")
		errs = append(errs, err)
		_, err = u.store.UserByPhone(u.Context(), u.phone())
		secretive(u, append(errs, err), "+999", user.Phone.E164()[1:], other.Phone.E164()[1:], "secret", "nobody", user.UUID, taken.UUID)
	}},
	{"values beside errors of users", "Where a verb does not say what it returns beside an error, the value is zero", func(u *users) {
		user, other := u.create(), u.create()
		taken, stale, strange := u.signIn(user.Phone, start), u.signIn(user.Phone, start), u.signIn(user.Phone, start)
		taken.PasswordHash, stale.Epoch, strange.UserID = "$new$", 7, other.ID
		for _, s := range []phoneauth.SignIn{taken, stale, strange} {
			in, err := u.store.SignInUser(u.Context(), s)
			require.Error(u, err)
			assert.Zero(u, in, "SignInUser: %v", err)
		}
		for _, s := range []phoneauth.UserUpdate{
			{UserID: user.ID, Phone: &other.Phone, Now: start}, {UserID: user.ID, Epoch: 7, Now: start}, {UserID: "nobody", Now: start},
		} {
			got, err := u.store.UpdateUser(u.Context(), s)
			require.Error(u, err)
			assert.Zero(u, got, "UpdateUser: %v", err)
		}
		got, err := u.store.UserByID(u.Context(), "nobody")
		require.ErrorIs(u, err, phoneauth.ErrNotFound)
		assert.Zero(u, got, "UserByID")
		got, err = u.store.UserByPhone(u.Context(), u.phone())
		require.ErrorIs(u, err, phoneauth.ErrNotFound)
		assert.Zero(u, got, "UserByPhone")
	}},
}
