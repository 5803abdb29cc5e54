package storetest

import (
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// change is one kind of an update.
type change struct {
	name string
	// params are the update, without the user, the epoch and the time.
	params phoneauth.UserUpdate
}

// changes returns the kinds of updates, the last of which changes all.
func (u *users) changes() []change {
	hash, p := "$new$"+phoneauth.Secret(unique()), u.phone()
	return []change{
		{"PasswordHash", phoneauth.UserUpdate{PasswordHash: &hash}},
		{"Phone", phoneauth.UserUpdate{Phone: &p}},
		{"Blocked", phoneauth.UserUpdate{Blocked: new(true)}},
		{"Locked", phoneauth.UserUpdate{Locked: new(true)}},
		{"nothing", phoneauth.UserUpdate{}},
		{"all", phoneauth.UserUpdate{PasswordHash: &hash, Phone: &p, Blocked: new(true), Locked: new(true)}},
	}
}

// of returns the change of a user, at an epoch.
func (c change) of(id string, epoch int64, now time.Time) phoneauth.UserUpdate {
	c.params.UserID, c.params.Epoch, c.params.Now = id, epoch, now
	return c.params
}

// made returns user after the change at now.
func (c change) made(user phoneauth.User, now time.Time) phoneauth.User {
	if c.params.PasswordHash != nil {
		user.PasswordHash = *c.params.PasswordHash
	}
	if c.params.Phone != nil {
		user.Phone = *c.params.Phone
	}
	if c.params.Blocked != nil {
		user.Blocked = *c.params.Blocked
	}
	if c.params.Locked != nil {
		user.Locked = *c.params.Locked
	}
	user.Epoch++
	user.UpdatedAt = now
	return user
}

var updateCases = []testCase[*users]{
	{"Update replaces the hash", "UpdateUser changes the user u.UserID as UserUpdate.Apply says", func(u *users) {
		user, other := u.create(), u.create()
		hash := phoneauth.Secret("$new$")
		got := u.update(user, phoneauth.UserUpdate{PasswordHash: &hash, Now: after(time.Minute)})
		user.PasswordHash, user.Epoch, user.UpdatedAt = hash, 1, after(time.Minute)
		u.same(user, got, "as returned")
		u.stored(user, "as stored")
		u.stored(other, "another user")
	}},
	{"Update at the same epoch", "KeepEpoch leaves Epoch and UpdatedAt as they are", func(u *users) {
		user := u.create()
		hash := phoneauth.Secret("$anew$")
		s := phoneauth.UserUpdate{UserID: user.ID, PasswordHash: &hash, KeepEpoch: true, Now: after(time.Minute)}
		got, err := u.store.UpdateUser(u.Context(), s)
		require.NoError(u, err)
		user.PasswordHash = "$anew$"
		u.same(user, got, "as returned")
		u.stored(user, "as stored")

		stale := phoneauth.Secret("$stale$")
		s.Epoch, s.PasswordHash = 1, &stale
		_, err = u.store.UpdateUser(u.Context(), s)
		require.ErrorIs(u, err, phoneauth.ErrStale)
		u.stored(user, "changed at another epoch")
	}},
	{"Update replaces the phone", "UpdateUser changes the user u.UserID as UserUpdate.Apply says, and returns it as it then is", func(u *users) {
		user, p := u.create(), u.phone()
		before := user.Phone
		got := u.update(user, phoneauth.UserUpdate{Phone: &p, Now: after(time.Minute)})
		user.Phone, user.Epoch, user.UpdatedAt = p, 1, after(time.Minute)
		u.same(user, got, "as returned")
		u.stored(user, "as stored")
		u.free(before, "the phone that was replaced")
		in := u.signedIn(u.signIn(before, after(time.Hour)))
		assert.True(u, in.Created, "its new owner is a new user")
		assert.NotEqual(u, user.ID, in.User.ID)
	}},
	{"Update to a phone that is taken", "ErrPhoneTaken: another user has u.Phone", func(u *users) {
		user, other := u.create(), u.create()
		hash := phoneauth.Secret("$new$")
		s := phoneauth.UserUpdate{UserID: user.ID, Phone: &other.Phone, PasswordHash: &hash, Blocked: new(true), Now: after(time.Minute)}
		_, err := u.store.UpdateUser(u.Context(), s)
		require.ErrorIs(u, err, phoneauth.ErrPhoneTaken)
		u.stored(user, "changing nothing")
		u.stored(other, "changing nothing")
	}},
	{"Update to a phone that is taken, at another epoch", "and the epoch was right", func(u *users) {
		user, other := u.create(), u.create()
		s := phoneauth.UserUpdate{UserID: user.ID, Phone: &other.Phone, Epoch: 1, Now: after(time.Minute)}
		_, err := u.store.UpdateUser(u.Context(), s)
		require.ErrorIs(u, err, phoneauth.ErrStale)
		u.stored(user, "changing nothing")
	}},
	{"Update to the own phone", "ErrPhoneTaken: another user has u.Phone", func(u *users) {
		user := u.create()
		got := u.update(user, phoneauth.UserUpdate{Phone: &user.Phone, Now: after(time.Minute)})
		user.Epoch, user.UpdatedAt = 1, after(time.Minute)
		u.same(user, got, "as returned")
		u.stored(user, "as stored")
	}},
	{"Update blocks and unblocks", "Blocked is set by the host or its support desk", func(u *users) {
		user := u.create()
		for i, blocked := range []bool{true, false, false, true, true} {
			now := after(time.Duration(i) * time.Minute)
			got := u.update(user, phoneauth.UserUpdate{Blocked: &blocked, Now: now})
			user.Blocked, user.Epoch, user.UpdatedAt = blocked, int64(i+1), now
			u.same(user, got, "as returned")
			u.stored(user, "as stored")
		}
	}},
	{"Update locks and unlocks", "Locked is set by the owner", func(u *users) {
		user := u.block(u.create())
		for i, locked := range []bool{true, true, false, false, true} {
			now := after(time.Duration(i) * time.Minute)
			got := u.update(user, phoneauth.UserUpdate{Locked: &locked, Now: now})
			user.Locked, user.Epoch, user.UpdatedAt = locked, int64(i+2), now
			u.same(user, got, "as returned: blocked is something else")
			u.stored(user, "as stored")
		}
	}},
	{"Update keeps what is nil", "A nil field keeps what is there", func(u *users) {
		for i, c := range u.changes() {
			user := u.create()
			u.update(user, phoneauth.UserUpdate{Blocked: new(true), Locked: new(true), Now: start})
			user.Blocked, user.Locked, user.Epoch = true, true, 1
			now := after(time.Duration(i+1) * time.Minute)
			u.same(c.made(user, now), u.update(user, c.of("", 0, now)), c.name)
			u.stored(c.made(user, now), c.name)
			require.NoError(u, u.store.DeleteUser(u.Context(), user.ID))
		}
	}},
	{"updates raise the epoch", "What changes a user raises User.Epoch by one", func(u *users) {
		for _, c := range u.changes() {
			user := u.create()
			for epoch := range int64(3) {
				got, err := u.store.UpdateUser(u.Context(), c.of(user.ID, epoch, after(time.Minute)))
				require.NoError(u, err, c.name)
				assert.Equal(u, epoch+1, got.Epoch, c.name)
			}
			require.NoError(u, u.store.DeleteUser(u.Context(), user.ID))
		}
	}},
	{"an update of nothing raises the epoch", "An update raises the epoch also where every field stays as it is", func(u *users) {
		user := u.create()
		same := phoneauth.UserUpdate{Phone: &user.Phone, PasswordHash: &user.PasswordHash, Blocked: new(false), Locked: new(false), Now: after(tick)}
		for i, s := range []phoneauth.UserUpdate{same, {Now: after(tick)}} {
			got := u.update(user, s)
			user.Epoch, user.UpdatedAt = int64(i+1), after(tick)
			u.same(user, got, "as returned")
			u.stored(user, "as stored")
		}
	}},
	{"updates set UpdatedAt", "sets UpdatedAt to the time it was given in the same step", func(u *users) {
		for _, c := range u.changes() {
			user := u.create()
			now := after(time.Minute + tick)
			got, err := u.store.UpdateUser(u.Context(), c.of(user.ID, 0, now))
			require.NoError(u, err, c.name)
			u.same(c.made(user, now), got, c.name+" as returned")
			u.stored(c.made(user, now), c.name+" as stored")
			require.NoError(u, u.store.DeleteUser(u.Context(), user.ID))
		}
	}},
	{"UpdatedAt with the time going back", "sets UpdatedAt to the time it was given", func(u *users) {
		user := u.update(u.create(), phoneauth.UserUpdate{Now: after(time.Hour)})
		user = u.update(user, phoneauth.UserUpdate{Blocked: new(true), Now: start})
		assert.WithinRange(u, user.UpdatedAt, start, start, "the time given, not the later of the two")
		u.stored(user, "as stored")
	}},
	{"updates at another epoch", "else it returns ErrStale", func(u *users) {
		for _, c := range u.changes() {
			user := u.block(u.create())
			for _, epoch := range []int64{0, 2, -2} {
				_, err := u.store.UpdateUser(u.Context(), c.of(user.ID, epoch, after(time.Minute)))
				require.ErrorIs(u, err, phoneauth.ErrStale, "%s at epoch %d of 1", c.name, epoch)
			}
			u.stored(user, c.name+" changes nothing")
		}
	}},
	{"updates at any epoch", "or at any for AnyEpoch", func(u *users) {
		for _, c := range u.changes() {
			user := u.block(u.create())
			got, err := u.store.UpdateUser(u.Context(), c.of(user.ID, phoneauth.AnyEpoch, after(time.Minute)))
			require.NoError(u, err, c.name)
			assert.EqualValues(u, 2, got.Epoch, c.name)
			require.NoError(u, u.store.DeleteUser(u.Context(), user.ID))
		}
	}},
	{"updates of nobody", "ErrNotFound: there is no such user", func(u *users) {
		user := u.create()
		for _, c := range u.changes() {
			for _, id := range strangers(user) {
				for _, epoch := range []int64{0, 7, phoneauth.AnyEpoch} {
					_, err := u.store.UpdateUser(u.Context(), c.of(id, epoch, start))
					require.ErrorIs(u, err, phoneauth.ErrNotFound, "%s of %q", c.name, id)
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
		u.stored(u.update(other, phoneauth.UserUpdate{Phone: &user.Phone, Now: start}), "with the phone that was freed")
	}},
	{"Delete removes the user", "DeleteUser removes the user", func(u *users) {
		user := u.create()
		require.NoError(u, u.store.DeleteUser(u.Context(), user.ID))
		_, err := u.store.UserByID(u.Context(), user.ID)
		require.ErrorIs(u, err, phoneauth.ErrNotFound)
		for _, c := range u.changes() {
			_, err := u.store.UpdateUser(u.Context(), c.of(user.ID, phoneauth.AnyEpoch, start))
			require.ErrorIs(u, err, phoneauth.ErrNotFound, c.name)
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
