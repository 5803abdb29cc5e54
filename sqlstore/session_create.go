package sqlstore

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/phoneauth/phoneauth"
)

// newSessionValues returns those of sessionColumns and due.
func newSessionValues(r *phoneauth.SessionRecord) ([]any, error) {
	var amr []byte
	if len(r.AMR) > 0 {
		var err error
		if amr, err = json.Marshal(r.AMR); err != nil {
			return nil, err
		}
	}
	return []any{[]byte(r.ID), []byte(r.UserID), r.Epoch, []byte(r.DeviceID), r.Digest, r.Previous, amr,
		r.ByPassword, []byte(r.Client), []byte(r.Place),
		r.AuthTime.UnixMicro(), r.CreatedAt.UnixMicro(), r.RotatedAt.UnixMicro(), r.IdleUntil.UnixMicro(), r.ExpiresAt.UnixMicro(),
		due(r.End().UnixMicro(), day)}, nil
}

// CreateSession implements [phoneauth.SessionStore].
//
// Where sessions are counted, those who create one for the same user take turns: no row
// can be locked for sessions that are still to come, and two callers who count at once
// would both find room. On PostgreSQL the turn is an advisory lock that ends with the
// transaction. It needs no row of its own and no scan, and two users whose ids have one
// hash only wait for each other. In MySQL it is a row that is written.
func (s *Store) CreateSession(ctx context.Context, n phoneauth.NewSession) (phoneauth.SessionRecord, error) {
	const step = "create session"
	none := phoneauth.SessionRecord{}
	values, err := newSessionValues(&n.Session)
	if err != nil {
		return none, failed(step, err)
	}
	if n.Most <= 0 {
		return none, s.write(ctx, step, func(q querier) error {
			_, err := s.query("").newSession(s.table.sessions, "VALUES (", values, ")").exec(ctx, q)
			return err
		})
	}
	return either(s.functions.create,
		func() (phoneauth.SessionRecord, error) { return s.callCreate(ctx, n, values) },
		func() (evicted phoneauth.SessionRecord, err error) {
			err = s.atomicallyFor(ctx, step, s.userTurn(n.Session.UserID), func(q querier) (err error) {
				evicted, err = s.createCounted(ctx, q, n, values)
				return err
			})
			if err != nil {
				return none, err
			}
			return evicted, nil
		})
}

// newSession appends the INSERT of values, between how they begin and end.
func (q *query) newSession(table, begin string, values []any, end string, more ...any) *query {
	return q.add("INSERT INTO "+table+" ("+sessionColumns+", due) "+begin).
		add(strings.Repeat("?, ", len(values)-1)+"?", values...).add(end, more...)
}

// userTurn is the name of the turn to create sessions of a user or to end all of them.
func (s *Store) userTurn(userID string) string { return s.table.sessions + " of " + userID }

// createCounted creates the session of n, and ends one if there are as many already. Mostly
// there are not, which takes one statement to find out.
func (s *Store) createCounted(ctx context.Context, q querier, n phoneauth.NewSession, values []any) (evicted phoneauth.SessionRecord, err error) {
	if err := s.takeTurn(ctx, s, q, s.userTurn(n.Session.UserID)); err != nil {
		return evicted, err
	}
	// Mostly there is room also with those that have expired, and the index alone says so.
	room := s.from + " WHERE (SELECT count(*) FROM " + s.table.sessions + " WHERE user_id = ?) < ?"
	created, err := s.query("").newSession(s.table.sessions, "SELECT ", values, room, []byte(n.Session.UserID), n.Most).exec(ctx, q)
	if err != nil || created == 1 {
		return evicted, err
	}
	evicted, ends, err := s.evictedBy(ctx, q, &n)
	if err != nil {
		return phoneauth.SessionRecord{}, err
	}
	b := s.batch()
	if ends {
		// If it was used meanwhile, another one may have to end.
		b.add(1, "DELETE FROM "+s.table.sessions+" WHERE id = ? AND rotated_at = ?", []byte(evicted.ID), evicted.RotatedAt.UnixMicro())
	}
	b.end(b.begin("").newSession(s.table.sessions, "VALUES (", values, ")"), 1)
	return evicted, b.run(ctx, q)
}

// evictedBy returns the session that n.Evict says, if one must end. It says so in SQL, and locks nothing: who
// ends a session of the user takes turns with it. In MySQL that would be three more round trips for each
// who signs out, so the sessions are locked there. A session by password is left to Evict itself, because
// that may be refused.
func (s *Store) evictedBy(ctx context.Context, q querier, n *phoneauth.NewSession) (evicted phoneauth.SessionRecord, ends bool, err error) {
	if n.Session.ByPassword || !s.returning {
		return s.evictedByGo(ctx, q, n)
	}
	// In the order of ByLastUse the oldest is at this place. There is none while there is room, and more than
	// one where there were more sessions once.
	us := n.Now.UnixMicro()
	last := s.query("SELECT id, CASE WHEN rotated_at = ? THEN created_at ELSE rotated_at END AS used FROM "+s.table.sessions+ofLive+
		" ORDER BY used DESC, id LIMIT 2 OFFSET ?", never, []byte(n.Session.UserID), us, us, n.Most-1)
	var id []byte
	var used int64
	found := 0
	err = last.rows(ctx, q, func(scan func(into ...any) error) error {
		found++
		return scan(&id, &used)
	})
	switch {
	case err != nil || found == 0:
		return evicted, false, err
	case found > 1:
		return s.evictedByGo(ctx, q, n)
	}
	evicted, err = s.sessionByID(string(id)).session(ctx, q)
	if errors.Is(err, phoneauth.ErrNotFound) || err == nil && evicted.LastUsedAt().UnixMicro() != used {
		err = errRaced
	}
	return evicted, err == nil, err
}

// evictedByGo is evictedBy in Go. Nobody uses or ends one of the sessions between the choice and the commit.
func (s *Store) evictedByGo(ctx context.Context, q querier, n *phoneauth.NewSession) (evicted phoneauth.SessionRecord, ends bool, err error) {
	live, err := s.evictable(ctx, q, n)
	if err != nil {
		return evicted, false, err
	}
	oldest, err := n.Evict(live)
	if oldest == nil || err != nil {
		return evicted, false, err
	}
	if evicted, err = s.sessionByID(oldest.ID).session(ctx, q); errors.Is(err, phoneauth.ErrNotFound) { // it is locked, so that cannot be
		err = errRaced
	}
	return evicted, err == nil, err
}

// evictable returns of the live sessions of a user what Evict looks at, and locks them. They may be
// a hundred, each time.
func (s *Store) evictable(ctx context.Context, q querier, n *phoneauth.NewSession) (live []phoneauth.SessionRecord, err error) {
	user, now := []byte(n.Session.UserID), n.Now.UnixMicro()
	locked := s.query("SELECT id, by_password, created_at, rotated_at, idle_until, expires_at FROM "+s.table.sessions+ofLive+
		" ORDER BY id"+s.forUpdate, user, now, now)
	err = locked.rows(ctx, q, func(scan func(into ...any) error) error {
		var r phoneauth.SessionRecord
		var id []byte
		var created, rotated, idle, expires int64
		if err := scan(&id, &r.ByPassword, &created, &rotated, &idle, &expires); err != nil {
			return err
		}
		r.ID, r.CreatedAt, r.RotatedAt = string(id), instant(created), instant(rotated)
		r.IdleUntil, r.ExpiresAt = instant(idle), instant(expires)
		live = append(live, r)
		return nil
	})
	return live, err
}
