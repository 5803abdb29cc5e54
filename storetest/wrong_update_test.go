package storetest

import (
	"errors"
	"strconv"
	"time"

	"github.com/phoneauth/phoneauth"
)

// updating is a store that updates otherwise than was asked.
func updating(change func(s *byHand, u *phoneauth.UserUpdate)) func(*broken, *byHand) {
	return func(w *broken, s *byHand) {
		w.update = func(u phoneauth.UserUpdate) (phoneauth.User, error) {
			change(s, &u)
			return s.UpdateUser(ctx, u)
		}
	}
}

// updated is a store where an update comes to something else.
func updated(change func(u phoneauth.UserUpdate, before phoneauth.User, after *phoneauth.User)) func(*broken, *byHand) {
	return func(w *broken, s *byHand) {
		w.update = func(u phoneauth.UserUpdate) (phoneauth.User, error) {
			before := s.users[u.UserID]
			user, err := s.UpdateUser(ctx, u)
			if err == nil {
				s.change(&user, func(after *phoneauth.User) { change(u, before, after) })
			}
			return user, err
		}
	}
}

// refusingUpdate is a store that does something else when an update is refused.
func refusingUpdate(change func(s *byHand, u phoneauth.UserUpdate, err *error)) func(*broken, *byHand) {
	return func(w *broken, s *byHand) {
		w.update = func(u phoneauth.UserUpdate) (phoneauth.User, error) {
			user, err := s.UpdateUser(ctx, u)
			if err != nil {
				change(s, u, &err)
			}
			return user, err
		}
	}
}

