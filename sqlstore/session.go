package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/phoneauth/phoneauth"
)

const sessionColumns = "id, user_id, epoch, device_id, digest, previous, amr, by_password, client, place," +
	" auth_time, created_at, rotated_at, idle_until, expires_at"

func scanSession(scan func(into ...any) error) (r phoneauth.SessionRecord, err error) {
	var id, userID, deviceID, amr, client, place []byte
	var auth, created, rotated, idle, expires int64
	err = scan(&id, &userID, &r.Epoch, &deviceID, &r.Digest, &r.Previous, &amr, &r.ByPassword, &client, &place,
		&auth, &created, &rotated, &idle, &expires)
	if err == nil && len(amr) > 0 {
		err = json.Unmarshal(amr, &r.AMR)
	}
	if err != nil {
		return phoneauth.SessionRecord{}, err
	}
	r.ID, r.UserID, r.DeviceID = string(id), string(userID), string(deviceID)
	r.Client, r.Place = string(client), string(place)
	r.AuthTime, r.CreatedAt, r.RotatedAt = instant(auth), instant(created), instant(rotated)
	r.IdleUntil, r.ExpiresAt = instant(idle), instant(expires)
	return r, nil
}

// session runs q, whose row has sessionColumns: ErrNotFound if there is none.
func (q *query) session(ctx context.Context, on querier) (phoneauth.SessionRecord, error) {
	r, err := scanSession(func(into ...any) error { return q.row(ctx, on, into...) })
	return r, notFound(err)
}

// notFound returns err, or ErrNotFound if it says that there is no row.
func notFound(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return phoneauth.ErrNotFound
	}
	return err
}

// sessions runs q, whose rows have sessionColumns.
func (q *query) sessions(ctx context.Context, on querier) (all []phoneauth.SessionRecord, err error) {
	err = q.rows(ctx, on, func(scan func(into ...any) error) error {
		r, err := scanSession(scan)
		all = append(all, r)
		return err
	})
	return all, err
}

// SessionByID implements [phoneauth.SessionStore].
func (s *Store) SessionByID(ctx context.Context, id string, now time.Time) (phoneauth.SessionRecord, error) {
	r, err := s.sessionByID(id).session(ctx, s.on)
	if err == nil && !r.Live(now) {
		err = phoneauth.ErrNotFound
	}
	if err != nil {
		return phoneauth.SessionRecord{}, failed("session by id", err)
	}
	return r, nil
}

func (s *Store) sessionByID(id string) *query {
	return s.query("SELECT "+sessionColumns+" FROM "+s.table.sessions+" WHERE id = ?", []byte(id))
}

// UserSessions implements [phoneauth.SessionStore].
func (s *Store) UserSessions(ctx context.Context, userID string, now time.Time) ([]phoneauth.SessionRecord, error) {
	live, err := s.liveSessions(userID, now).sessions(ctx, s.on)
	if err != nil {
		return nil, failed("user sessions", err)
	}
	slices.SortFunc(live, phoneauth.ByLastUse)
	return live, nil
}

// ofLive ends a statement about the live sessions of a user.
const ofLive = " WHERE user_id = ? AND idle_until > ? AND expires_at > ?"

func (s *Store) liveSessions(userID string, now time.Time) *query {
	us := now.UnixMicro()
	return s.query("SELECT "+sessionColumns+" FROM "+s.table.sessions+ofLive, []byte(userID), us, us)
}

// RotateSession implements [phoneauth.SessionStore]. The rotation itself is one guarded
// statement; what else there is to say takes a read, and reuse a write that is guarded
// by what was read.
func (s *Store) RotateSession(ctx context.Context, r phoneauth.Rotation) (phoneauth.SessionRecord, error) {
	const step = "rotate session"
	none := phoneauth.SessionRecord{}
	if !s.returning {
		return s.rotateGuarded(ctx, step, r)
	}
	for range mostTries {
		next, err := s.exchanged(ctx, step, r)
		if !errors.Is(err, phoneauth.ErrNotFound) {
			return next, err
		}
		was, err := s.sessionByID(r.ID).session(ctx, s.on)
		if err != nil {
			return none, failed(step, err)
		}
		switch session, write, err := r.Apply(was); {
		case errors.Is(err, phoneauth.ErrNotFound):
			return none, err
		case !write:
			return session, nil
		case err == nil:
			continue // it was rotated twice meanwhile, by another and then to this digest
		}
		ended, err := s.endUnchanged(ctx, step, &was)
		switch {
		case err != nil:
			return none, err
		case ended:
			return was, phoneauth.ErrReused
		}
	}
	return none, failed(step, errRows)
}

