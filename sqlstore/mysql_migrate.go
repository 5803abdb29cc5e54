package sqlstore

import (
	"context"
)

// migrateMySQL applies the files that are missing. MySQL commits every statement about tables by
// itself, so there is no transaction. Every statement makes only what is missing: whoever was
// killed midway is followed by somebody who does the rest, and callers at once do the same.
func (s *Store) migrateMySQL(ctx context.Context, names []string) error {
	for _, statement := range s.preparation() {
		if err := again(ctx, func() error { _, err := s.db.ExecContext(ctx, statement); return err }); err != nil {
			return err
		}
	}
	done, err := s.applied(ctx, s.db)
	if err != nil {
		return err
	}
	for _, name := range missing(names, done) {
		err := again(ctx, func() error { return s.apply(ctx, s.db, MySQL, name) })
		if err != nil && !duplicate(err) { // another caller has recorded the file
			return err
		}
	}
	return nil
}
