package storetest

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/phoneauth/phoneauth"
)

// bringing is a store that imports other accounts than it was handed.
func bringing(change func(s *byHand, u *phoneauth.UserImport, now time.Time)) func(*broken, *byHand) {
	return func(w *broken, s *byHand) {
		w.importing = func(users []phoneauth.UserImport, now time.Time) ([]phoneauth.ImportedUser, error) {
			users = slices.Clone(users)
			for i := range users {
				change(s, &users[i], now)
			}
			return s.ImportUsers(ctx, users, now)
		}
	}
}

// brought is a store where an import comes to something else.
func brought(change func(s *byHand, users []phoneauth.UserImport, all *[]phoneauth.ImportedUser)) func(*broken, *byHand) {
	return func(w *broken, s *byHand) {
		w.importing = func(users []phoneauth.UserImport, now time.Time) ([]phoneauth.ImportedUser, error) {
			all, err := s.ImportUsers(ctx, users, now)
			change(s, users, &all)
			return all, err
		}
	}
}

// broughtEach is brought for each user that was created.
func broughtEach(change func(user *phoneauth.User)) func(*broken, *byHand) {
	return brought(func(s *byHand, _ []phoneauth.UserImport, all *[]phoneauth.ImportedUser) {
		for i := range *all {
			if (*all)[i].Created {
				s.change(&(*all)[i].User, change)
			}
		}
	})
}

var wrongImports = []wrongStore{
	{"an import makes UUIDs of its own", "Import creates users", bringing(func(_ *byHand, u *phoneauth.UserImport, _ time.Time) { u.UUID = uuid() })},
	{"an import is said in reverse", "Import creates users", brought(func(_ *byHand, _ []phoneauth.UserImport, all *[]phoneauth.ImportedUser) { slices.Reverse(*all) })},
	{"an import loses CreatedAt", "Import creates users", bringing(func(_ *byHand, u *phoneauth.UserImport, now time.Time) { u.CreatedAt = now })},
	{"an import was updated when it was made", "Import creates users", broughtEach(func(user *phoneauth.User) { user.UpdatedAt = user.CreatedAt })},
	{"an import says what it created only", "Import changes nobody", brought(func(_ *byHand, _ []phoneauth.UserImport, all *[]phoneauth.ImportedUser) {
		*all = slices.DeleteFunc(*all, func(u phoneauth.ImportedUser) bool { return !u.Created })
	})},
	{"an import of nobody is an error", "Import of nobody", func(w *broken, s *byHand) {
		w.importing = func(users []phoneauth.UserImport, now time.Time) ([]phoneauth.ImportedUser, error) {
			if len(users) == 0 {
				return nil, phoneauth.ErrNotFound
			}
			return s.ImportUsers(ctx, users, now)
		}
	}},
	{"an import without a time is of the year 1", "Import without a time", brought(func(s *byHand, users []phoneauth.UserImport, all *[]phoneauth.ImportedUser) {
		for i, u := range users {
			s.change(&(*all)[i].User, func(user *phoneauth.User) { user.CreatedAt = u.CreatedAt })
		}
	})},
	{"an import gives a password", "Import without a password", bringing(func(_ *byHand, u *phoneauth.UserImport, _ time.Time) { u.PasswordHash = cmp.Or(u.PasswordHash, "*") })},
	{"an import is a sign-in", "an imported user has not signed in", broughtEach(func(user *phoneauth.User) { user.SignedInAt = user.UpdatedAt })},
	{"an import overwrites", "Import changes nobody", bringing(func(s *byHand, u *phoneauth.UserImport, _ time.Time) {
		if user, ok := s.found(u.Phone); ok {
			s.change(&user, func(user *phoneauth.User) { user.UUID, user.PasswordHash = u.UUID, u.PasswordHash })
		}
	})},
	{"an import touches who is there", "Import changes nobody", bringing(func(s *byHand, u *phoneauth.UserImport, now time.Time) {
		if user, ok := s.found(u.Phone); ok {
			s.change(&user, func(user *phoneauth.User) { user.UpdatedAt = now })
		}
	})},
	{"an import stops at a phone that is taken", "Import changes nobody", func(w *broken, s *byHand) {
		w.importing = func(users []phoneauth.UserImport, now time.Time) ([]phoneauth.ImportedUser, error) {
			for _, u := range users {
				if _, ok := s.found(u.Phone); ok {
					return nil, phoneauth.ErrPhoneTaken
				}
			}
			return s.ImportUsers(ctx, users, now)
		}
	}},
	{"an import says Created each time", "Import again", brought(func(_ *byHand, _ []phoneauth.UserImport, all *[]phoneauth.ImportedUser) {
		for i := range *all {
			(*all)[i].Created = true
		}
	})},
	{"an import creates one phone twice", "Import of one phone twice", func(w *broken, s *byHand) {
		w.importing = func(users []phoneauth.UserImport, now time.Time) ([]phoneauth.ImportedUser, error) {
			var all []phoneauth.ImportedUser
			before := maps.Clone(s.users)
			for i := range users {
				now := maps.Clone(s.users)
				s.users = maps.Clone(before)
				one, _ := s.ImportUsers(ctx, users[i:i+1], start)
				maps.Copy(s.users, now)
				all = append(all, one...)
			}
			return all, nil
		}
	}},
	{"an import is of a hundred at most", "Import of many", func(w *broken, s *byHand) {
		w.importing = func(users []phoneauth.UserImport, now time.Time) ([]phoneauth.ImportedUser, error) {
			all, err := s.ImportUsers(ctx, users[:min(100, len(users))], now)
			return append(all, make([]phoneauth.ImportedUser, max(0, len(users)-100))...), err
		}
	}},
}