// RefreshSession implements [phoneauth.Refresher]. It is one statement on PostgreSQL, where the store
// has users and sessions. Else it does nothing.
func (s *Store) RefreshSession(ctx context.Context, ofUser, uuid string, r phoneauth.Rotation) (u phoneauth.User, next phoneauth.SessionRecord, err error) {
	id, ok := userID(ofUser)
	if !ok || s.speech != &postgres || !s.has(Users) || !s.has(Sessions) || len(r.Digest) == 0 {
		return u, next, phoneauth.ErrNotFound
	}
	q := s.query("WITH u AS (SELECT "+userColumns+" FROM "+s.table.users+" WHERE id = ? AND uuid = ? AND NOT blocked AND NOT locked), s AS (", id, uuid)
	s.exchange(q, &r).add(" AND user_id = ? AND epoch = (SELECT u.epoch FROM u) RETURNING "+sessionColumns+") SELECT * FROM s, u", []byte(ofUser))
	err = s.write(ctx, "refresh session", func(on querier) error {
		var row userRow
		if next, err = scanSession(func(into ...any) error { return q.row(ctx, on, append(into, row.into()...)...) }); err != nil {
			return notFound(err)
		}
		u = row.user()
		return nil
	})
	return u, next, err
}

// exchange appends the UPDATE of the session whose digest is that of r.
func (s *Store) exchange(q *query, r *phoneauth.Rotation) *query {
	now, idle := r.Now.UnixMicro(), r.IdleUntil.UnixMicro()
	return q.add("UPDATE "+s.table.sessions+" SET previous = digest, digest = ?, rotated_at = ?, idle_until = ?, due = "+s.least+"(?, expires_at / ?),"+
		" client = ?, place = ? WHERE id = ? AND digest = ? AND idle_until > ? AND expires_at > ?",
		r.Next, now, idle, int64(due(idle, day)), day, []byte(r.Client), []byte(r.Place),
		[]byte(r.ID), r.Digest, now, now)
}

// exchanged returns the rotation with the digest that is good: ErrNotFound if it is not.
func (s *Store) exchanged(ctx context.Context, step string, r phoneauth.Rotation) (next phoneauth.SessionRecord, err error) {
	if len(r.Digest) == 0 {
		return next, phoneauth.ErrNotFound
	}
	err = s.write(ctx, step, func(q querier) (err error) {
		next, err = s.exchange(s.query(""), &r).add(" RETURNING "+sessionColumns).session(ctx, q)
		return err
	})
	return next, err
}

// endUnchanged removes the session, if it is still as it was.
func (s *Store) endUnchanged(ctx context.Context, step string, was *phoneauth.SessionRecord) (ended bool, err error) {
	return s.endOne(ctx, step, was.UserID, s.query("DELETE FROM "+s.table.sessions+" WHERE id = ? AND digest = ? AND previous = ? AND idle_until = ?",
		[]byte(was.ID), was.Digest, was.Previous, was.IdleUntil.UnixMicro()))
}

// EndSession implements [phoneauth.SessionStore].
func (s *Store) EndSession(ctx context.Context, userID, id string) error {
	ended, err := s.endOne(ctx, "end session", userID, s.query("DELETE FROM "+s.table.sessions+" WHERE id = ? AND user_id = ?", []byte(id), []byte(userID)))
	if err == nil && !ended {
		err = phoneauth.ErrNotFound
	}
	return err
}

// endOne runs del, which removes a session of the user. On PostgreSQL it takes its turn with CreateSession in the
// same statement: who has counted the sessions, and chosen which must end, locks none of the others.
func (s *Store) endOne(ctx context.Context, step, ofUser string, del *query) (ended bool, err error) {
	if s.speech == &postgres {
		del.add(" AND "+absentLock+"(?) IS NOT NULL", turnOf(s.userTurn(ofUser)))
	}
	err = s.write(ctx, step, func(q querier) error {
		n, err := del.exec(ctx, q)
		ended = n == 1
		return err
	})
	return ended, err
}

// EndUserSessions implements [phoneauth.SessionStore]. It takes turns with CreateSession:
// a statement that waited for a session to be ended by another would not see the one that
// came in its place.
func (s *Store) EndUserSessions(ctx context.Context, userID, exceptID string) error {
	return s.atomicallyFor(ctx, "end user sessions", s.userTurn(userID), func(q querier) error {
		if err := s.takeTurn(ctx, s, q, s.userTurn(userID)); err != nil {
			return err
		}
		_, err := s.query("DELETE FROM "+s.table.sessions+" WHERE user_id = ? AND id <> ?", []byte(userID), []byte(exceptID)).exec(ctx, q)
		return err
	})
}
