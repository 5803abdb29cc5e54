package redisstore

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/phoneauth/phoneauth"
)

// A session is found by its id, which says nothing of its user. So each user has a list
// of ids. An id is in it before there is the session, and leaves it after: a list may
// name sessions that are gone, never miss one that lives. What is gone leaves the list
// when the session is ended, when its place is needed, or with the first sign-in of its
// user after it would have expired.

// errSessionID: the one promise of a caller whose breach would hand a session over.
var errSessionID = errors.New("there is a session with this id")

func (s *Store) sessionKey(id string) string { return s.key(sessionKind, id) }
func (s *Store) listKey(user string) string  { return s.key(userKind, user) }

// SessionByID implements [phoneauth.SessionStore].
func (s *Store) SessionByID(ctx context.Context, id string, now time.Time) (phoneauth.SessionRecord, error) {
	record, err := s.sessionByID(ctx, id, now)
	return record, failed("session by id", err)
}

func (s *Store) sessionByID(ctx context.Context, id string, now time.Time) (phoneauth.SessionRecord, error) {
	held, err := s.read(ctx, []string{s.sessionKey(id)})
	if err != nil {
		return phoneauth.SessionRecord{}, err
	}
	record, there, err := unpackSession(id, held[0])
	if err == nil && (!there || !record.Live(now)) {
		err = phoneauth.ErrNotFound
	}
	if err != nil {
		return phoneauth.SessionRecord{}, err
	}
	return record, nil
}

// RotateSession implements [phoneauth.SessionStore].
func (s *Store) RotateSession(ctx context.Context, r phoneauth.Rotation) (phoneauth.SessionRecord, error) {
	record, err := s.rotate(ctx, &r)
	if errors.Is(err, phoneauth.ErrReused) {
		s.unlist(ctx, record.UserID, record.ID)
	}
	return record, failed("rotate session", err)
}

func (s *Store) rotate(ctx context.Context, r *phoneauth.Rotation) (phoneauth.SessionRecord, error) {
	if len(r.Next) > mostBytes || len(r.Client) > mostBytes || len(r.Place) > mostBytes {
		return phoneauth.SessionRecord{}, errTooLong
	}
	c := &call{script: rotateScript}
	c.time(r.Now)
	c.key(s.sessionKey(r.ID))
	c.bytes(r.Digest)
	c.bytes(r.Next)
	c.time(r.IdleUntil)
	c.span(r.Grace)
	c.text(r.Client)
	c.text(r.Place)
	answer, err := s.do(ctx, c)
	if err != nil {
		return phoneauth.SessionRecord{}, err
	}
	switch answer.status() {
	case statusNotFound:
		return phoneauth.SessionRecord{}, phoneauth.ErrNotFound
	case statusOK, statusReused:
	default:
		return phoneauth.SessionRecord{}, errAnswer
	}
	record, there, err := unpackSession(r.ID, answer.text(1))
	switch {
	case err == nil && !there:
		err = errAnswer
	case err == nil && answer.status() == statusReused:
		err = phoneauth.ErrReused
	}
	return record, err
}

// UserSessions implements [phoneauth.SessionStore]. On a cluster the sessions are read
// after the list of the user, each slot at a moment of its own.
func (s *Store) UserSessions(ctx context.Context, userID string, now time.Time) ([]phoneauth.SessionRecord, error) {
	ids, held, err := s.userSessions(ctx, userID)
	if err != nil {
		return nil, failed("user sessions", err)
	}
	var live []phoneauth.SessionRecord
	for i, id := range ids {
		record, there, err := unpackSession(id, held[i])
		if err != nil {
			return nil, failed("user sessions", err)
		}
		if there && record.UserID == userID && record.Live(now) {
			live = append(live, record)
		}
	}
	slices.SortFunc(live, phoneauth.ByLastUse)
	return live, nil
}

// userSessions are the ids in the user's list, and what is kept of each.
func (s *Store) userSessions(ctx context.Context, userID string) (ids, held []string, err error) {
	if s.cluster {
		if ids, err = s.listed(ctx, userID); err != nil {
			return nil, nil, err
		}
		held, err = s.read(ctx, s.sessionKeys(ids))
		return ids, held, err
	}
	r, ids, err := s.known(ctx, func(ids []string) *call {
		c := &call{script: sessionsScript}
		c.key(s.listKey(userID))
		s.putKnown(c, ids)
		return c
	})
	if err != nil {
		return nil, nil, err
	}
	if held = r.texts(1); len(held) != len(ids) {
		return nil, nil, errAnswer
	}
	return ids, held, nil
}

// EndSession implements [phoneauth.SessionStore].
func (s *Store) EndSession(ctx context.Context, userID, id string) error {
	c := s.endCall(ending{user: userID, unlist: !s.cluster}, 1)
	s.putSession(c, id)
	r, err := s.do(ctx, c)
	ended := r.list(1)
	switch {
	case err != nil:
	case r.status() != statusOK || len(ended) != 1:
		err = errAnswer
	case ended.int(0) == 0:
		err = phoneauth.ErrNotFound
	case s.cluster:
		s.unlist(ctx, userID, id)
	}
	return failed("end session", err)
}

// EndUserSessions implements [phoneauth.SessionStore]. Sessions go in one step on one
// node; on a cluster, those of one slot do. There, one that is created meanwhile may
// stay: it is as if it came after.
func (s *Store) EndUserSessions(ctx context.Context, userID, exceptID string) error {
	if s.cluster {
		return failed("end user sessions", s.endAcross(ctx, userID, exceptID))
	}
	_, _, err := s.known(ctx, func(ids []string) *call {
		c := s.endCall(ending{user: userID, except: exceptID, unlist: true, all: true}, len(ids))
		for _, id := range ids {
			s.putSession(c, id)
		}
		return c
	})
	return failed("end user sessions", err)
}

func (s *Store) endAcross(ctx context.Context, userID, exceptID string) error {
	ids, err := s.listed(ctx, userID)
	if err != nil {
		return err
	}
	ids = slices.DeleteFunc(ids, func(id string) bool { return exceptID != "" && id == exceptID })
	sp := s.spread(s.sessionKeys(ids), func(n int) *call {
		return s.endCall(ending{user: userID}, n)
	}, func(c *call, i int) { s.putSession(c, ids[i]) })
	replies, err := s.each(ctx, sp.calls)
	if err != nil {
		return err
	}
	answers, err := sp.gather(replies)
	if err != nil {
		return err
	}
	var ended []string
	for i, id := range ids {
		// One that is not there may be about to be: it was listed first.
		if answers.int(i) == 1 {
			ended = append(ended, id)
		}
	}
	s.unlist(ctx, userID, ended...)
	return nil
}

// ending says which sessions of a user end: those that a call names, but not except.
type ending struct {
	user, except string
	// unlist: they leave the user's list in the same step. With all, the call must name all
	// that are in the list.
	unlist, all bool
}

// endCall is a call that is still to name n sessions.
func (s *Store) endCall(e ending, n int) *call {
	c := &call{script: endScript}
	c.text(e.user)
	c.flag(e.unlist)
	if e.unlist {
		c.key(s.listKey(e.user))
	}
	c.flag(e.all)
	c.text(e.except)
	c.int(int64(n))
	return c
}
