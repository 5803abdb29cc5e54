package redisstore

import (
	"context"
	"strconv"
	"time"

	"github.com/phoneauth/phoneauth"
)

// skew is how far the clocks of callers may be apart: so much longer an expired session
// is listed.
const skew = time.Hour

// CreateSession implements [phoneauth.SessionStore]. An ID that is not new is an error.
//
// One node does it in one step. On a cluster the list of the user decides: an id is put into it while
// there is room, and the session stored then. When there is none, the session that must go
// is ended first; for the moment until its place is taken, the user has one less. A
// creator that stops half way leaves a place taken until others need it.
func (s *Store) CreateSession(ctx context.Context, n phoneauth.NewSession) (phoneauth.SessionRecord, error) {
	evicted, err := s.create(ctx, &n)
	if err != nil {
		return phoneauth.SessionRecord{}, failed("create session", err)
	}
	return evicted, nil
}

func (s *Store) create(ctx context.Context, n *phoneauth.NewSession) (evicted phoneauth.SessionRecord, err error) {
	packed, err := packSession(&n.Session)
	if err != nil {
		return evicted, err
	}
	if s.cluster {
		return s.createAcross(ctx, n, packed)
	}
	c := &call{script: createScript}
	s.putSession(c, n, packed)
	r, err := s.do(ctx, c)
	if err != nil {
		return evicted, err
	}
	switch r.status() {
	case statusOK:
	case statusRefused:
		return evicted, errSessionID
	case statusMismatch:
		return evicted, limited(phoneauth.LimitSessions, r.int(1))
	default:
		return evicted, errAnswer
	}
	if ended := r.list(1); len(ended) > 0 {
		evicted, _, err = unpackSession(ended.text(0), ended.text(1))
	}
	return evicted, err
}

// putSession writes what lua/new_session.lua reads of n.
func (s *Store) putSession(c *call, n *phoneauth.NewSession, packed []byte) {
	r := &n.Session
	c.key(s.listKey(r.UserID))
	c.key(s.indexKey(r.UserID))
	c.key(s.sessionKey(r.ID))
	c.micros(n.Now)
	c.micros(r.LastUsedAt())
	c.micros(r.End())
	c.number(int64(n.Most))
	c.bit(r.ByPassword)
	c.micros(n.Now.Add(-skew))
	c.number(milliseconds(listLife(n)))
	c.piece(r.ID)
	c.packed(packed)
	c.life(lifeOf(n))
	c.piece(strconv.FormatInt(r.ExpiresAt.UnixMicro(), 10))
	c.piece(r.UserID)
}

// listLife is how long the list of the user is kept at least.
func listLife(n *phoneauth.NewSession) time.Duration { return n.Session.ExpiresAt.Sub(n.Now) + skew }

// lifeOf is how long n.Session is kept.
func lifeOf(n *phoneauth.NewSession) time.Duration {
	return n.Session.End().Sub(n.Now)
}
