package sqlstore

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/phoneauth/phoneauth"
)

// stored returns u with times as they are read.
func stored(u phoneauth.User) phoneauth.User {
	u.CreatedAt, u.UpdatedAt, u.SignedInAt = instant(u.CreatedAt.UnixMicro()), instant(u.UpdatedAt.UnixMicro()), instant(u.SignedInAt.UnixMicro())
	return u
}

// signInOnce is signInFirst without RETURNING.
func (s *Store) signInOnce(ctx context.Context, q querier, was *phoneauth.User, next phoneauth.SignedIn) (phoneauth.User, error) {
	user := stored(next.User)
	if !next.Created {
		n, err := s.firstSignIn(was, &user).exec(ctx, q)
		if err == nil && n == 0 {
			err = phoneauth.ErrNotFound
		}
		return user, err
	}
	insert := s.creation(&user)
	result, err := q.ExecContext(ctx, insert.sql(string(insert.text)), insert.args...)
	if duplicate(err) {
		return user, phoneauth.ErrNotFound
	}
	if err != nil {
		return user, err
	}
	id, err := result.LastInsertId()
	user.ID = strconv.FormatInt(id, 10)
	return user, err
}

// updateLocked is UpdateUser: it reads the user, locked, and writes what
// [phoneauth.UserUpdate.Apply] says.
func (s *Store) updateLocked(ctx context.Context, step string, id int64, u phoneauth.UserUpdate) (user phoneauth.User, err error) {
	err = s.atomically(ctx, step, func(q querier) error {
		was, err := s.userByID(id).add(s.forUpdate).user(ctx, q)
		if err != nil {
			return err
		}
		if user, err = u.Apply(was); err != nil {
			return err
		}
		_, err = s.update(id, u).exec(ctx, q)
		if duplicate(err) {
			return phoneauth.ErrPhoneTaken
		}
		return err
	})
	if err != nil {
		return phoneauth.User{}, err
	}
	return stored(user), nil
}

// importLocked creates the users of phones, and returns those it has created and those who
// exist, locked. It locks before it creates, in the order of phones both times.
func (s *Store) importLocked(ctx context.Context, q querier, users []phoneauth.UserImport, phones []string, now time.Time) (made, found map[string]phoneauth.User, err error) {
	if found, err = s.usersOf(ctx, q, phones, s.forUpdate); err != nil {
		return nil, nil, err
	}
	missing := without(phones, found)
	for create := range s.creations(users, missing, now) {
		if _, err := create.exec(ctx, q); err != nil {
			if duplicate(err) { // somebody came meanwhile
				err = errors.Join(errRaced, err)
			}
			return nil, nil, err
		}
	}
	made, err = s.usersOf(ctx, q, missing, "")
	return made, found, err
}

// usersOf returns the users of phones. lock ends the statement.
func (s *Store) usersOf(ctx context.Context, q querier, phones []string, lock string) (map[string]phoneauth.User, error) {
	found := map[string]phoneauth.User{}
	for batch := range slices.Chunk(phones, importBatch) {
		all := s.query("SELECT " + userColumns + " FROM " + s.table.users + " FORCE INDEX (" + s.table.users + "_phone) WHERE phone IN (")
		if err := all.addKeys(batch).add(") ORDER BY phone"+lock).users(ctx, q, found); err != nil {
			return nil, err
		}
	}
	return found, nil
}
