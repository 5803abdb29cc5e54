package boltstore

import (
	"context"
	"strconv"
	"time"

	"github.com/phoneauth/phoneauth"
)

// userRecord is a user as it is stored. Its Phone and PasswordHash take the place of those
// of User, which encoding/json would write masked.
type userRecord struct {
	phoneauth.User
	Phone, PasswordHash string
}

// userAt returns the user with this key. ErrNotFound: there is none.
func (t *tx) userAt(key string) (phoneauth.User, error) {
	r, ok := load[userRecord](t, key)
	if !ok {
		return phoneauth.User{}, phoneauth.ErrNotFound
	}
	u := r.Value
	u.User.Phone, u.User.PasswordHash = phoneauth.StoredPhone(u.Phone), phoneauth.Secret(u.PasswordHash)
	return u.User, nil
}

// userOf returns the user who has p. ErrNotFound: nobody has.
func (t *tx) userOf(p phoneauth.Phone) (phoneauth.User, error) {
	keys := t.find(all(entry("phone", p.E164())))
	if len(keys) == 0 {
		return phoneauth.User{}, phoneauth.ErrNotFound
	}
	return t.userAt(keys[0])
}

// putUser stores u, and gives a new one its ID. The sequence of a bucket never goes back.
func (t *tx) putUser(u phoneauth.User) phoneauth.User {
	if u.ID == "" {
		n, err := t.records.NextSequence()
		t.note(err)
		u.ID = strconv.FormatUint(n, 10)
	}
	t.put(user+u.ID, userRecord{u, u.Phone.E164(), string(u.PasswordHash)}, entry("phone", u.Phone.E164()))
	return u
}

func (s *Store) SignInUser(ctx context.Context, in phoneauth.SignIn) (phoneauth.SignedIn, error) {
	return transact(ctx, s.update, "sign in user", func(t *tx) (phoneauth.SignedIn, error) {
		found, _ := t.userOf(in.Phone) // the zero User where there is none
		signedIn, err := in.Run(found)
		if err == nil && signedIn.First {
			signedIn.User = t.putUser(signedIn.User)
		}
		return signedIn, err
	})
}

func (s *Store) UserByID(ctx context.Context, id string) (phoneauth.User, error) {
	return transact(ctx, s.view, "user by id", func(t *tx) (phoneauth.User, error) { return t.userAt(user + id) })
}

func (s *Store) UserByPhone(ctx context.Context, p phoneauth.Phone) (phoneauth.User, error) {
	return transact(ctx, s.view, "user by phone", func(t *tx) (phoneauth.User, error) { return t.userOf(p) })
}

func (s *Store) UpdateUser(ctx context.Context, u phoneauth.UserUpdate) (phoneauth.User, error) {
	return transact(ctx, s.update, "update user", func(t *tx) (phoneauth.User, error) {
		found, err := t.userAt(user + u.UserID)
		if err != nil {
			return phoneauth.User{}, err
		}
		changed, err := u.Apply(found)
		if err != nil {
			return phoneauth.User{}, err
		}
		if owner, err := t.userOf(changed.Phone); err == nil && owner.ID != changed.ID {
			return phoneauth.User{}, phoneauth.ErrPhoneTaken
		}
		return t.putUser(changed), nil
	})
}

func (s *Store) ImportUsers(ctx context.Context, users []phoneauth.UserImport, now time.Time) ([]phoneauth.ImportedUser, error) {
	return transact(ctx, s.update, "import users", func(t *tx) ([]phoneauth.ImportedUser, error) {
		imported := make([]phoneauth.ImportedUser, len(users))
		for i, u := range users {
			found, err := t.userOf(u.Phone)
			if err != nil {
				found = t.putUser(u.Apply(now))
			}
			imported[i] = phoneauth.ImportedUser{User: found, Created: err != nil}
		}
		return imported, nil
	})
}

func (s *Store) DeleteUser(ctx context.Context, id string) error {
	return s.do(ctx, "delete user", func(t *tx) error { t.delete(user + id); return nil })
}
