package memstore

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/phoneauth/phoneauth"
)

// user is an account. What it points to is never changed, but replaced.
type user struct{ *phoneauth.User }

func (user) end() int64 { return never }

func (u user) size() int {
	const itself = 160
	return itself + allocated(len(u.ID)) + allocated(len(u.UUID)) +
		allocated(len(u.Phone.E164())) + allocated(len(u.PasswordHash))
}

// link names a record of another table.
type link key

func (link) end() int64 { return never }
func (link) size() int  { return 0 }

// SignInUser implements [phoneauth.UserStore]. Ids are decimal numbers from 1 up.
func (s *Store) SignInUser(_ context.Context, in phoneauth.SignIn) (phoneauth.SignedIn, error) {
	phone := s.key(in.Phone.E164())
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep(in.Now.UnixMicro())
	found, _ := s.byPhone(phone) // of epoch 0, if there is none
	return s.signIn(phone, in, found)
}

// signIn is SignInUser where found is the user of phone, or the zero User.
func (s *Store) signIn(phone key, in phoneauth.SignIn, found phoneauth.User) (phoneauth.SignedIn, error) {
	in.Now = utc(in.Now)
	if err := in.Refusal(found); err != nil {
		if errors.Is(err, phoneauth.ErrBlocked) || errors.Is(err, phoneauth.ErrLocked) {
			return phoneauth.SignedIn{User: found}, err
		}
		return phoneauth.SignedIn{}, err
	}
	out := in.Apply(found)
	switch {
	case out.Created:
		if !s.createUser(phone, &out.User) {
			return phoneauth.SignedIn{}, ErrFull
		}
	case out.First:
		s.users.put(s.key(out.User.ID), user{own(out.User)})
	}
	return out, nil
}

// byPhone returns the user with this phone, or the zero User.
func (s *Store) byPhone(phone key) (u phoneauth.User, ok bool) {
	id, ok := s.phones.get(phone)
	if ok {
		found, _ := s.users.get(key(id))
		u = *found.User
	}
	return u, ok
}

// createUser stores a new user and gives it an ID. It is false if there is no room.
func (s *Store) createUser(phone key, u *phoneauth.User) bool {
	u.ID = strconv.FormatInt(s.lastID+1, 10)
	created := user{own(*u)}
	if !s.fits(usage{1, s.users.cost(created) + s.phones.each()}, s.open) {
		return false
	}
	s.lastID++
	id := s.key(u.ID)
	s.phones.put(phone, link(id))
	s.users.put(id, created)
	return true
}

// own returns u with strings of its own. A string may be a small part of a large one, such as a
// request.
func own(u phoneauth.User) *phoneauth.User {
	u.UUID = strings.Clone(u.UUID)
	u.Phone = phoneauth.StoredPhone(strings.Clone(u.Phone.E164()))
	u.PasswordHash = phoneauth.Secret(strings.Clone(string(u.PasswordHash)))
	return &u
}

// UserByID implements [phoneauth.UserStore].
func (s *Store) UserByID(_ context.Context, id string) (phoneauth.User, error) {
	k := s.key(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	if u, ok := s.users.get(k); ok {
		return *u.User, nil
	}
	return phoneauth.User{}, phoneauth.ErrNotFound
}

// UserByPhone implements [phoneauth.UserStore].
func (s *Store) UserByPhone(_ context.Context, p phoneauth.Phone) (phoneauth.User, error) {
	k := s.key(p.E164())
	s.mu.Lock()
	defer s.mu.Unlock()
	if u, ok := s.byPhone(k); ok {
		return u, nil
	}
	return phoneauth.User{}, phoneauth.ErrNotFound
}

// UpdateUser implements [phoneauth.UserStore].
func (s *Store) UpdateUser(_ context.Context, update phoneauth.UserUpdate) (phoneauth.User, error) {
	k := s.key(update.UserID)
	update.Now = utc(update.Now)

	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep(update.Now.UnixMicro())
	old, ok := s.users.get(k)
	if !ok {
		return phoneauth.User{}, phoneauth.ErrNotFound
	}
	u, err := update.Apply(*old.User)
	if err != nil {
		return phoneauth.User{}, err
	}
	phone := s.key(u.Phone.E164())
	if owner, ok := s.phones.get(phone); ok && key(owner) != k {
		return phoneauth.User{}, phoneauth.ErrPhoneTaken
	}
	next := user{own(u)}
	if !s.fits(usage{0, next.size() - old.size()}, s.open) {
		return phoneauth.User{}, ErrFull
	}
	if u.Phone != old.Phone {
		s.phones.drop(s.key(old.Phone.E164()))
		s.phones.put(phone, link(k))
	}
	s.users.put(k, next)
	return u, nil
}

// ImportUsers implements [phoneauth.UserStore]. With [ErrFull] none is created.
func (s *Store) ImportUsers(_ context.Context, users []phoneauth.UserImport, now time.Time) ([]phoneauth.ImportedUser, error) {
	now = utc(now)
	phones := make([]key, len(users))
	for i := range users {
		phones[i] = s.key(users[i].Phone.E164())
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep(now.UnixMicro())
	imported := make([]phoneauth.ImportedUser, len(users))
	for i, u := range users {
		if known, ok := s.byPhone(phones[i]); ok {
			imported[i].User = known
			continue
		}
		u.CreatedAt = utc(u.CreatedAt)
		imported[i] = phoneauth.ImportedUser{User: u.Apply(now), Created: true}
		if !s.createUser(phones[i], &imported[i].User) {
			s.takeBack(imported[:i])
			return nil, ErrFull
		}
	}
	return imported, nil
}

// takeBack removes the users that an import has created.
func (s *Store) takeBack(imported []phoneauth.ImportedUser) {
	for i := range imported {
		if imported[i].Created {
			s.deleteUser(s.key(imported[i].User.ID))
		}
	}
}

// DeleteUser implements [phoneauth.UserStore].
func (s *Store) DeleteUser(_ context.Context, id string) error {
	k := s.key(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deleteUser(k)
	return nil
}

func (s *Store) deleteUser(k key) {
	if u, ok := s.users.get(k); ok {
		s.phones.drop(s.key(u.Phone.E164()))
		s.users.drop(k)
	}
}
