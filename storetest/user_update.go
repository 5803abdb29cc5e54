package storetest

import (
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// setter is a Set verb with its change, at an epoch.
type setter struct {
	name string
	set  func(id string, epoch int64, now time.Time) (phoneauth.User, error)
	// change is what the verb does to a user, beside the epoch and UpdatedAt.
	change func(*phoneauth.User)
}

// guarded are the verbs that take an epoch.
func (u *users) guarded() []setter {
	p := u.phone()
	return []setter{{
		"SetPassword",
		func(id string, epoch int64, now time.Time) (phoneauth.User, error) {
			return u.store.SetPassword(u.Context(), phoneauth.PasswordUpdate{UserID: id, PasswordHash: "$new$", Epoch: epoch, Now: now})
		},
		func(user *phoneauth.User) { user.PasswordHash = "$new$" },
	}, {
		"SetPhone",
		func(id string, epoch int64, now time.Time) (phoneauth.User, error) {
			return u.store.SetPhone(u.Context(), phoneauth.PhoneUpdate{UserID: id, Phone: p, Epoch: epoch, Now: now})
		},
		func(user *phoneauth.User) { user.Phone = p },
	}}
}

// setters are all Set verbs.
func (u *users) setters() []setter {
	return append(u.guarded(), setter{
		"SetBlocked",
		func(id string, _ int64, now time.Time) (phoneauth.User, error) {
			return u.store.SetBlocked(u.Context(), id, true, now)
		},
		func(user *phoneauth.User) { user.Blocked = true },
	})
}

var userSetCases = []testCase[*users]{
	{"SetPassword replaces the hash", "SetPassword replaces the password hash", func(u *users) {
		user, other := u.create(), u.create()
		got, err := u.store.SetPassword(u.Context(), phoneauth.PasswordUpdate{UserID: user.ID, PasswordHash: "$new$", Now: after(time.Minute)})
		require.NoError(u, err)
		user.PasswordHash, user.Epoch, user.UpdatedAt = "$new$", 1, after(time.Minute)
		u.same(user, got, "as returned")
		u.stored(user, "as stored")
		u.stored(other, "another user")
	}},
	{"SetPassword at the same epoch", "With s.KeepEpoch the epoch stays and so does UpdatedAt", func(u *users) {
		user := u.create()
		s := phoneauth.PasswordUpdate{UserID: user.ID, PasswordHash: "$anew$", KeepEpoch: true, Now: after(time.Minute)}
		got, err := u.store.SetPassword(u.Context(), s)
		require.NoError(u, err)
		user.PasswordHash = "$anew$"
		u.same(user, got, "as returned")
		u.stored(user, "as stored")

		s.Epoch, s.PasswordHash = 1, "$stale$"
		_, err = u.store.SetPassword(u.Context(), s)
		require.ErrorIs(u, err, phoneauth.ErrStale)
		u.stored(user, "changed at another epoch")
	}},
	{"SetPhone replaces the phone", "SetPhone replaces the phone", func(u *users) {
		user, p := u.create(), u.phone()
		before := user.Phone
		got, err := u.store.SetPhone(u.Context(), phoneauth.PhoneUpdate{UserID: user.ID, Phone: p, Now: after(time.Minute)})
		require.NoError(u, err)
		user.Phone, user.Epoch, user.UpdatedAt = p, 1, after(time.Minute)
		u.same(user, got, "as returned")
		u.stored(user, "as stored")
		u.free(before, "the phone that was replaced")
		in := u.signedIn(u.signIn(before, after(time.Hour)))
		assert.True(u, in.Created, "its new owner is a new user")
		assert.NotEqual(u, user.ID, in.User.ID)
	}},
	{"SetPhone to a phone that is taken", "ErrPhoneTaken: another user has it", func(u *users) {
		user, other := u.create(), u.create()
		_, err := u.store.SetPhone(u.Context(), phoneauth.PhoneUpdate{UserID: user.ID, Phone: other.Phone, Now: after(time.Minute)})
		require.ErrorIs(u, err, phoneauth.ErrPhoneTaken)
		u.stored(user, "changing nothing")
		u.stored(other, "changing nothing")
	}},
	{"SetPhone to the own phone", "ErrPhoneTaken: another user has it", func(u *users) {
		user := u.create()
		got, err := u.store.SetPhone(u.Context(), phoneauth.PhoneUpdate{UserID: user.ID, Phone: user.Phone, Now: after(time.Minute)})
		require.NoError(u, err)
		user.Epoch, user.UpdatedAt = 1, after(time.Minute)
		u.same(user, got, "as returned")
		u.stored(user, "as stored")
	}},
	{"SetBlocked blocks and unblocks", "SetBlocked blocks or unblocks, at any epoch", func(u *users) {
		user := u.create()
		for i, blocked := range []bool{true, false, false, true, true} {
			now := after(time.Duration(i) * time.Minute)
			got, err := u.store.SetBlocked(u.Context(), user.ID, blocked, now)
			require.NoError(u, err)
			user.Blocked, user.Epoch, user.UpdatedAt = blocked, int64(i+1), now
			u.same(user, got, "as returned")
			u.stored(user, "as stored")
		}
	}},
	{"Set verbs raise the epoch", "Set verbs raise User.Epoch by one", func(u *users) {
		for _, verb := range u.setters() {
			user := u.create()
			for epoch := range int64(3) {
				got, err := verb.set(user.ID, epoch, after(time.Minute))
				require.NoError(u, err, verb.name)
				assert.Equal(u, epoch+1, got.Epoch, verb.name)
			}
			require.NoError(u, u.store.DeleteUser(u.Context(), user.ID))
		}
	}},
	{"Set verbs set UpdatedAt", "set UpdatedAt in the same step", func(u *users) {
		for _, verb := range u.setters() {
			user := u.create()
			got, err := verb.set(user.ID, 0, after(time.Minute+tick))
			require.NoError(u, err, verb.name)
			verb.change(&user)
			user.Epoch, user.UpdatedAt = 1, after(time.Minute+tick)
			u.same(user, got, verb.name+" as returned")
			u.stored(user, verb.name+" as stored")
		}
	}},
	{"Set verbs at another epoch", "else it returns ErrStale", func(u *users) {
		for _, verb := range u.guarded() {
			user := u.block(u.create())
			for _, epoch := range []int64{0, 2, -2} {
				_, err := verb.set(user.ID, epoch, after(time.Minute))
				require.ErrorIs(u, err, phoneauth.ErrStale, "%s at epoch %d of 1", verb.name, epoch)
			}
			u.stored(user, verb.name+" changes nothing")
		}
	}},
	{"Set verbs at any epoch", "or at any for AnyEpoch", func(u *users) {
		for _, verb := range u.guarded() {
			user := u.block(u.create())
			got, err := verb.set(user.ID, phoneauth.AnyEpoch, after(time.Minute))
			require.NoError(u, err, verb.name)
			assert.EqualValues(u, 2, got.Epoch, verb.name)
		}
	}},
	{"Set verbs of nobody", "ErrNotFound: there is no such user", func(u *users) {
		user := u.create()
		for _, verb := range u.setters() {
			for _, id := range strangers(user) {
				for _, epoch := range []int64{0, phoneauth.AnyEpoch} {
					_, err := verb.set(id, epoch, start)
					require.ErrorIs(u, err, phoneauth.ErrNotFound, "%s of %q", verb.name, id)
				}
			}
		}
		u.stored(user, "somebody else")
	}},
	{"Delete frees the phone", "the phone is free at once", func(u *users) {
		user, other := u.create(), u.create()
		require.NoError(u, u.store.DeleteUser(u.Context(), user.ID))
		u.free(user.Phone, "at once")
		u.stored(other, "somebody else")
		other, err := u.store.SetPhone(u.Context(), phoneauth.PhoneUpdate{UserID: other.ID, Phone: user.Phone, Now: start})
		require.NoError(u, err, "free for another user")
		u.stored(other, "with the phone that was freed")
	}},
	{"Delete removes the user", "DeleteUser removes the user", func(u *users) {
		user := u.create()
		require.NoError(u, u.store.DeleteUser(u.Context(), user.ID))
		_, err := u.store.UserByID(u.Context(), user.ID)
		require.ErrorIs(u, err, phoneauth.ErrNotFound)
		for _, verb := range u.setters() {
			_, err := verb.set(user.ID, phoneauth.AnyEpoch, start)
			require.ErrorIs(u, err, phoneauth.ErrNotFound, verb.name)
		}
		s := u.signIn(user.Phone, start)
		s.UserID = user.ID
		u.notSignedIn(s, phoneauth.ErrNotFound)
	}},
	{"Delete of nobody", "An unknown id is no error", func(u *users) {
		user := u.create()
		for _, id := range strangers(user) {
			require.NoError(u, u.store.DeleteUser(u.Context(), id), "DeleteUser(%q)", id)
		}
		u.stored(user, "somebody else")
		require.NoError(u, u.store.DeleteUser(u.Context(), user.ID))
		require.NoError(u, u.store.DeleteUser(u.Context(), user.ID), "a second time")
	}},
	{"ids are not used again", "Ids are not used again", func(u *users) {
		seen := map[string]bool{}
		p := u.phone()
		for range 3 {
			in := u.signedIn(u.signIn(p, start))
			assert.True(u, in.Created, "Created")
			assert.True(u, in.First, "First of a new account")
			assert.Zero(u, in.User.Epoch, "0 for a new account")
			assert.False(u, seen[in.User.ID], "id %s is used again", in.User.ID)
			seen[in.User.ID] = true
			require.NoError(u, u.store.DeleteUser(u.Context(), in.User.ID))
		}
	}},
}

var userValueCases = []testCase[*users]{
	{"users come back in UTC", "come back as the same instant in UTC", func(u *users) {
		user := u.signedIn(u.signIn(u.phone(), start.In(elsewhere))).User
		want := user
		want.CreatedAt, want.UpdatedAt, want.SignedInAt = start, start, start
		u.same(want, user, "as returned")
		u.stored(want, "as stored")
		for i, verb := range u.setters() {
			want.UpdatedAt = after(time.Duration(i+1) * time.Minute)
			want.Epoch++
			verb.change(&want)
			got, err := verb.set(user.ID, phoneauth.AnyEpoch, want.UpdatedAt.In(elsewhere))
			require.NoError(u, err, verb.name)
			u.same(want, got, verb.name+" as returned")
			u.stored(want, verb.name+" as stored")
		}
	}},
	{"users far from now", "A store never reads a clock: the time is an argument", func(u *users) {
		for _, now := range farAway {
			user := u.signedIn(u.signIn(u.phone(), now)).User
			want := phoneauth.User{ID: user.ID, UUID: user.UUID, Phone: user.Phone, CreatedAt: now, UpdatedAt: now, SignedInAt: now}
			u.same(want, user, "as returned")
			want.UpdatedAt = now.Add(tick)
			for _, verb := range u.setters() {
				got, err := verb.set(user.ID, phoneauth.AnyEpoch, want.UpdatedAt)
				require.NoError(u, err, verb.name)
				verb.change(&want)
				want.Epoch++
				u.same(want, got, verb.name)
			}
			u.stored(want, "as stored")
		}
	}},
	{"users keep microseconds", "Times are UTC and whole microseconds", func(u *users) {
		user := u.signedIn(u.signIn(u.phone(), after(999_999*tick))).User
		assert.WithinRange(u, user.CreatedAt, after(999_999*tick), after(999_999*tick))
		user.CreatedAt, user.UpdatedAt, user.SignedInAt = after(999_999*tick), after(999_999*tick), after(999_999*tick)
		u.stored(user, "to the microsecond")
	}},
	{"a stored phone is not parsed anew", "they never parse it anew", func(u *users) {
		for _, prefix := range []string{"+0", "+1", "+9991"} {
			p := phoneauth.StoredPhone(prefix + u.phone().E164()[5:])
			user := u.signedIn(u.signIn(p, start)).User
			assert.Equal(u, p.E164(), user.Phone.E164())
			u.stored(user, "numbering plans change, and a stored number stays what it was")
		}
	}},
	{"a user without a password", "empty for a user without a password", func(u *users) {
		user := u.signedIn(u.signIn(u.phone(), start)).User
		assert.Empty(u, string(user.PasswordHash))
		hash := phoneauth.Secret("$" + string(blobText(500)))
		got, err := u.store.SetPassword(u.Context(), phoneauth.PasswordUpdate{UserID: user.ID, PasswordHash: hash, Now: start})
		require.NoError(u, err)
		assert.Equal(u, string(hash), string(got.PasswordHash))
		u.stored(got, "with a long hash")
		got, err = u.store.SetPassword(u.Context(), phoneauth.PasswordUpdate{UserID: user.ID, Epoch: 1, Now: start})
		require.NoError(u, err)
		assert.Empty(u, string(got.PasswordHash))
		u.stored(got, "without a password again")
	}},
}

// blobText is n printable characters.
func blobText(n int) []byte {
	text := blob(n)
	for i := range text {
		text[i] = '!' + text[i]%94
	}
	return text
}
