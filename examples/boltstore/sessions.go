package boltstore

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/phoneauth/phoneauth"
)

func (t *tx) putSession(r phoneauth.SessionRecord) {
	inUTC(&r.AuthTime, &r.CreatedAt, &r.RotatedAt, &r.IdleUntil, &r.ExpiresAt)
	t.put(session+r.ID, r, ends(r.End().UnixMicro()), entry("sessions of", r.UserID))
}

// live returns the live sessions of a user, newest use first.
func (t *tx) live(userID string, now time.Time) (live []phoneauth.SessionRecord) {
	for _, key := range t.find(all(entry("sessions of", userID))) {
		if r := get[phoneauth.SessionRecord](t, key); r.Live(now) {
			live = append(live, r)
		}
	}
	slices.SortFunc(live, phoneauth.ByLastUse)
	return live
}

func (s *Store) CreateSession(ctx context.Context, n phoneauth.NewSession) (phoneauth.SessionRecord, error) {
	return transact(ctx, s.update, "create session", func(t *tx) (evicted phoneauth.SessionRecord, err error) {
		if _, ok := load[phoneauth.SessionRecord](t, session+n.Session.ID); ok {
			return evicted, errors.New("the ID of the session is not new")
		}
		oldest, err := n.Evict(t.live(n.Session.UserID, n.Now))
		if err != nil {
			return evicted, err
		}
		if oldest != nil {
			evicted = *oldest
			t.delete(session + evicted.ID)
		}
		t.putSession(n.Session)
		return evicted, nil
	})
}

func (s *Store) SessionByID(ctx context.Context, id string, now time.Time) (phoneauth.SessionRecord, error) {
	return transact(ctx, s.view, "session by id", func(t *tx) (phoneauth.SessionRecord, error) {
		if r := get[phoneauth.SessionRecord](t, session+id); r.Live(now) {
			return r, nil
		}
		return phoneauth.SessionRecord{}, phoneauth.ErrNotFound
	})
}

func (s *Store) UserSessions(ctx context.Context, userID string, now time.Time) ([]phoneauth.SessionRecord, error) {
	return transact(ctx, s.view, "user sessions", func(t *tx) ([]phoneauth.SessionRecord, error) { return t.live(userID, now), nil })
}

// RotateSession hands the zero record to the step where there is no session: that one is
// not live either.
func (s *Store) RotateSession(ctx context.Context, r phoneauth.Rotation) (phoneauth.SessionRecord, error) {
	return transact(ctx, s.update, "rotate session", func(t *tx) (phoneauth.SessionRecord, error) {
		next, write, err := r.Apply(get[phoneauth.SessionRecord](t, session+r.ID))
		if write && err == nil {
			t.putSession(next)
		} else if write {
			t.delete(session + r.ID)
		}
		return next, err
	})
}

func (s *Store) EndSession(ctx context.Context, userID, id string) error {
	return s.do(ctx, "end session", func(t *tx) error {
		if r := get[phoneauth.SessionRecord](t, session+id); r.ID == "" || r.UserID != userID {
			return phoneauth.ErrNotFound
		}
		t.delete(session + id)
		return nil
	})
}

func (s *Store) EndUserSessions(ctx context.Context, userID, exceptID string) error {
	return s.do(ctx, "end user sessions", func(t *tx) error {
		except := func(key string) bool { return key == session+exceptID }
		t.delete(slices.DeleteFunc(t.find(all(entry("sessions of", userID))), except)...)
		return nil
	})
}