var wrongUpdates = []wrongStore{
	{"Update keeps the hash", "Update replaces the hash", updating(func(_ *byHand, u *phoneauth.UserUpdate) { u.PasswordHash = nil })},
	{"Update of all users", "Update replaces the hash", updating(func(s *byHand, u *phoneauth.UserUpdate) {
		for id, user := range s.users {
			if id != u.UserID && u.PasswordHash != nil {
				s.change(&user, func(user *phoneauth.User) { user.PasswordHash = *u.PasswordHash })
			}
		}
	})},
	{"Update answers as before", "Update replaces the hash", func(w *broken, s *byHand) {
		w.update = func(u phoneauth.UserUpdate) (phoneauth.User, error) {
			before := s.users[u.UserID]
			_, err := s.UpdateUser(ctx, u)
			return before, err
		}
	}},
	{"KeepEpoch raises the epoch", "Update at the same epoch", updating(func(_ *byHand, u *phoneauth.UserUpdate) { u.KeepEpoch = false })},
	{"KeepEpoch sets UpdatedAt", "Update at the same epoch", updated(func(u phoneauth.UserUpdate, _ phoneauth.User, after *phoneauth.User) { after.UpdatedAt = u.Now.UTC() })},
	{"KeepEpoch asks no epoch", "Update at the same epoch", updating(func(_ *byHand, u *phoneauth.UserUpdate) {
		if u.KeepEpoch {
			u.Epoch = phoneauth.AnyEpoch
		}
	})},
	{"Update keeps the phone before", "Update replaces the phone", func(w *broken, s *byHand) {
		before := map[phoneauth.Phone]string{}
		updating(func(s *byHand, u *phoneauth.UserUpdate) {
			if u.Phone != nil {
				before[s.users[u.UserID].Phone] = u.UserID
			}
		})(w, s)
		w.phoned = func(p phoneauth.Phone) (phoneauth.User, error) {
			if id, ok := before[p]; ok {
				return s.UserByID(ctx, id)
			}
			return s.UserByPhone(ctx, p)
		}
	}},
	{"Update takes a phone away", "Update to a phone that is taken", updating(func(s *byHand, u *phoneauth.UserUpdate) {
		if u.Phone != nil {
			if owner := s.byPhone(*u.Phone); owner.ID != u.UserID {
				delete(s.users, owner.ID)
			}
		}
	})},
	{"Update refused has raised the epoch", "Update to a phone that is taken", refusingUpdate(func(s *byHand, u phoneauth.UserUpdate, err *error) {
		if before, ok := s.users[u.UserID]; ok && errors.Is(*err, phoneauth.ErrPhoneTaken) {
			s.change(&before, func(user *phoneauth.User) { user.Epoch++ })
		}
	})},
	{"Update refused has set the hash", "Update to a phone that is taken", refusingUpdate(func(s *byHand, u phoneauth.UserUpdate, err *error) {
		if before, ok := s.users[u.UserID]; ok && u.PasswordHash != nil {
			s.change(&before, func(user *phoneauth.User) { user.PasswordHash = *u.PasswordHash })
		}
	})},
	{"a phone is asked before the epoch", "Update to a phone that is taken, at another epoch", refusingUpdate(func(s *byHand, u phoneauth.UserUpdate, err *error) {
		if u.Phone != nil {
			if owner := s.byPhone(*u.Phone); owner.ID != "" && owner.ID != u.UserID {
				*err = phoneauth.ErrPhoneTaken
			}
		}
	})},
	{"the own phone is taken", "Update to the own phone", func(w *broken, s *byHand) {
		w.update = func(u phoneauth.UserUpdate) (phoneauth.User, error) {
			if u.Phone != nil && s.byPhone(*u.Phone).ID != "" {
				return phoneauth.User{}, phoneauth.ErrPhoneTaken
			}
			return s.UpdateUser(ctx, u)
		}
	}},
	{"Update never unblocks", "Update blocks and unblocks", updated(func(_ phoneauth.UserUpdate, before phoneauth.User, after *phoneauth.User) {
		after.Blocked = after.Blocked || before.Blocked
	})},
	{"Update never unlocks", "Update locks and unlocks", updated(func(_ phoneauth.UserUpdate, before phoneauth.User, after *phoneauth.User) {
		after.Locked = after.Locked || before.Locked
	})},
	{"a lock is a block", "Update locks and unlocks", updated(func(u phoneauth.UserUpdate, _ phoneauth.User, after *phoneauth.User) {
		if u.Locked != nil {
			after.Blocked = *u.Locked
		}
	})},
	{"nil is zero", "Update keeps what is nil", updated(func(u phoneauth.UserUpdate, _ phoneauth.User, after *phoneauth.User) {
		if u.Blocked == nil {
			after.Blocked = false
		}
	})},
	{"a nil hash is none", "Update keeps what is nil", updated(func(u phoneauth.UserUpdate, _ phoneauth.User, after *phoneauth.User) {
		if u.PasswordHash == nil {
			after.PasswordHash = ""
		}
	})},
	{"updates of a hash raise no epoch", "updates raise the epoch", updated(func(u phoneauth.UserUpdate, before phoneauth.User, after *phoneauth.User) {
		if u.PasswordHash != nil && u.Phone == nil {
			after.Epoch = before.Epoch
		}
	})},
	{"updates of a phone raise no epoch", "updates raise the epoch", updated(func(u phoneauth.UserUpdate, before phoneauth.User, after *phoneauth.User) {
		if u.Phone != nil && u.PasswordHash == nil {
			after.Epoch = before.Epoch
		}
	})},
	{"updates of a lock raise no epoch", "updates raise the epoch", updated(func(u phoneauth.UserUpdate, before phoneauth.User, after *phoneauth.User) {
		if u.Locked != nil && u.Phone == nil {
			after.Epoch = before.Epoch
		}
	})},
	{"each field raises the epoch", "updates raise the epoch", updated(func(u phoneauth.UserUpdate, before phoneauth.User, after *phoneauth.User) {
		if u.Phone != nil && u.PasswordHash != nil {
			after.Epoch++
		}
	})},
	{"what stays raises no epoch", "an update of nothing raises the epoch", updated(func(_ phoneauth.UserUpdate, before phoneauth.User, after *phoneauth.User) {
		same := *after
		same.Epoch, same.UpdatedAt = before.Epoch, before.UpdatedAt
		if same == before {
			*after = before
		}
	})},
	{"updates leave UpdatedAt", "updates set UpdatedAt", updated(func(_ phoneauth.UserUpdate, before phoneauth.User, after *phoneauth.User) {
		after.UpdatedAt = before.UpdatedAt
	})},
	{"UpdatedAt is the later of two", "UpdatedAt with the time going back", updated(func(_ phoneauth.UserUpdate, before phoneauth.User, after *phoneauth.User) {
		after.UpdatedAt = later(before.UpdatedAt, after.UpdatedAt)
	})},
	{"updates ask no epoch", "updates at another epoch", updating(func(_ *byHand, u *phoneauth.UserUpdate) { u.Epoch = phoneauth.AnyEpoch })},
	{"updates of a block ask no epoch", "updates at another epoch", updating(func(_ *byHand, u *phoneauth.UserUpdate) {
		if u.Blocked != nil && u.Phone == nil {
			u.Epoch = phoneauth.AnyEpoch
		}
	})},
	{"updates know no AnyEpoch", "updates at any epoch", updating(func(_ *byHand, u *phoneauth.UserUpdate) {
		if u.Epoch == phoneauth.AnyEpoch {
			u.Epoch = 0
		}
	})},
	{"updates of nobody are stale", "updates of nobody", refusingUpdate(func(_ *byHand, _ phoneauth.UserUpdate, err *error) {
		if errors.Is(*err, phoneauth.ErrNotFound) {
			*err = phoneauth.ErrStale
		}
	})},
	{"the zone of an update comes back", "users come back in UTC", updated(func(_ phoneauth.UserUpdate, _ phoneauth.User, after *phoneauth.User) {
		after.UpdatedAt = after.UpdatedAt.In(elsewhere)
	})},
	{"updates read the clock", "users far from now", updated(func(_ phoneauth.UserUpdate, _ phoneauth.User, after *phoneauth.User) {
		after.UpdatedAt = time.Now().UTC().Truncate(tick)
	})},
	{"hashes are cut", "a user without a password", updated(func(_ phoneauth.UserUpdate, _ phoneauth.User, after *phoneauth.User) {
		after.PasswordHash = after.PasswordHash[:min(255, len(after.PasswordHash))]
	})},
	{"Delete keeps the phone", "Delete frees the phone", func(w *broken, s *byHand) {
		gone := map[phoneauth.Phone]phoneauth.User{}
		w.deleteUser = func(id string) error {
			gone[s.users[id].Phone] = s.users[id]
			return s.DeleteUser(ctx, id)
		}
		w.phoned = func(p phoneauth.Phone) (phoneauth.User, error) {
			if user, ok := gone[p]; ok {
				return user, nil
			}
			return s.UserByPhone(ctx, p)
		}
	}},
	{"Delete only hides", "Delete removes the user", func(w *broken, s *byHand) {
		w.deleteUser = func(id string) error {
			if user, ok := s.users[id]; ok {
				s.change(&user, func(user *phoneauth.User) { user.Phone = phoneauth.Phone{} })
			}
			return nil
		}
	}},
	{"Delete of nobody is an error", "Delete of nobody", func(w *broken, s *byHand) {
		w.deleteUser = func(id string) error {
			if _, ok := s.users[id]; !ok {
				return phoneauth.ErrNotFound
			}
			return s.DeleteUser(ctx, id)
		}
	}},
	{"ids are used again", "ids are not used again", func(w *broken, s *byHand) {
		w.deleteUser = func(id string) error {
			if id == strconv.Itoa(s.lastID) {
				s.lastID--
			}
			return s.DeleteUser(ctx, id)
		}
	}},
}
