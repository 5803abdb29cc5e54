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
// when the session is ended, when its place is needed, or with a sign-in of its user
// after it would have expired: on a cluster with the first, else once there are some.

// errSessionID: the one promise of a caller whose breach would hand a session over.
var errSessionID = errors.New("there is a session with this id")

func (s *Store) sessionKey(id string) string { return s.key(sessionKind, id) }
func (s *Store) listKey(user string) string  { return s.key(userKind, user) }
func (s *Store) indexKey(user string) string { return s.key(indexKind, user) }

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
		if s.cluster {
			s.unlist(ctx, record.UserID, record.ID)
		} else {
			s.leave(ctx, record.UserID, record.ID)
		}
	}
	return record, failed("rotate session", err)
}

func (s *Store) rotate(ctx context.Context, r *phoneauth.Rotation) (phoneauth.SessionRecord, error) {
	if len(r.Next) > mostBytes || len(r.Client) > mostBytes || len(r.Place) > mostBytes {
		return phoneauth.SessionRecord{}, errTooLong
	}
	c := &call{script: rotateScript}
	c.key(s.sessionKey(r.ID))
	c.micros(r.Now)
	c.micros(r.IdleUntil)
	c.number(micros(r.Grace))
	c.bytes(r.Digest)
	c.bytes(r.Next)
	c.text(r.Client)
	c.text(r.Place)
	if s.cluster {
		c.text("") // no list has an index
	} else {
		c.text(s.indexKey(""))
	}
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
	c := &call{script: sessionsScript}
	c.key(s.listKey(userID))
	c.text(s.sessionKey(""))
	r, err := s.do(ctx, c)
	if err != nil {
		return nil, nil, err
	}
	if ids, held = r.texts(1), r.texts(2); len(held) != len(ids) {
		return nil, nil, errAnswer
	}
	return ids, held, nil
}

// EndSession implements [phoneauth.SessionStore].
func (s *Store) EndSession(ctx context.Context, userID, id string) error {
	return failed("end session", s.endSession(ctx, userID, id))
}

func (s *Store) endSession(ctx context.Context, userID, id string) error {
	if !s.cluster {
		ended, err := s.endListed(ctx, userID, id, false)
		if err == nil && ended == 0 {
			err = phoneauth.ErrNotFound
		}
		return err
	}
	c := s.endCall(userID)
	c.key(s.sessionKey(id))
	r, err := s.do(ctx, c)
	ended := r.list(1)
	switch {
	case err != nil:
		return err
	case r.status() != statusOK || len(ended) != 1:
		return errAnswer
	case ended.int(0) == 0:
		return phoneauth.ErrNotFound
	}
	s.unlist(ctx, userID, id)
	return nil
}

// EndUserSessions implements [phoneauth.SessionStore]. Sessions go in one step on one
// node; on a cluster, those of one slot do. There, one that is created meanwhile may
// stay: it is as if it came after.
func (s *Store) EndUserSessions(ctx context.Context, userID, exceptID string) error {
	var err error
	if s.cluster {
		err = s.endAcross(ctx, userID, exceptID)
	} else {
		_, err = s.endListed(ctx, userID, exceptID, true)
	}
	return failed("end user sessions", err)
}

// endListed ends the session with this id on one node or, with all, all others of the user.
// It returns how many were ended.
func (s *Store) endListed(ctx context.Context, userID, id string, all bool) (int64, error) {
	c := &call{script: endListed}
	c.key(s.listKey(userID))
	c.key(s.indexKey(userID))
	c.text(userID)
	c.text(s.sessionKey(""))
	c.flag(all)
	c.text(id)
	r, err := s.do(ctx, c)
	if err == nil && (r.status() != statusOK || r.int(1) < 0) {
		err = errAnswer
	}
	return r.int(1), err
}

func (s *Store) endAcross(ctx context.Context, userID, exceptID string) error {
	ids, err := s.listed(ctx, userID)
	if err != nil {
		return err
	}
	ids = slices.DeleteFunc(ids, func(id string) bool { return exceptID != "" && id == exceptID })
	keys := s.sessionKeys(ids)
	sp := s.spread(keys, func(int) *call { return s.endCall(userID) }, func(c *call, i int) { c.key(keys[i]) })
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

// endCall is a call that is still to name the keys of sessions of the user.
func (s *Store) endCall(user string) *call {
	c := &call{script: endScript}
	c.text(user)
	return c
}
