package sqlstore

import (
	"context"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/phoneauth/phoneauth"
)

// importBatch is how many users one statement creates or finds.
const importBatch = 200

// ImportUsers implements [phoneauth.UserStore], in one transaction.
func (s *Store) ImportUsers(ctx context.Context, users []phoneauth.UserImport, now time.Time) ([]phoneauth.ImportedUser, error) {
	if len(users) == 0 {
		return nil, nil
	}
	first := map[string]int{} // by phone: the one of users that creates its user, if one does
	for i := range users {
		if _, ok := first[users[i].Phone.E164()]; !ok {
			first[users[i].Phone.E164()] = i
		}
	}
	// All callers go through phones in one order, and lock who exists before they create: so two of them
	// come to no deadlock, nor does one with somebody who moves to another number.
	phones := slices.Sorted(maps.Keys(first))
	var made, found map[string]phoneauth.User
	err := s.atomically(ctx, "import users", func(q querier) (err error) {
		if !s.returning {
			made, found, err = s.importLocked(ctx, q, users, phones, now)
			return err
		}
		if found, err = s.lockUsers(ctx, q, phones); err != nil {
			return err
		}
		missing := without(phones, found)
		if made, err = s.createUsers(ctx, q, users, missing, now); err != nil {
			return err
		}
		if len(made) != len(missing) { // somebody came meanwhile
			return errRaced
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	imported := make([]phoneauth.ImportedUser, len(users))
	for i := range users {
		phone := users[i].Phone.E164()
		user, created := made[phone]
		if !created {
			user = found[phone]
		}
		imported[i] = phoneauth.ImportedUser{User: user, Created: created && first[phone] == i}
	}
	return imported, nil
}

// without returns those of phones that no user of found has.
func without(phones []string, found map[string]phoneauth.User) []string {
	return slices.DeleteFunc(slices.Clone(phones), func(phone string) bool { return found[phone].ID != "" })
}

// createUsers creates the users of phones, except those who exist, and returns whom it has
// created.
func (s *Store) createUsers(ctx context.Context, q querier, users []phoneauth.UserImport, phones []string, now time.Time) (map[string]phoneauth.User, error) {
	made := map[string]phoneauth.User{}
	for create := range s.creations(users, phones, now) {
		if err := create.users(ctx, q, made); err != nil {
			return nil, err
		}
	}
	return made, nil
}

// creations are the statements that create the users of phones.
func (s *Store) creations(users []phoneauth.UserImport, phones []string, now time.Time) iter.Seq[*query] {
	wanted := map[string]*phoneauth.User{}      // by phone
	for _, in := range slices.Backward(users) { // so that the first of a phone counts
		u := in.Apply(now)
		wanted[u.Phone.E164()] = &u
	}
	return func(yield func(*query) bool) {
		for batch := range slices.Chunk(phones, importBatch) {
			create := make([]*phoneauth.User, len(batch))
			for i, phone := range batch {
				create[i] = wanted[phone]
			}
			if !yield(s.creation(create...)) {
				return
			}
		}
	}
}

// lockUsers returns the users of phones, and locks them: they are so until the import is
// done.
func (s *Store) lockUsers(ctx context.Context, q querier, phones []string) (map[string]phoneauth.User, error) {
	in := lookup{s.table.users, "phone", "TEXT", userColumns}
	found := map[string]phoneauth.User{}
	for batch := range slices.Chunk(phones, importBatch) {
		keys := make([]any, len(batch))
		for i, phone := range batch {
			keys[i] = phone
		}
		if err := s.query("").lookUp(in, keys, nil).users(ctx, q, found); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// users runs q, whose rows have userColumns, and adds them to those by phone.
func (q *query) users(ctx context.Context, on querier, byPhone map[string]phoneauth.User) error {
	return q.rows(ctx, on, func(scan func(into ...any) error) error {
		u, err := scanUser(scan)
		byPhone[u.Phone.E164()] = u
		return err
	})
}
