package storetest

import (
	"errors"

	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

var userRaces = []testCase[*users]{
	{"race: one account per number", "of any number of concurrent callers with a new phone exactly one sees Created, and all get the same user", func(u *users) {
		for round := range u.heavy() {
			p := u.phone()
			answers := make([]answer[phoneauth.SignedIn], 2*callers)
			together(len(answers), func(i int) {
				answers[i].value, answers[i].err = u.store.SignInUser(u.Context(), u.signIn(p, start))
			})
			created, first := 0, 0
			for _, a := range answers {
				require.NoError(u, a.err, "round %d", round)
				u.same(answers[0].value.User, a.value.User, "all get the same user")
				if a.value.Created {
					created++
				}
				if a.value.First {
					first++
				}
			}
			require.Equal(u, 1, created, "round %d: Created", round)
			require.Equal(u, 1, first, "round %d: First", round)
			u.stored(answers[0].value.User, "the one user")
		}
	}},
	{"race: one password per number", "with it an account that exists is an error", func(u *users) {
		for round := range u.heavy() {
			p := u.phone()
			answers := make([]answer[phoneauth.SignedIn], callers)
			together(callers, func(i int) {
				s := u.signIn(p, start)
				s.PasswordHash = "$hash$" + phoneauth.Secret(unique())
				answers[i].value, answers[i].err = u.store.SignInUser(u.Context(), s)
			})
			var winners []phoneauth.User
			for _, a := range answers {
				if a.err == nil {
					winners = append(winners, a.value.User)
					continue
				}
				require.ErrorIs(u, a.err, phoneauth.ErrPhoneTaken, "round %d", round)
			}
			require.Len(u, winners, 1, "round %d: one password is the account's", round)
			u.stored(winners[0], "with the winner's password")
		}
	}},
	{"race: one update at an epoch", "A verb that takes an epoch does its work only while the user is at that epoch", func(u *users) {
		for round := range u.heavy() {
			user := u.create()
			answers := make([]answer[phoneauth.User], callers)
			together(callers, func(i int) {
				hash := "$hash$" + phoneauth.Secret(unique())
				answers[i].value, answers[i].err = u.store.UpdateUser(u.Context(), phoneauth.UserUpdate{
					UserID: user.ID, PasswordHash: &hash, Now: after(tick)})
			})
			var winners []phoneauth.User
			for _, a := range answers {
				if a.err == nil {
					winners = append(winners, a.value)
					continue
				}
				require.ErrorIs(u, a.err, phoneauth.ErrStale, "round %d", round)
			}
			require.Len(u, winners, 1, "round %d: one is at the epoch", round)
			u.stored(winners[0], "with the winner's password")
		}
	}},
	{"race: every change raises the epoch", "What changes a user raises User.Epoch by one", func(u *users) {
		for round := range u.heavy() {
			user := u.create()
			all, errs := u.changes()[:4], make([]error, callers)
			together(callers, func(i int) {
				_, errs[i] = u.store.UpdateUser(u.Context(), all[i%len(all)].of(user.ID, phoneauth.AnyEpoch, after(tick)))
			})
			for _, err := range errs {
				require.NoError(u, err, "round %d", round)
			}
			for _, c := range all {
				user = c.made(user, after(tick))
			}
			user.Epoch = callers
			u.stored(user, "all changes, each an epoch")
		}
	}},
	{"race: one phone for one user", "accounts: one for each phone number", func(u *users) {
		for round := range u.heavy() {
			all, p := make([]phoneauth.User, callers/2), u.phone()
			for i := range all {
				all[i] = u.create()
			}
			answers := make([]answer[phoneauth.User], len(all))
			together(len(all), func(i int) {
				answers[i].value, answers[i].err = u.store.UpdateUser(u.Context(), phoneauth.UserUpdate{UserID: all[i].ID, Phone: &p, Now: after(tick)})
			})
			won := 0
			for i, a := range answers {
				if a.err == nil {
					won++
					u.stored(a.value, "the winner")
					u.free(all[i].Phone, "the winner's phone before")
					continue
				}
				require.ErrorIs(u, a.err, phoneauth.ErrPhoneTaken, "round %d", round)
				u.stored(all[i], "one who was too late")
			}
			require.Equal(u, 1, won, "round %d: one has the phone", round)
		}
	}},
	{"race: a sign-in and a change of phone", "accounts: one for each phone number", func(u *users) {
		for round := range u.heavy() {
			user, p, mover := u.create(), u.phone(), round%callers
			var moved error
			answers := make([]answer[phoneauth.SignedIn], callers)
			together(callers, func(i int) {
				if i == mover {
					_, moved = u.store.UpdateUser(u.Context(), phoneauth.UserUpdate{UserID: user.ID, Phone: &p, Now: start})
					return
				}
				s := u.signIn(p, start)
				s.Epoch = phoneauth.AnyEpoch
				answers[i].value, answers[i].err = u.store.SignInUser(u.Context(), s)
			})
			created := 0
			owner := answers[(mover+1)%callers].value.User.ID
			for i, a := range answers {
				if i == mover {
					continue
				}
				require.NoError(u, a.err, "round %d", round)
				require.Equal(u, owner, a.value.User.ID, "round %d: all get the same user", round)
				if a.value.Created {
					created++
				}
			}
			if moved == nil {
				require.Zero(u, created, "round %d: created, though the phone was another user's", round)
				require.Equal(u, user.ID, owner, "round %d", round)
				continue
			}
			require.ErrorIs(u, moved, phoneauth.ErrPhoneTaken, "round %d", round)
			require.Equal(u, 1, created, "round %d", round)
			u.stored(user, "the one who was too late")
		}
	}},
	{"race: nothing revives a deleted user", "DeleteUser removes the user; the phone is free at once", func(u *users) {
		for round := range u.heavy() {
			user := u.create()
			all, errs := u.changes(), make([]error, callers)
			together(callers, func(i int) {
				if i == round%callers {
					errs[i] = u.store.DeleteUser(u.Context(), user.ID)
					return
				}
				_, errs[i] = u.store.UpdateUser(u.Context(), all[i%len(all)].of(user.ID, phoneauth.AnyEpoch, start))
			})
			require.NoError(u, errs[round%callers], "round %d", round)
			for _, err := range errs {
				require.True(u, err == nil || errors.Is(err, phoneauth.ErrNotFound), "round %d: %v", round, err)
			}
			_, err := u.store.UserByID(u.Context(), user.ID)
			require.ErrorIs(u, err, phoneauth.ErrNotFound, "round %d", round)
			u.free(user.Phone, "free at once")
			u.free(*all[1].params.Phone, "free at once")
		}
	}},
	{"race: an import and a deletion", "the user who now has the phone, and whether this call created it", func(u *users) {
		for round := range u.heavy() {
			user, in := u.create(), u.incoming()
			in.Phone = user.Phone
			answers := make([]answer[phoneauth.User], callers)
			together(callers, func(i int) {
				if i == round%callers {
					answers[i] = answer[phoneauth.User]{user, u.store.DeleteUser(u.Context(), user.ID)}
					return
				}
				out, err := u.store.ImportUsers(u.Context(), []phoneauth.UserImport{in}, start)
				if answers[i].err = err; err == nil {
					answers[i].value = out[0].User
				}
			})
			for _, a := range answers {
				require.NoError(u, a.err, "round %d", round)
				require.Contains(u, []string{user.UUID, in.UUID}, a.value.UUID, "round %d: the one who leaves, or the one who is new", round)
			}
		}
	}},
	{"race: an import and sign-ins", "and changes no user that exists", func(u *users) {
		for round := range u.heavy() {
			in := u.incoming()
			answers := make([]answer[phoneauth.User], callers)
			created := make([]bool, callers)
			together(callers, func(i int) {
				if i%2 == 0 {
					out, err := u.store.SignInUser(u.Context(), u.signIn(in.Phone, start))
					answers[i], created[i] = answer[phoneauth.User]{out.User, err}, out.Created
					return
				}
				out, err := u.store.ImportUsers(u.Context(), []phoneauth.UserImport{in}, start)
				if answers[i].err = err; err == nil {
					answers[i].value, created[i] = out[0].User, out[0].Created
				}
			})
			n := 0
			for i, a := range answers {
				require.NoError(u, a.err, "round %d", round)
				require.Equal(u, answers[0].value.ID, a.value.ID, "round %d: all get the same user", round)
				require.Equal(u, answers[0].value.UUID, a.value.UUID, "round %d: all get the same user", round)
				if created[i] {
					n++
				}
			}
			require.Equal(u, 1, n, "round %d: Created", round)
		}
	}},
}
