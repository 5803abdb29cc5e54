package sqlstore

import (
	"context"
	"iter"
	"strconv"

	"github.com/phoneauth/phoneauth"
)

// pageOfUsers is how many users one statement of AllUsers reads.
const pageOfUsers = 1000

// AllUsers yields every user, by rising ID, for an export. It reads them by pages of 1,000, each
// a statement of its own, so it keeps one page in memory and locks nothing. An error is yielded
// last, with the zero User; it is that of the database or of ctx.
//
// It is not of one moment: a user who is changed or deleted meanwhile is yielded as before or as
// after it, and one who is created meanwhile may be left out.
func (s *Store) AllUsers(ctx context.Context) iter.Seq2[phoneauth.User, error] {
	return func(yield func(phoneauth.User, error) bool) {
		for after := int64(0); ; {
			page, err := s.usersAfter(ctx, after)
			if err != nil {
				yield(phoneauth.User{}, failed("all users", err))
				return
			}
			for _, u := range page {
				if !yield(u, nil) {
					return
				}
			}
			if len(page) < pageOfUsers {
				return
			}
			if after, err = strconv.ParseInt(page[len(page)-1].ID, 10, 64); err != nil {
				yield(phoneauth.User{}, failed("all users", err))
				return
			}
		}
	}
}

// usersAfter returns the next page after an id.
func (s *Store) usersAfter(ctx context.Context, id int64) ([]phoneauth.User, error) {
	page := make([]phoneauth.User, 0, pageOfUsers)
	q := s.query("SELECT "+userColumns+" FROM "+s.table.users+" WHERE id > ? ORDER BY id LIMIT "+strconv.Itoa(pageOfUsers), id)
	err := q.rows(ctx, s.db, func(scan func(into ...any) error) error {
		u, err := scanUser(scan)
		page = append(page, u)
		return err
	})
	return page, err
}
