package storetest

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/phoneauth/phoneauth"
)

// signingIn is a store that signs in otherwise than was asked.
func signingIn(change func(s *reference, in *phoneauth.SignIn)) func(*broken, *reference) {
	return func(w *broken, s *reference) {
		w.signIn = func(in phoneauth.SignIn) (phoneauth.SignedIn, error) {
			change(s, &in)
			return s.SignInUser(ctx, in)
		}
	}
}

// signed is a store that does more after a sign-in, or answers something else.
func signed(change func(s *reference, in phoneauth.SignIn, out *phoneauth.SignedIn, err *error)) func(*broken, *reference) {
	return func(w *broken, s *reference) {
		w.signIn = func(in phoneauth.SignIn) (phoneauth.SignedIn, error) {
			out, err := s.SignInUser(ctx, in)
			change(s, in, &out, &err)
			return out, err
		}
	}
}

// change changes a user who is there.
func (s *reference) change(user *phoneauth.User, change func(*phoneauth.User)) {
	change(user)
	s.users[user.ID] = *user
}

// setting is a store whose Set verbs come to something else.
func setting(change func(before phoneauth.User, after *phoneauth.User)) func(*broken, *reference) {
	return func(w *broken, s *reference) {
		again := func(id string, set func() (phoneauth.User, error)) (phoneauth.User, error) {
			before := s.users[id]
			user, err := set()
			if err == nil {
				s.change(&user, func(after *phoneauth.User) { change(before, after) })
			}
			return user, err
		}
		w.password = func(p phoneauth.PasswordUpdate) (phoneauth.User, error) {
			return again(p.UserID, func() (phoneauth.User, error) { return s.SetPassword(ctx, p) })
		}
		w.phone = func(p phoneauth.PhoneUpdate) (phoneauth.User, error) {
			return again(p.UserID, func() (phoneauth.User, error) { return s.SetPhone(ctx, p) })
		}
		w.blocked = func(id string, blocked bool, now time.Time) (phoneauth.User, error) {
			return again(id, func() (phoneauth.User, error) { return s.SetBlocked(ctx, id, blocked, now) })
		}
	}
}

// only is the store of set, but for the verbs that are not this one.
func only(verb string, set func(*broken, *reference)) func(*broken, *reference) {
	return func(w *broken, s *reference) {
		right := *w
		set(w, s)
		if verb != "SetPassword" {
			w.password = right.password
		}
		if verb != "SetPhone" {
			w.phone = right.phone
		}
		if verb != "SetBlocked" {
			w.blocked = right.blocked
		}
	}
}

func sameEpoch(before phoneauth.User, after *phoneauth.User) { after.Epoch = before.Epoch }

