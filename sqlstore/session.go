package sqlstore

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/meter"
)

const sessionColumns = "id, user_id, epoch, device_id, digest, previous, amr, auth_time, created_at, rotated_at, idle_until, expires_at"

// session runs q, whose row has sessionColumns: ErrNotFound if there is none.
func (q *query) session(ctx context.Context, on querier) (r phoneauth.SessionRecord, err error) {
	var id, userID, deviceID, amr []byte
	var auth, created, rotated, idle, expires int64
	err = q.row(ctx, on, &id, &userID, &r.Epoch, &deviceID, &r.Digest, &r.Previous, &amr, &auth, &created, &rotated, &idle, &expires)
	if errors.Is(err, sql.ErrNoRows) {
		err = phoneauth.ErrNotFound
	}
	if err == nil && len(amr) > 0 {
		err = json.Unmarshal(amr, &r.AMR)
	}
	if err != nil {
		return phoneauth.SessionRecord{}, err
	}
	r.ID, r.UserID, r.DeviceID = string(id), string(userID), string(deviceID)
	r.AuthTime, r.CreatedAt, r.RotatedAt = meter.Instant(auth), meter.Instant(created), meter.Instant(rotated)
	r.IdleUntil, r.ExpiresAt = meter.Instant(idle), meter.Instant(expires)
	return r, nil
}

func live(r phoneauth.SessionRecord, now time.Time) bool {
	us := now.UnixMicro()
	return us < r.IdleUntil.UnixMicro() && us < r.ExpiresAt.UnixMicro()
}

// CreateSession implements [phoneauth.SessionStore]. An ID that is not new is an error.
func (s *Store) CreateSession(ctx context.Context, r phoneauth.SessionRecord) error {
	var amr []byte
	if len(r.AMR) > 0 {
		var err error
		if amr, err = json.Marshal(r.AMR); err != nil {
			return failed("create session", err)
		}
	}
	idle, expires := r.IdleUntil.UnixMicro(), r.ExpiresAt.UnixMicro()
	return s.write(ctx, "create session", func(q querier) error {
		_, err := s.query("INSERT INTO "+s.table.sessions+" ("+sessionColumns+", due) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			[]byte(r.ID), []byte(r.UserID), r.Epoch, []byte(r.DeviceID), r.Digest, r.Previous, amr,
			r.AuthTime.UnixMicro(), r.CreatedAt.UnixMicro(), r.RotatedAt.UnixMicro(), idle, expires, due(min(idle, expires), day)).
			exec(ctx, q)
		return err
	})
}

func (s *Store) sessionByID(id string) *query {
	return s.query("SELECT "+sessionColumns+" FROM "+s.table.sessions+" WHERE id = ?", []byte(id))
}

// SessionByID implements [phoneauth.SessionStore].
func (s *Store) SessionByID(ctx context.Context, id string, now time.Time) (phoneauth.SessionRecord, error) {
	r, err := s.sessionByID(id).session(ctx, s.db)
	if err == nil && !live(r, now) {
		err = phoneauth.ErrNotFound
	}
	if err != nil {
		return phoneauth.SessionRecord{}, failed("session by id", err)
	}
	return r, nil
}

// RotateSession implements [phoneauth.SessionStore]. The rotation itself is one guarded
// statement; what else there is to say takes a read, and reuse a write that is guarded
// by what was read.
func (s *Store) RotateSession(ctx context.Context, r phoneauth.Rotation) (phoneauth.SessionRecord, error) {
	const step = "rotate session"
	none := phoneauth.SessionRecord{}
	for range mostTries {
		next, err := s.exchanged(ctx, step, r)
		if !errors.Is(err, phoneauth.ErrNotFound) {
			return next, err
		}
		old, err := s.sessionByID(r.ID).session(ctx, s.db)
		switch {
		case err != nil:
			return none, failed(step, err)
		case !live(old, r.Now):
			return none, phoneauth.ErrNotFound
		case len(r.Digest) > 0 && bytes.Equal(r.Digest, old.Digest):
			continue // it was rotated twice meanwhile, by another and then to this digest
		case len(r.Digest) > 0 && bytes.Equal(r.Digest, old.Previous) &&
			r.Now.UnixMicro() < meter.Add(old.RotatedAt.UnixMicro(), meter.Micros(r.Grace)):
			return old, nil
		}
		var ended int64
		err = s.write(ctx, step, func(q querier) (err error) {
			ended, err = s.query("DELETE FROM "+s.table.sessions+" WHERE id = ? AND digest = ? AND previous = ? AND idle_until = ?",
				[]byte(r.ID), old.Digest, old.Previous, old.IdleUntil.UnixMicro()).exec(ctx, q)
			return err
		})
		switch {
		case err != nil:
			return none, err
		case ended == 1:
			return old, phoneauth.ErrReused
		}
	}
	return none, failed(step, errRows)
}

// exchanged is the rotation with the digest that is good: ErrNotFound if it is not.
func (s *Store) exchanged(ctx context.Context, step string, r phoneauth.Rotation) (next phoneauth.SessionRecord, err error) {
	if len(r.Digest) == 0 {
		return next, phoneauth.ErrNotFound
	}
	now, idle := r.Now.UnixMicro(), r.IdleUntil.UnixMicro()
	err = s.write(ctx, step, func(q querier) (err error) {
		next, err = s.query("UPDATE "+s.table.sessions+" SET previous = digest, digest = ?, rotated_at = ?, idle_until = ?, due = "+s.least+"(?, expires_at / ?)"+
			" WHERE id = ? AND digest = ? AND idle_until > ? AND expires_at > ? RETURNING "+sessionColumns,
			r.Next, now, idle, int64(due(idle, day)), day, []byte(r.ID), r.Digest, now, now).session(ctx, q)
		return err
	})
	return next, err
}

// EndSession implements [phoneauth.SessionStore].
func (s *Store) EndSession(ctx context.Context, id string) error {
	return s.write(ctx, "end session", func(q querier) error {
		_, err := s.query("DELETE FROM "+s.table.sessions+" WHERE id = ?", []byte(id)).exec(ctx, q)
		return err
	})
}

// EndUserSessions implements [phoneauth.SessionStore].
func (s *Store) EndUserSessions(ctx context.Context, userID, exceptID string) error {
	return s.write(ctx, "end user sessions", func(q querier) error {
		_, err := s.query("DELETE FROM "+s.table.sessions+" WHERE user_id = ? AND id <> ?", []byte(userID), []byte(exceptID)).exec(ctx, q)
		return err
	})
}
