package memstore

import (
	"bytes"
	"context"
	"crypto/subtle"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/meter"
)

// errSessionID: the one promise of a caller whose breach would hand a session over.
var errSessionID = errors.New("memstore: create session: there is one with this id")

// session is a record and its place among the sessions of its user, a list that begins
// in owners. What it points to is never changed, but replaced. The zero key is none.
type session struct {
	record            *phoneauth.SessionRecord
	owner, prev, next key
}

func (s session) end() int64 {
	return min(s.record.IdleUntil.UnixMicro(), s.record.ExpiresAt.UnixMicro())
}

// size has Previous in it from the start, so that a rotation needs no room.
func (s session) size() int {
	const itself, link = 256, 66 // the link is the one from its owner
	r := s.record
	size := itself + link + allocated(len(r.ID)) + allocated(len(r.UserID)) + allocated(len(r.DeviceID)) +
		allocated(len(r.Digest)) + allocated(max(len(r.Previous), len(r.Digest))) + allocated(16*len(r.AMR))
	for _, method := range r.AMR {
		size += allocated(len(method))
	}
	return size
}

func clone(r phoneauth.SessionRecord) phoneauth.SessionRecord {
	r.Digest, r.Previous, r.AMR = bytes.Clone(r.Digest), bytes.Clone(r.Previous), slices.Clone(r.AMR)
	r.AuthTime, r.CreatedAt, r.RotatedAt = utc(r.AuthTime), utc(r.CreatedAt), utc(r.RotatedAt)
	r.IdleUntil, r.ExpiresAt = utc(r.IdleUntil), utc(r.ExpiresAt)
	return r
}

// CreateSession implements [phoneauth.SessionStore]. An ID that is not new is an error.
func (s *Store) CreateSession(_ context.Context, r phoneauth.SessionRecord) error {
	r = clone(r)
	// A string may be a small part of a large one, a request say.
	r.ID, r.UserID, r.DeviceID = strings.Clone(r.ID), strings.Clone(r.UserID), strings.Clone(r.DeviceID)
	for i := range r.AMR {
		r.AMR[i] = strings.Clone(r.AMR[i])
	}
	k, c := s.key(r.ID), session{record: &r, owner: s.key(r.UserID)}

	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep(s.now)
	if _, ok := s.sessions.get(k); ok {
		return errSessionID
	}
	if !s.fits(usage{1, s.sessions.cost(c)}, s.open) {
		return ErrFull
	}
	if first, ok := s.owners.get(c.owner); ok {
		c.next = key(first)
		s.relink(c.next, func(n *session) { n.prev = k })
	}
	s.owners.put(c.owner, link(k))
	s.sessions.put(k, c)
	return nil
}

// SessionByID implements [phoneauth.SessionStore].
func (s *Store) SessionByID(_ context.Context, id string, now time.Time) (phoneauth.SessionRecord, error) {
	k := s.key(id)
	s.mu.Lock()
	found, ok := s.sessions.get(k)
	s.mu.Unlock()
	if !ok || now.UnixMicro() >= found.end() {
		return phoneauth.SessionRecord{}, phoneauth.ErrNotFound
	}
	return clone(*found.record), nil
}

// RotateSession implements [phoneauth.SessionStore].
func (s *Store) RotateSession(_ context.Context, r phoneauth.Rotation) (phoneauth.SessionRecord, error) {
	k := s.key(r.ID)
	r.Next = bytes.Clone(r.Next)
	record, err := s.rotate(k, &r)
	if record == nil {
		return phoneauth.SessionRecord{}, err
	}
	return clone(*record), err
}

func (s *Store) rotate(k key, r *phoneauth.Rotation) (*phoneauth.SessionRecord, error) {
	now := r.Now.UnixMicro()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep(now)
	found, ok := s.sessions.get(k)
	if !ok || now >= found.end() {
		return nil, phoneauth.ErrNotFound
	}
	old := found.record
	switch {
	case equal(r.Digest, old.Digest):
		next := *old
		next.Previous, next.Digest = old.Digest, r.Next
		next.RotatedAt, next.IdleUntil = utc(r.Now), utc(r.IdleUntil)
		found.record = &next
		s.sessions.put(k, found)
		return &next, nil
	case equal(r.Digest, old.Previous) && now < meter.Add(old.RotatedAt.UnixMicro(), meter.Micros(r.Grace)):
		return old, nil
	}
	s.endSession(k)
	return old, phoneauth.ErrReused
}

// equal reports whether the digests are. An empty one equals nothing.
func equal(a, b []byte) bool { return len(a) > 0 && subtle.ConstantTimeCompare(a, b) == 1 }

// EndSession implements [phoneauth.SessionStore].
func (s *Store) EndSession(_ context.Context, id string) error {
	k := s.key(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.endSession(k)
	return nil
}

// EndUserSessions implements [phoneauth.SessionStore].
func (s *Store) EndUserSessions(_ context.Context, userID, exceptID string) error {
	owner, except := s.key(userID), s.key(exceptID)
	s.mu.Lock()
	defer s.mu.Unlock()
	first, _ := s.owners.get(owner)
	for k := key(first); k != (key{}); {
		found, _ := s.sessions.get(k)
		if exceptID == "" || k != except {
			s.endSession(k)
		}
		k = found.next
	}
	return nil
}

func (s *Store) endSession(k key) {
	if found, ok := s.sessions.get(k); ok {
		s.sessions.drop(k)
		s.unlink(found)
	}
}

// unlink takes a session that is gone out of its user's list.
func (s *Store) unlink(gone session) {
	if gone.next != (key{}) {
		s.relink(gone.next, func(n *session) { n.prev = gone.prev })
	}
	switch {
	case gone.prev != (key{}):
		s.relink(gone.prev, func(p *session) { p.next = gone.next })
	case gone.next != (key{}):
		s.owners.put(gone.owner, link(gone.next))
	default:
		s.owners.drop(gone.owner)
	}
}

func (s *Store) relink(k key, set func(*session)) {
	found, _ := s.sessions.get(k)
	set(&found)
	s.sessions.put(k, found)
}
