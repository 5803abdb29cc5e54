package storetest

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/phoneauth/phoneauth"
)

// signingIn is a store that signs in otherwise than was asked.
func signingIn(change func(s *byHand, in *phoneauth.SignIn)) func(*broken, *byHand) {
	return func(w *broken, s *byHand) {
		w.signIn = func(in phoneauth.SignIn) (phoneauth.SignedIn, error) {
			change(s, &in)
			return s.SignInUser(ctx, in)
		}
	}
}

// signed is a store that does more after a sign-in, or answers something else.
func signed(change func(s *byHand, in phoneauth.SignIn, out *phoneauth.SignedIn, err *error)) func(*broken, *byHand) {
	return func(w *broken, s *byHand) {
		w.signIn = func(in phoneauth.SignIn) (phoneauth.SignedIn, error) {
			out, err := s.SignInUser(ctx, in)
			change(s, in, &out, &err)
			return out, err
		}
	}
}

// found is the user with this phone, if there is one.
func (s *byHand) found(p phoneauth.Phone) (phoneauth.User, bool) {
	user := s.byPhone(p)
	return user, user.ID != ""
}

// change changes a user who is there.
func (s *byHand) change(user *phoneauth.User, change func(*phoneauth.User)) {
	change(user)
	s.users[user.ID] = *user
}

