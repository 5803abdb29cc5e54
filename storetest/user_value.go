package storetest

import (
	"strings"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/phoneauth/phoneauth"
)

var userValueCases = []testCase[*users]{
	{"users come back in UTC", "come back as the same instant in UTC", func(u *users) {
		user := u.signedIn(u.signIn(u.phone(), start.In(elsewhere))).User
		want := user
		want.CreatedAt, want.UpdatedAt, want.SignedInAt = start, start, start
		u.same(want, user, "as returned")
		u.stored(want, "as stored")
		for i, c := range u.changes() {
			now := after(time.Duration(i+1) * time.Minute)
			want = c.made(want, now)
			u.same(want, u.update(user, c.of("", 0, now.In(elsewhere))), c.name+" as returned")
			u.stored(want, c.name+" as stored")
		}
		in := u.incoming()
		local := in
		local.CreatedAt = in.CreatedAt.In(elsewhere)
		u.arrived(in, u.imported(start.In(elsewhere), local)[0], start, "as imported")
		signedIn := u.signedIn(u.signIn(in.Phone, after(tick).In(elsewhere))).User
		assertUTC(u, signedIn.SignedInAt, signedIn.UpdatedAt)
		u.stored(signedIn, "as signed in")
	}},
	{"users far from now", "A store never reads a clock: the time is an argument", func(u *users) {
		for _, now := range farAway {
			user := u.signedIn(u.signIn(u.phone(), now)).User
			want := phoneauth.User{ID: user.ID, UUID: user.UUID, Phone: user.Phone, CreatedAt: now, UpdatedAt: now, SignedInAt: now}
			u.same(want, user, "as returned")
			for _, c := range u.changes() {
				want = c.made(want, now.Add(tick))
				u.same(want, u.update(user, c.of("", 0, now.Add(tick))), c.name)
			}
			u.stored(want, "as stored")
			in := u.incoming()
			in.CreatedAt = now.Add(-time.Hour)
			u.arrived(in, u.imported(now, in)[0], now, "as imported")
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
		hash, none := phoneauth.Secret("$"+string(blobText(500))), phoneauth.Secret("")
		got := u.update(user, phoneauth.UserUpdate{PasswordHash: &hash, Now: start})
		assert.Equal(u, string(hash), string(got.PasswordHash))
		u.stored(got, "with a long hash")
		got = u.update(user, phoneauth.UserUpdate{PasswordHash: &none, Now: start})
		assert.Empty(u, string(got.PasswordHash))
		u.stored(got, "without a password again")
	}},
	{"UUIDs come back as they went in", "UUID is random, made by the Service", func(u *users) {
		s, in := u.signIn(u.phone(), start), u.incoming()
		assert.Equal(u, s.UUID, u.signedIn(s).User.UUID)
		assert.Equal(u, in.UUID, u.imported(start, in)[0].User.UUID)
		assert.Equal(u, 4, strings.Count(in.UUID, "-"), "a UUID in its usual form")
	}},
}

// blobText returns n printable characters.
func blobText(n int) []byte {
	text := blob(n)
	for i := range text {
		text[i] = '!' + text[i]%94
	}
	return text
}