var wrongUsers = []wrongStore{
	{"sign-in stores nobody", "SignIn creates a user", signed(func(s *reference, _ phoneauth.SignIn, out *phoneauth.SignedIn, _ *error) {
		delete(s.users, out.User.ID)
	})},
	{"a new account lacks its UUID", "SignIn creates a user", signingIn(func(_ *reference, in *phoneauth.SignIn) { in.UUID = "" })},
	{"every sign-in creates", "SignIn finds a user", signed(func(_ *reference, _ phoneauth.SignIn, out *phoneauth.SignedIn, _ *error) { out.Created = true })},
	{"a sign-in sets UpdatedAt", "SignIn finds a user", signed(func(s *reference, in phoneauth.SignIn, out *phoneauth.SignedIn, err *error) {
		if *err == nil {
			s.change(&out.User, func(user *phoneauth.User) { user.UpdatedAt = in.Now.UTC() })
		}
	})},
	{"a sign-in replaces the UUID", "SignIn finds a user", signed(func(s *reference, in phoneauth.SignIn, out *phoneauth.SignedIn, err *error) {
		if *err == nil {
			s.change(&out.User, func(user *phoneauth.User) { user.UUID = in.UUID })
		}
	})},
	{"all phones are one", "SignIn of another phone creates another user", signingIn(func(_ *reference, in *phoneauth.SignIn) { in.Phone = phoneauth.StoredPhone("+99912345") })},
	{"creating is no sign-in", "the first sign-in", signed(func(_ *reference, _ phoneauth.SignIn, out *phoneauth.SignedIn, _ *error) { out.First = false })},
	{"creating with a password is no sign-in", "creating is a sign-in", signed(func(_ *reference, in phoneauth.SignIn, out *phoneauth.SignedIn, _ *error) {
		out.First = out.First && in.PasswordHash == ""
	})},
	{"every sign-in is the first", "only one sign-in is the first", signed(func(_ *reference, _ phoneauth.SignIn, out *phoneauth.SignedIn, err *error) { out.First = *err == nil })},
	{"a blocked user's sign-in is First", "only one sign-in is the first", signed(func(_ *reference, _ phoneauth.SignIn, out *phoneauth.SignedIn, err *error) {
		out.First = out.First || errors.Is(*err, phoneauth.ErrBlocked)
	})},
	{"a blocked user signs in", "SignIn of a blocked user", signed(func(_ *reference, _ phoneauth.SignIn, _ *phoneauth.SignedIn, err *error) {
		if errors.Is(*err, phoneauth.ErrBlocked) {
			*err = nil
		}
	})},
	{"a blocked user is not returned", "SignIn of a blocked user", signed(func(_ *reference, _ phoneauth.SignIn, out *phoneauth.SignedIn, err *error) {
		if *err != nil {
			*out = phoneauth.SignedIn{}
		}
	})},
	{"a password is asked before a block", "SignIn refuses a blocked user first", signed(func(_ *reference, in phoneauth.SignIn, _ *phoneauth.SignedIn, err *error) {
		if errors.Is(*err, phoneauth.ErrBlocked) && in.PasswordHash != "" {
			*err = phoneauth.ErrPhoneTaken
		}
	})},
	{"a stranger's password replaces the owner's", "SignIn with a password of a user", func(w *broken, s *reference) {
		w.signIn = func(in phoneauth.SignIn) (phoneauth.SignedIn, error) {
			if user, ok := s.byPhone(in.Phone); ok && in.PasswordHash != "" && !user.Blocked {
				s.change(&user, func(user *phoneauth.User) { user.PasswordHash = in.PasswordHash })
				in.PasswordHash = ""
			}
			return s.SignInUser(ctx, in)
		}
	}},
	{"an epoch is asked before a password", "SignIn with a password of a user", signed(func(s *reference, in phoneauth.SignIn, _ *phoneauth.SignedIn, err *error) {
		if user, ok := s.byPhone(in.Phone); ok && !user.Blocked && in.Epoch != phoneauth.AnyEpoch && in.Epoch != user.Epoch {
			*err = phoneauth.ErrStale
		}
	})},
	{"UserID is not checked", "SignIn of another user's phone", signingIn(func(_ *reference, in *phoneauth.SignIn) { in.UserID = "" })},
	{"UserID is a number", "SignIn of another user's phone", signingIn(func(_ *reference, in *phoneauth.SignIn) {
		if n, err := strconv.Atoi(in.UserID); err == nil {
			in.UserID = strconv.Itoa(n)
		}
	})},
	{"an epoch is asked before UserID", "SignIn of another user's phone", signed(func(s *reference, in phoneauth.SignIn, _ *phoneauth.SignedIn, err *error) {
		if user, ok := s.byPhone(in.Phone); ok && errors.Is(*err, phoneauth.ErrNotFound) && in.Epoch != user.Epoch {
			*err = phoneauth.ErrStale
		}
	})},
	{"UserID without the phone creates", "SignIn of a user without the phone", signingIn(func(s *reference, in *phoneauth.SignIn) {
		if _, ok := s.byPhone(in.Phone); !ok {
			in.UserID = ""
		}
	})},
	{"a stale sign-in is let in", "SignIn at another epoch", signingIn(func(_ *reference, in *phoneauth.SignIn) { in.Epoch = phoneauth.AnyEpoch })},
	{"a later epoch will do", "SignIn at another epoch", signingIn(func(s *reference, in *phoneauth.SignIn) {
		if user, ok := s.byPhone(in.Phone); ok {
			in.Epoch = min(in.Epoch, user.Epoch)
		}
	})},
	{"no user is at any epoch", "SignIn of no user at an epoch", signingIn(func(s *reference, in *phoneauth.SignIn) {
		if _, ok := s.byPhone(in.Phone); !ok {
			in.Epoch = 0
		}
	})},
	{"a sign-in knows no AnyEpoch", "SignIn at any epoch", signingIn(func(_ *reference, in *phoneauth.SignIn) {
		if in.Epoch == phoneauth.AnyEpoch {
			in.Epoch = 0
		}
	})},
	{"ids are numbers", "UserByID of nobody", func(w *broken, s *reference) {
		w.byID = func(id string) (phoneauth.User, error) {
			if n, err := strconv.Atoi(strings.TrimSpace(id)); err == nil {
				id = strconv.Itoa(n)
			}
			return s.UserByID(ctx, id)
		}
	}},
	{"an id that is no number is a fault", "UserByID of nobody", func(w *broken, s *reference) {
		w.byID = func(id string) (phoneauth.User, error) {
			if _, err := strconv.Atoi(id); err != nil {
				return phoneauth.User{}, err
			}
			return s.UserByID(ctx, id)
		}
	}},
	{"a phone needs no plus", "UserByPhone of nobody", func(w *broken, s *reference) {
		w.byPhone = func(p phoneauth.Phone) (phoneauth.User, error) {
			return s.UserByPhone(ctx, phoneauth.StoredPhone("+"+strings.TrimPrefix(p.E164(), "+")))
		}
	}},
	{"user errors tell the number", "user errors hold no argument", signed(func(_ *reference, in phoneauth.SignIn, _ *phoneauth.SignedIn, err *error) {
		if *err != nil {
			*err = errors.Join(*err, errors.New("duplicate key (phone)=("+in.Phone.E164()+")"))
		}
	})},

	{"SetPassword keeps the hash", "SetPassword replaces the hash", only("SetPassword", setting(func(before phoneauth.User, after *phoneauth.User) {
		after.PasswordHash = before.PasswordHash
	}))},
	{"SetPassword of all", "SetPassword replaces the hash", func(w *broken, s *reference) {
		w.password = func(p phoneauth.PasswordUpdate) (phoneauth.User, error) {
			for id, user := range s.users {
				if id != p.UserID {
					s.change(&user, func(user *phoneauth.User) { user.PasswordHash = p.PasswordHash })
				}
			}
			return s.SetPassword(ctx, p)
		}
	}},
	{"KeepEpoch raises the epoch", "SetPassword at the same epoch", func(w *broken, s *reference) {
		w.password = func(p phoneauth.PasswordUpdate) (phoneauth.User, error) {
			p.KeepEpoch = false
			return s.SetPassword(ctx, p)
		}
	}},
	{"KeepEpoch sets UpdatedAt", "SetPassword at the same epoch", func(w *broken, s *reference) {
		w.password = func(p phoneauth.PasswordUpdate) (phoneauth.User, error) {
			user, err := s.SetPassword(ctx, p)
			if err == nil {
				s.change(&user, func(user *phoneauth.User) { user.UpdatedAt = p.Now.UTC() })
			}
			return user, err
		}
	}},
	{"KeepEpoch asks no epoch", "SetPassword at the same epoch", func(w *broken, s *reference) {
		w.password = func(p phoneauth.PasswordUpdate) (phoneauth.User, error) {
			if p.KeepEpoch {
				p.Epoch = phoneauth.AnyEpoch
			}
			return s.SetPassword(ctx, p)
		}
	}},
	{"SetPassword raises no epoch", "Set verbs raise the epoch", only("SetPassword", setting(sameEpoch))},
	{"SetPhone raises no epoch", "Set verbs raise the epoch", only("SetPhone", setting(sameEpoch))},
	{"SetBlocked raises no epoch", "SetBlocked blocks and unblocks", only("SetBlocked", setting(sameEpoch))},
	{"SetBlocked to what is raises no epoch", "SetBlocked blocks and unblocks", only("SetBlocked", setting(func(before phoneauth.User, after *phoneauth.User) {
		if before.Blocked == after.Blocked {
			after.Epoch = before.Epoch
		}
	}))},
	{"SetBlocked never unblocks", "SetBlocked blocks and unblocks", only("SetBlocked", setting(func(before phoneauth.User, after *phoneauth.User) {
		after.Blocked = after.Blocked || before.Blocked
	}))},
	{"Set verbs leave UpdatedAt", "Set verbs set UpdatedAt", setting(func(before phoneauth.User, after *phoneauth.User) { after.UpdatedAt = before.UpdatedAt })},
	{"SetPassword asks no epoch", "Set verbs at another epoch", func(w *broken, s *reference) {
		w.password = func(p phoneauth.PasswordUpdate) (phoneauth.User, error) {
			p.Epoch = phoneauth.AnyEpoch
			return s.SetPassword(ctx, p)
		}
	}},
	{"SetPhone asks no epoch", "Set verbs at another epoch", func(w *broken, s *reference) {
		w.phone = func(p phoneauth.PhoneUpdate) (phoneauth.User, error) {
			p.Epoch = phoneauth.AnyEpoch
			return s.SetPhone(ctx, p)
		}
	}},
	{"SetPhone knows no AnyEpoch", "Set verbs at any epoch", func(w *broken, s *reference) {
		w.phone = func(p phoneauth.PhoneUpdate) (phoneauth.User, error) {
			if p.Epoch == phoneauth.AnyEpoch {
				return phoneauth.User{}, phoneauth.ErrStale
			}
			return s.SetPhone(ctx, p)
		}
	}},
	{"Set verbs of nobody are stale", "Set verbs of nobody", func(w *broken, s *reference) {
		w.password = func(p phoneauth.PasswordUpdate) (phoneauth.User, error) {
			user, err := s.SetPassword(ctx, p)
			if errors.Is(err, phoneauth.ErrNotFound) {
				err = phoneauth.ErrStale
			}
			return user, err
		}
	}},
	{"SetPhone keeps the phone before", "SetPhone replaces the phone", func(w *broken, s *reference) {
		before := map[phoneauth.Phone]string{}
		w.phone = func(p phoneauth.PhoneUpdate) (phoneauth.User, error) {
			before[s.users[p.UserID].Phone] = p.UserID
			return s.SetPhone(ctx, p)
		}
		w.byPhone = func(p phoneauth.Phone) (phoneauth.User, error) {
			if id, ok := before[p]; ok {
				return s.UserByID(ctx, id)
			}
			return s.UserByPhone(ctx, p)
		}
	}},
	{"SetPhone takes a phone away", "SetPhone to a phone that is taken", func(w *broken, s *reference) {
		w.phone = func(p phoneauth.PhoneUpdate) (phoneauth.User, error) {
			if owner, ok := s.byPhone(p.Phone); ok && owner.ID != p.UserID {
				delete(s.users, owner.ID)
			}
			return s.SetPhone(ctx, p)
		}
	}},
	{"SetPhone refused has raised the epoch", "SetPhone to a phone that is taken", func(w *broken, s *reference) {
		w.phone = func(p phoneauth.PhoneUpdate) (phoneauth.User, error) {
			user, err := s.SetPhone(ctx, p)
			if before := s.users[p.UserID]; errors.Is(err, phoneauth.ErrPhoneTaken) {
				s.change(&before, func(user *phoneauth.User) { user.Epoch++ })
			}
			return user, err
		}
	}},
	{"the own phone is taken", "SetPhone to the own phone", func(w *broken, s *reference) {
		w.phone = func(p phoneauth.PhoneUpdate) (phoneauth.User, error) {
			if _, ok := s.byPhone(p.Phone); ok {
				return phoneauth.User{}, phoneauth.ErrPhoneTaken
			}
			return s.SetPhone(ctx, p)
		}
	}},
	{"Delete keeps the phone", "Delete frees the phone", func(w *broken, s *reference) {
		gone := map[phoneauth.Phone]phoneauth.User{}
		w.deleteUser = func(id string) error {
			gone[s.users[id].Phone] = s.users[id]
			return s.DeleteUser(ctx, id)
		}
		w.byPhone = func(p phoneauth.Phone) (phoneauth.User, error) {
			if user, ok := gone[p]; ok {
				return user, nil
			}
			return s.UserByPhone(ctx, p)
		}
	}},
	{"Delete only hides", "Delete removes the user", func(w *broken, s *reference) {
		w.deleteUser = func(id string) error {
			if user, ok := s.users[id]; ok {
				s.change(&user, func(user *phoneauth.User) { user.Phone = phoneauth.Phone{} })
			}
			return nil
		}
	}},
	{"Delete of nobody is an error", "Delete of nobody", func(w *broken, s *reference) {
		w.deleteUser = func(id string) error {
			if _, ok := s.users[id]; !ok {
				return phoneauth.ErrNotFound
			}
			return s.DeleteUser(ctx, id)
		}
	}},
	{"ids are used again", "ids are not used again", func(w *broken, s *reference) {
		w.deleteUser = func(id string) error {
			if id == strconv.Itoa(s.lastID) {
				s.lastID--
			}
			return s.DeleteUser(ctx, id)
		}
	}},
	{"the zone of a sign-in comes back", "users come back in UTC", signed(func(s *reference, in phoneauth.SignIn, out *phoneauth.SignedIn, err *error) {
		if out.Created {
			s.change(&out.User, func(user *phoneauth.User) { user.CreatedAt = in.Now })
		}
	})},
	{"the zone of a change comes back", "users come back in UTC", setting(func(_ phoneauth.User, after *phoneauth.User) { after.UpdatedAt = after.UpdatedAt.In(elsewhere) })},
	{"user times lost to seconds", "users keep microseconds", signed(func(s *reference, _ phoneauth.SignIn, out *phoneauth.SignedIn, err *error) {
		if *err == nil {
			s.change(&out.User, func(user *phoneauth.User) { user.CreatedAt = user.CreatedAt.Truncate(time.Second) })
		}
	})},
	{"changes read the clock", "users far from now", setting(func(_ phoneauth.User, after *phoneauth.User) { after.UpdatedAt = time.Now().UTC().Truncate(tick) })},
	{"phones are cut", "a stored phone is not parsed anew", signed(func(s *reference, _ phoneauth.SignIn, out *phoneauth.SignedIn, err *error) {
		if *err == nil {
			s.change(&out.User, func(user *phoneauth.User) {
				user.Phone = phoneauth.StoredPhone(strings.Replace(user.Phone.E164(), "+0", "+", 1))
			})
		}
	})},
	{"no password is one", "a user without a password", signed(func(s *reference, _ phoneauth.SignIn, out *phoneauth.SignedIn, err *error) {
		if *err == nil && out.User.PasswordHash == "" {
			s.change(&out.User, func(user *phoneauth.User) { user.PasswordHash = "*" })
		}
	})},
	{"hashes are cut", "a user without a password", only("SetPassword", setting(func(_ phoneauth.User, after *phoneauth.User) {
		after.PasswordHash = after.PasswordHash[:min(255, len(after.PasswordHash))]
	}))},
}
