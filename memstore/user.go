package memstore

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/meter"
)

// user is an account. What it points to is never changed, but replaced.
type user struct{ *phoneauth.User }

func (user) end() int64 { return never }

func (u user) size() int {
	const itself, link = 160, 66 // the link is the one from its phone
	return itself + link + allocated(len(u.ID)) + allocated(len(u.UUID)) +
		allocated(len(u.Phone.E164())) + allocated(len(u.PasswordHash))
}

// link names a record of another table.
type link key

func (link) end() int64 { return never }
func (link) size() int  { return 0 }

// SignInUser implements [phoneauth.UserStore]. Ids are decimal numbers from 1 up.
func (s *Store) SignInUser(_ context.Context, in phoneauth.SignIn) (phoneauth.SignedIn, error) {
	phone, now := s.key(in.Phone.E164()), utc(in.Now)
	created := phoneauth.User{
		// A string may be a small part of a large one, a request say.
		UUID:         strings.Clone(in.UUID),
		Phone:        phoneauth.StoredPhone(strings.Clone(in.Phone.E164())),
		PasswordHash: phoneauth.Secret(strings.Clone(string(in.PasswordHash))),
		CreatedAt:    now,
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep(now.UnixMicro())
	var u phoneauth.User // of epoch 0, if there is none
	id, exists := s.phones.get(phone)
	if exists {
		found, _ := s.users.get(key(id))
		u = *found.User
	}
	if err := in.Refusal(u); err != nil {
		return phoneauth.SignedIn{User: u}, err
	}
	if exists && !u.SignedInAt.IsZero() {
		return phoneauth.SignedIn{User: u}, nil
	}
	if !exists {
		u = created
		u.ID = strconv.FormatInt(s.lastID+1, 10)
		if !s.fits(usage{1, s.users.cost(user{&u})}, s.open) {
			return phoneauth.SignedIn{}, ErrFull
		}
		s.lastID++
		id = link(s.key(u.ID))
		s.phones.put(phone, id)
	}
	u.UpdatedAt, u.SignedInAt = now, now
	s.users.put(key(id), user{&u})
	return phoneauth.SignedIn{User: u, Created: !exists, First: true}, nil
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
	if id, ok := s.phones.get(k); ok {
		u, _ := s.users.get(key(id))
		return *u.User, nil
	}
	return phoneauth.User{}, phoneauth.ErrNotFound
}

// SetPassword implements [phoneauth.UserStore].
func (s *Store) SetPassword(_ context.Context, p phoneauth.PasswordUpdate) (phoneauth.User, error) {
	return s.update(p.UserID, p.Epoch, func(u *phoneauth.User, _ key) error {
		u.PasswordHash = phoneauth.Secret(strings.Clone(string(p.PasswordHash)))
		if !p.KeepEpoch {
			nextEpoch(u, p.Now)
		}
		return nil
	})
}

// SetPhone implements [phoneauth.UserStore].
func (s *Store) SetPhone(_ context.Context, p phoneauth.PhoneUpdate) (phoneauth.User, error) {
	phone := s.key(p.Phone.E164())
	return s.update(p.UserID, p.Epoch, func(u *phoneauth.User, id key) error {
		if owner, ok := s.phones.get(phone); ok && key(owner) != id {
			return phoneauth.ErrPhoneTaken
		}
		u.Phone = phoneauth.StoredPhone(strings.Clone(p.Phone.E164()))
		nextEpoch(u, p.Now)
		return nil
	})
}

// SetBlocked implements [phoneauth.UserStore].
func (s *Store) SetBlocked(_ context.Context, id string, blocked bool, now time.Time) (phoneauth.User, error) {
	return s.update(id, phoneauth.AnyEpoch, func(u *phoneauth.User, _ key) error {
		u.Blocked = blocked
		nextEpoch(u, now)
		return nil
	})
}

func nextEpoch(u *phoneauth.User, now time.Time) {
	u.Epoch++
	u.UpdatedAt = utc(now)
}

// update stores what change makes of the user, if the user is at epoch.
func (s *Store) update(id string, epoch int64, change func(*phoneauth.User, key) error) (phoneauth.User, error) {
	k := s.key(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	old, ok := s.users.get(k)
	if !ok {
		return phoneauth.User{}, phoneauth.ErrNotFound
	}
	if epoch != phoneauth.AnyEpoch && epoch != old.Epoch {
		return phoneauth.User{}, phoneauth.ErrStale
	}
	u := *old.User
	if err := change(&u, k); err != nil {
		return phoneauth.User{}, err
	}
	if !s.fits(usage{0, user{&u}.size() - old.size()}, s.open) {
		return phoneauth.User{}, ErrFull
	}
	if u.Phone != old.Phone {
		s.phones.drop(s.key(old.Phone.E164()))
		s.phones.put(s.key(u.Phone.E164()), link(k))
	}
	s.users.put(k, user{&u})
	return u, nil
}

// DeleteUser implements [phoneauth.UserStore].
func (s *Store) DeleteUser(_ context.Context, id string) error {
	k := s.key(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	if u, ok := s.users.get(k); ok {
		s.phones.drop(s.key(u.Phone.E164()))
		s.users.drop(k)
	}
	return nil
}

// utc is t as a store returns it: whole microseconds, and no other zone.
func utc(t time.Time) time.Time { return meter.Instant(t.UnixMicro()) }
