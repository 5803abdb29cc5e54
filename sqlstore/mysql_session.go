package sqlstore

import (
	"context"
	"errors"

	"github.com/phoneauth/phoneauth"
)

// rotateGuarded is RotateSession: it reads the session, and writes what
// [phoneauth.Rotation.Apply] says if nobody has written the row meanwhile. So a rotation is two
// round trips, and holds no lock between them.
func (s *Store) rotateGuarded(ctx context.Context, step string, r phoneauth.Rotation) (phoneauth.SessionRecord, error) {
	none := phoneauth.SessionRecord{}
	for range mostTries {
		was, revision, err := s.sessionRevision(ctx, r.ID)
		if err != nil {
			return none, failed(step, err)
		}
		next, write, answer := r.Apply(was)
		switch {
		case answer != nil && !errors.Is(answer, phoneauth.ErrReused):
			return none, answer
		case !write:
			return next, nil
		}
		q := s.rotation(&next, revision)
		if answer != nil {
			q = s.query("DELETE FROM "+s.table.sessions+" WHERE id = ? AND revision = ?", []byte(r.ID), revision)
		}
		var n int64
		err = s.write(ctx, step, func(on querier) (err error) {
			n, err = q.exec(ctx, on)
			return err
		})
		switch {
		case err != nil:
			return none, err
		case n == 1:
			next.RotatedAt, next.IdleUntil = instant(next.RotatedAt.UnixMicro()), instant(next.IdleUntil.UnixMicro())
			return next, answer
		}
	}
	return none, failed(step, errRows)
}

// rotation writes what a rotation changes, if the row has this revision.
func (s *Store) rotation(next *phoneauth.SessionRecord, revision int64) *query {
	return s.query("UPDATE "+s.table.sessions+" SET revision = revision + 1, previous = ?, digest = ?, rotated_at = ?, idle_until = ?, due = ?,"+
		" client = ?, place = ? WHERE id = ? AND revision = ?",
		next.Previous, next.Digest, next.RotatedAt.UnixMicro(), next.IdleUntil.UnixMicro(), due(next.End().UnixMicro(), day),
		[]byte(next.Client), []byte(next.Place), []byte(next.ID), revision)
}

// sessionRevision returns a session and the revision of its row.
func (s *Store) sessionRevision(ctx context.Context, id string) (r phoneauth.SessionRecord, revision int64, err error) {
	q := s.query("SELECT revision, "+sessionColumns+" FROM "+s.table.sessions+" WHERE id = ?", []byte(id))
	r, err = scanSession(func(into ...any) error { return q.row(ctx, s.db, append([]any{&revision}, into...)...) })
	return r, revision, notFound(err)
}
