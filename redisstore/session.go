package redisstore

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/phoneauth/phoneauth"
)

// A session is found by its id, which says nothing of its user. So each user has a list
// of ids. An id is in it before there is the session, and leaves it after: a list may
// name sessions that are gone, never miss one that lives. What is gone leaves the list
// with the first sign-in of its user after it would have expired.

// skew is how far the clocks of callers may be apart: so much longer an expired session
// is listed.
const skew = time.Hour

// undated is how long a session without CreatedAt is kept, counted from its storing:
// a store is not told the time then.
const undated = 400 * 24 * time.Hour

// errSessionID: the one promise of a caller whose breach would hand a session over.
var errSessionID = errors.New("there is a session with this id")

func (s *Store) sessionKey(id string) string { return s.key(sessionKind, id) }
func (s *Store) listKey(user string) string  { return s.key(userKind, user) }

// CreateSession implements [phoneauth.SessionStore]. An ID that is not new is an error.
// The time it has is r.CreatedAt.
func (s *Store) CreateSession(ctx context.Context, r phoneauth.SessionRecord) error {
	return failed("create session", s.create(ctx, &r))
}

func (s *Store) create(ctx context.Context, r *phoneauth.SessionRecord) error {
	packed, err := packSession(r)
	if err != nil {
		return err
	}
	listed, life, gone := undated, undated, "-inf"
	if !r.CreatedAt.IsZero() {
		listed = r.ExpiresAt.Sub(r.CreatedAt)
		life = min(listed, r.IdleUntil.Sub(r.CreatedAt))
		gone = strconv.FormatInt(r.CreatedAt.Add(-skew).UnixMicro(), 10)
	}
	list := func(c *call) {
		c.key(s.listKey(r.UserID))
		c.text(r.ID)
		c.time(r.ExpiresAt)
		c.text(gone)
		c.span(listed + skew)
	}
	store := func(c *call) {
		c.key(s.sessionKey(r.ID))
		c.bytes(packed)
		c.span(life)
	}
	if s.slot(s.listKey(r.UserID)) == s.slot(s.sessionKey(r.ID)) {
		return s.creating(ctx, list, store)
	}
	if err := s.creating(ctx, list, nil); err != nil {
		return err
	}
	return s.creating(ctx, nil, store)
}

func (s *Store) creating(ctx context.Context, steps ...func(*call)) error {
	c := &call{script: createScript}
	for _, step := range steps {
		c.flag(step != nil)
		if step != nil {
			step(c)
		}
	}
	r, err := s.do(ctx, c)
	if err == nil && r.status() != statusOK {
		err = errSessionID
	}
	return err
}

// SessionByID implements [phoneauth.SessionStore].
func (s *Store) SessionByID(ctx context.Context, id string, now time.Time) (phoneauth.SessionRecord, error) {
	c := &call{script: findScript}
	c.time(now)
	c.key(s.sessionKey(id))
	record, err := s.session(ctx, id, c)
	return record, failed("session by id", err)
}

// RotateSession implements [phoneauth.SessionStore].
func (s *Store) RotateSession(ctx context.Context, r phoneauth.Rotation) (phoneauth.SessionRecord, error) {
	c := &call{script: rotateScript}
	c.time(r.Now)
	c.key(s.sessionKey(r.ID))
	c.bytes(r.Digest)
	c.bytes(r.Next)
	c.time(r.IdleUntil)
	c.span(r.Grace)
	record, err := s.session(ctx, r.ID, c)
	if errors.Is(err, phoneauth.ErrReused) {
		s.unlist(ctx, record.UserID, record.ID)
	}
	return record, failed("rotate session", err)
}

// session is the record that the script of c answers.
func (s *Store) session(ctx context.Context, id string, c *call) (phoneauth.SessionRecord, error) {
	r, err := s.do(ctx, c)
	if err != nil {
		return phoneauth.SessionRecord{}, err
	}
	switch r.status() {
	case statusNotFound:
		return phoneauth.SessionRecord{}, phoneauth.ErrNotFound
	case statusOK, statusReused:
	default:
		return phoneauth.SessionRecord{}, errAnswer
	}
	record, err := unpackSession(id, r.text(1))
	if err == nil && r.status() == statusReused {
		err = phoneauth.ErrReused
	}
	return record, err
}

// EndSession implements [phoneauth.SessionStore].
func (s *Store) EndSession(ctx context.Context, id string) error {
	owners, err := s.end(ctx, "", id)
	if err == nil && owners[0] != "" {
		s.unlist(ctx, owners[0], id)
	}
	return failed("end session", err)
}

// batch is how many sessions one script ends.
const batch = 500

// EndUserSessions implements [phoneauth.SessionStore]. Sessions go in one step on one
// node, up to 500 of them; on a cluster, those of one slot do. One that is created
// meanwhile may stay: it is as if it came after.
func (s *Store) EndUserSessions(ctx context.Context, userID, exceptID string) error {
	return failed("end user sessions", s.endUser(ctx, userID, exceptID))
}

func (s *Store) endUser(ctx context.Context, userID, exceptID string) error {
	c := &call{script: listScript}
	c.key(s.listKey(userID))
	r, err := s.do(ctx, c)
	if err != nil {
		return err
	}
	bySlot := map[int][]string{}
	for _, id := range r.list(1) {
		if exceptID == "" || id != exceptID {
			slot := s.slot(s.sessionKey(id))
			bySlot[slot] = append(bySlot[slot], id)
		}
	}
	var ended []string
	for _, all := range bySlot {
		for ids := range slices.Chunk(all, batch) {
			owners, err := s.end(ctx, userID, ids...)
			if err != nil {
				return err
			}
			for i, id := range ids {
				// One that is not there may be about to be: it was listed first.
				if owners[i] != "" {
					ended = append(ended, id)
				}
			}
		}
	}
	s.unlist(ctx, userID, ended...)
	return nil
}

// end ends sessions of one slot, only those of user unless it is empty, and says whose
// each of them was.
func (s *Store) end(ctx context.Context, user string, ids ...string) ([]string, error) {
	c := &call{script: endScript}
	c.text(user)
	for _, id := range ids {
		c.key(s.sessionKey(id))
	}
	r, err := s.do(ctx, c)
	if err != nil {
		return nil, err
	}
	owners := r.list(1)
	if len(owners) != len(ids) {
		return nil, errAnswer
	}
	return owners, nil
}

// unlist takes sessions that were ended out of the list of their user. An id that stays
// there does no harm.
func (s *Store) unlist(ctx context.Context, user string, ids ...string) {
	for ids := range slices.Chunk(ids, batch) {
		c := &call{script: unlistScript}
		c.key(s.listKey(user))
		for _, id := range ids {
			c.text(id)
		}
		_, _ = s.do(ctx, c)
	}
}