var wrongUsers = []wrongStore{
	{"sign-in stores nobody", "SignIn creates a user", signed(func(s *byHand, _ phoneauth.SignIn, out *phoneauth.SignedIn, _ *error) {
		delete(s.users, out.User.ID)
	})},
	{"a new account lacks its UUID", "SignIn creates a user", signingIn(func(_ *byHand, in *phoneauth.SignIn) { in.UUID = "" })},
	{"every sign-in creates", "SignIn finds a user", signed(func(_ *byHand, _ phoneauth.SignIn, out *phoneauth.SignedIn, _ *error) { out.Created = true })},
	{"a sign-in sets UpdatedAt", "SignIn finds a user", signed(func(s *byHand, in phoneauth.SignIn, out *phoneauth.SignedIn, err *error) {
		if *err == nil {
			s.change(&out.User, func(user *phoneauth.User) { user.UpdatedAt = in.Now.UTC() })
		}
	})},
	{"a sign-in replaces the UUID", "SignIn finds a user", signed(func(s *byHand, in phoneauth.SignIn, out *phoneauth.SignedIn, err *error) {
		if *err == nil {
			s.change(&out.User, func(user *phoneauth.User) { user.UUID = in.UUID })
		}
	})},
	{"all phones are one", "SignIn of another phone creates another user", signingIn(func(_ *byHand, in *phoneauth.SignIn) { in.Phone = phoneauth.StoredPhone("+99912345") })},
	{"creating is no sign-in", "the first sign-in", signed(func(_ *byHand, _ phoneauth.SignIn, out *phoneauth.SignedIn, _ *error) { out.First = false })},
	{"creating with a password is no sign-in", "creating is a sign-in", signed(func(_ *byHand, in phoneauth.SignIn, out *phoneauth.SignedIn, _ *error) {
		out.First = out.First && in.PasswordHash == ""
	})},
	{"every sign-in is the first", "only one sign-in is the first", signed(func(_ *byHand, _ phoneauth.SignIn, out *phoneauth.SignedIn, err *error) { out.First = *err == nil })},
	{"a blocked user's sign-in is First", "only one sign-in is the first", signed(func(_ *byHand, _ phoneauth.SignIn, out *phoneauth.SignedIn, err *error) {
		out.First = out.First || errors.Is(*err, phoneauth.ErrBlocked)
	})},
	{"a blocked user signs in", "SignIn of a blocked user", signed(func(_ *byHand, _ phoneauth.SignIn, _ *phoneauth.SignedIn, err *error) {
		if errors.Is(*err, phoneauth.ErrBlocked) {
			*err = nil
		}
	})},
	{"a blocked user is not returned", "SignIn of a blocked user", signed(func(_ *byHand, _ phoneauth.SignIn, out *phoneauth.SignedIn, err *error) {
		if *err != nil {
			*out = phoneauth.SignedIn{}
		}
	})},
	{"a password is asked before a block", "SignIn refuses a blocked user first", signed(func(_ *byHand, in phoneauth.SignIn, _ *phoneauth.SignedIn, err *error) {
		if errors.Is(*err, phoneauth.ErrBlocked) && in.PasswordHash != "" {
			*err = phoneauth.ErrPhoneTaken
		}
	})},
	{"a locked user signs in", "SignIn of a locked user", signed(func(_ *byHand, _ phoneauth.SignIn, _ *phoneauth.SignedIn, err *error) {
		if errors.Is(*err, phoneauth.ErrLocked) {
			*err = nil
		}
	})},
	{"a locked user is not returned", "SignIn of a locked user", signed(func(_ *byHand, _ phoneauth.SignIn, out *phoneauth.SignedIn, err *error) {
		if errors.Is(*err, phoneauth.ErrLocked) {
			*out = phoneauth.SignedIn{}
		}
	})},
	{"a locked user is blocked", "SignIn of a locked user", signed(func(_ *byHand, _ phoneauth.SignIn, _ *phoneauth.SignedIn, err *error) {
		if errors.Is(*err, phoneauth.ErrLocked) {
			*err = phoneauth.ErrBlocked
		}
	})},
	{"a lock is asked before a block", "SignIn refuses a locked user second", signed(func(s *byHand, in phoneauth.SignIn, _ *phoneauth.SignedIn, err *error) {
		if s.byPhone(in.Phone).Locked {
			*err = phoneauth.ErrLocked
		}
	})},
	{"a password is asked before a lock", "SignIn refuses a locked user second", signed(func(_ *byHand, in phoneauth.SignIn, _ *phoneauth.SignedIn, err *error) {
		if errors.Is(*err, phoneauth.ErrLocked) && in.PasswordHash != "" {
			*err = phoneauth.ErrPhoneTaken
		}
	})},
	{"a stranger's password replaces the owner's", "SignIn with a password of a user", func(w *broken, s *byHand) {
		w.signIn = func(in phoneauth.SignIn) (phoneauth.SignedIn, error) {
			if user, ok := s.found(in.Phone); ok && in.PasswordHash != "" && !user.Blocked {
				s.change(&user, func(user *phoneauth.User) { user.PasswordHash = in.PasswordHash })
				in.PasswordHash = ""
			}
			return s.SignInUser(ctx, in)
		}
	}},
	{"an epoch is asked before a password", "SignIn with a password of a user", signed(func(s *byHand, in phoneauth.SignIn, _ *phoneauth.SignedIn, err *error) {
		if user, ok := s.found(in.Phone); ok && !user.Blocked && in.Epoch != phoneauth.AnyEpoch && in.Epoch != user.Epoch {
			*err = phoneauth.ErrStale
		}
	})},
	{"UserID is not checked", "SignIn of another user's phone", signingIn(func(_ *byHand, in *phoneauth.SignIn) { in.UserID = "" })},
	{"UserID is a number", "SignIn of another user's phone", signingIn(func(_ *byHand, in *phoneauth.SignIn) {
		if n, err := strconv.Atoi(in.UserID); err == nil {
			in.UserID = strconv.Itoa(n)
		}
	})},
	{"an epoch is asked before UserID", "SignIn of another user's phone", signed(func(s *byHand, in phoneauth.SignIn, _ *phoneauth.SignedIn, err *error) {
		if user, ok := s.found(in.Phone); ok && errors.Is(*err, phoneauth.ErrNotFound) && in.Epoch != user.Epoch {
			*err = phoneauth.ErrStale
		}
	})},
	{"UserID without the phone creates", "SignIn of a user without the phone", signingIn(func(s *byHand, in *phoneauth.SignIn) {
		if _, ok := s.found(in.Phone); !ok {
			in.UserID = ""
		}
	})},
	{"a stale sign-in is let in", "SignIn at another epoch", signingIn(func(_ *byHand, in *phoneauth.SignIn) { in.Epoch = phoneauth.AnyEpoch })},
	{"a later epoch will do", "SignIn at another epoch", signingIn(func(s *byHand, in *phoneauth.SignIn) {
		if user, ok := s.found(in.Phone); ok {
			in.Epoch = min(in.Epoch, user.Epoch)
		}
	})},
	{"no user is at any epoch", "SignIn of no user at an epoch", signingIn(func(s *byHand, in *phoneauth.SignIn) {
		if _, ok := s.found(in.Phone); !ok {
			in.Epoch = 0
		}
	})},
	{"a sign-in knows no AnyEpoch", "SignIn at any epoch", signingIn(func(_ *byHand, in *phoneauth.SignIn) {
		if in.Epoch == phoneauth.AnyEpoch {
			in.Epoch = 0
		}
	})},
	{"ids are numbers", "UserByID of nobody", func(w *broken, s *byHand) {
		w.byID = func(id string) (phoneauth.User, error) {
			if n, err := strconv.Atoi(strings.TrimSpace(id)); err == nil {
				id = strconv.Itoa(n)
			}
			return s.UserByID(ctx, id)
		}
	}},
	{"an id that is no number is a fault", "UserByID of nobody", func(w *broken, s *byHand) {
		w.byID = func(id string) (phoneauth.User, error) {
			if _, err := strconv.Atoi(id); err != nil {
				return phoneauth.User{}, err
			}
			return s.UserByID(ctx, id)
		}
	}},
	{"a phone needs no plus", "UserByPhone of nobody", func(w *broken, s *byHand) {
		w.phoned = func(p phoneauth.Phone) (phoneauth.User, error) {
			return s.UserByPhone(ctx, phoneauth.StoredPhone("+"+strings.TrimPrefix(p.E164(), "+")))
		}
	}},
	{"phones are cut", "a stored phone is not parsed anew", signed(func(s *byHand, _ phoneauth.SignIn, out *phoneauth.SignedIn, err *error) {
		if *err == nil {
			s.change(&out.User, func(user *phoneauth.User) {
				user.Phone = phoneauth.StoredPhone(strings.Replace(user.Phone.E164(), "+0", "+", 1))
			})
		}
	})},
	{"no password is one", "a user without a password", signed(func(s *byHand, _ phoneauth.SignIn, out *phoneauth.SignedIn, err *error) {
		if *err == nil && out.User.PasswordHash == "" {
			s.change(&out.User, func(user *phoneauth.User) { user.PasswordHash = "*" })
		}
	})},
	{"the zone of a sign-in comes back", "users come back in UTC", signed(func(s *byHand, in phoneauth.SignIn, out *phoneauth.SignedIn, err *error) {
		if out.Created {
			s.change(&out.User, func(user *phoneauth.User) { user.CreatedAt = in.Now })
		}
	})},
	{"user times lost to seconds", "users keep microseconds", signed(func(s *byHand, _ phoneauth.SignIn, out *phoneauth.SignedIn, err *error) {
		if *err == nil {
			s.change(&out.User, func(user *phoneauth.User) { user.CreatedAt = user.CreatedAt.Truncate(time.Second) })
		}
	})},
}
