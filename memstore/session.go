package memstore

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/phoneauth/phoneauth"
)

// errSessionID is returned for an ID that exists. Storing it would give the session of one user
// to another.
var errSessionID = errors.New("memstore: create session: there is one with this id")

// session is a record and its place among the sessions of its user: a ring in the order of
// ByLastUse that begins in owners. The one before the first is the last. What record points
// to is never changed, but replaced.
type session struct {
	record            *phoneauth.SessionRecord
	owner, prev, next key
}

func (s session) end() int64 { return s.record.End().UnixMicro() }

// size has Previous in it from the start, so that a rotation needs room only where Client
// or Place grow.
func (s session) size() int {
	const itself = 288
	r := s.record
	size := itself + allocated(len(r.ID)) + allocated(len(r.UserID)) + allocated(len(r.DeviceID)) +
		rotatedSize(r) + allocated(16*len(r.AMR))
	for _, method := range r.AMR {
		size += allocated(len(method))
	}
	return size
}

// rotatedSize returns the part of size that a rotation may change.
func rotatedSize(r *phoneauth.SessionRecord) int {
	return allocated(len(r.Digest)) + allocated(max(len(r.Previous), len(r.Digest))) +
		allocated(len(r.Client)) + allocated(len(r.Place))
}

// owner is where the sessions of a user begin, and how many they are. Those that have
// expired count until they are dropped. All of them are live before ends.
type owner struct {
	first key
	n     int
	ends  int64
}

func (owner) end() int64 { return never }
func (owner) size() int  { return 0 }

func clone(r phoneauth.SessionRecord) phoneauth.SessionRecord {
	r.Digest, r.Previous, r.AMR = bytes.Clone(r.Digest), bytes.Clone(r.Previous), slices.Clone(r.AMR)
	r.AuthTime, r.CreatedAt, r.RotatedAt = utc(r.AuthTime), utc(r.CreatedAt), utc(r.RotatedAt)
	r.IdleUntil, r.ExpiresAt = utc(r.IdleUntil), utc(r.ExpiresAt)
	return r
}

// kept returns r with strings of its own. A string may be a small part of a large one, such as
// a request.
func kept(r phoneauth.SessionRecord) phoneauth.SessionRecord {
	r = clone(r)
	for _, text := range [...]*string{&r.ID, &r.UserID, &r.DeviceID, &r.Client, &r.Place} {
		*text = strings.Clone(*text)
	}
	for i := range r.AMR {
		r.AMR[i] = strings.Clone(r.AMR[i])
	}
	return r
}

// CreateSession implements [phoneauth.SessionStore]. An ID that is not new is an error.
func (s *Store) CreateSession(_ context.Context, n phoneauth.NewSession) (phoneauth.SessionRecord, error) {
	n.Session, n.Now = kept(n.Session), utc(n.Now)
	k, of := s.key(n.Session.ID), s.key(n.Session.UserID)
	s.mu.Lock()
	s.sweep(n.Now.UnixMicro())
	evicted, err := s.createSession(k, of, &n)
	s.mu.Unlock()
	if evicted == nil {
		return phoneauth.SessionRecord{}, err
	}
	return clone(*evicted), err
}

func (s *Store) createSession(k, of key, n *phoneauth.NewSession) (evicted *phoneauth.SessionRecord, err error) {
	created := session{record: &n.Session, owner: of}
	more := usage{1, s.sessions.cost(created) + s.owners.each()}
	if _, ok := s.sessions.get(k); ok {
		return nil, errSessionID
	}
	if evicted, err = s.evict(of, n); err != nil {
		return nil, err
	}
	if evicted != nil {
		more = more.plus(usage{-1, -s.sessions.cost(session{record: evicted})})
	}
	if !s.fits(more, s.open) {
		return nil, ErrFull
	}
	if evicted != nil {
		s.endSession(s.key(evicted.ID))
	}
	s.link(k, created)
	return evicted, nil
}

// evict says which session must end for n. While all sessions of the user are live, it is the
// last one, unless only some of them may end. Else it looks at all.
func (s *Store) evict(of key, n *phoneauth.NewSession) (*phoneauth.SessionRecord, error) {
	o, _ := s.owners.get(of)
	if n.Most <= 0 || o.n < n.Most {
		return nil, nil
	}
	if n.Now.UnixMicro() < o.ends && !n.Session.ByPassword {
		last := s.sessions.at(o.first).value.prev
		return s.sessions.at(last).value.record, nil
	}
	live := make([]phoneauth.SessionRecord, 0, o.n)
	for r := range s.liveSessions(of, n.Now) {
		live = append(live, *r)
	}
	return n.Evict(live)
}

// liveSessions are those of a user that are live at now, in the order of ByLastUse.
func (s *Store) liveSessions(of key, now time.Time) iter.Seq[*phoneauth.SessionRecord] {
	return func(yield func(*phoneauth.SessionRecord) bool) {
		o, _ := s.owners.get(of)
		for k, left := o.first, o.n; left > 0; left-- {
			found := &s.sessions.at(k).value
			k = found.next
			if found.record.Live(now) && !yield(found.record) {
				return
			}
		}
	}
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

// UserSessions implements [phoneauth.SessionStore].
func (s *Store) UserSessions(_ context.Context, userID string, now time.Time) ([]phoneauth.SessionRecord, error) {
	k := s.key(userID)
	s.mu.Lock()
	live := slices.Collect(s.liveSessions(k, utc(now)))
	s.mu.Unlock()
	records := make([]phoneauth.SessionRecord, len(live))
	for i, r := range live {
		records[i] = clone(*r)
	}
	slices.SortFunc(records, phoneauth.ByLastUse)
	return records, nil
}

// RotateSession implements [phoneauth.SessionStore].
func (s *Store) RotateSession(_ context.Context, r phoneauth.Rotation) (phoneauth.SessionRecord, error) {
	r.Now, r.IdleUntil = utc(r.Now), utc(r.IdleUntil)
	record, err := s.rotate(s.key(r.ID), &r)
	if record == nil {
		return phoneauth.SessionRecord{}, err
	}
	return clone(*record), err
}

func (s *Store) rotate(k key, r *phoneauth.Rotation) (*phoneauth.SessionRecord, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep(r.Now.UnixMicro())
	at := s.sessions.at(k)
	if at == nil {
		return nil, phoneauth.ErrNotFound
	}
	old := at.value.record
	next, write, err := r.Apply(*old)
	switch {
	case errors.Is(err, phoneauth.ErrReused):
		s.endSession(k)
		return old, err
	case err != nil:
		return nil, err
	case !write:
		return old, nil
	}
	keep(&next.Client, old.Client)
	keep(&next.Place, old.Place)
	more := rotatedSize(&next) - rotatedSize(old)
	if !s.fits(usage{0, more}, s.open) {
		return nil, ErrFull
	}
	at.value.record = &next
	s.sessions.held += more
	s.reorder(k, at.value)
	return &next, nil
}

// keep makes text a string of the store's own: the one that it has, if it is equal.
func keep(text *string, has string) {
	if *text == has {
		*text = has
		return
	}
	*text = strings.Clone(*text)
}

// EndSession implements [phoneauth.SessionStore].
func (s *Store) EndSession(_ context.Context, userID, id string) error {
	k, of := s.key(id), s.key(userID)
	s.mu.Lock()
	defer s.mu.Unlock()
	if found, ok := s.sessions.get(k); !ok || found.owner != of {
		return phoneauth.ErrNotFound
	}
	s.endSession(k)
	return nil
}

// EndUserSessions implements [phoneauth.SessionStore].
func (s *Store) EndUserSessions(_ context.Context, userID, exceptID string) error {
	of, except := s.key(userID), s.key(exceptID)
	s.mu.Lock()
	defer s.mu.Unlock()
	o, _ := s.owners.get(of)
	for k, left := o.first, o.n; left > 0; left-- {
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

// link stores a session in its place among those of its user. The newest use comes first, so
// it goes past others only where clocks differ.
func (s *Store) link(k key, created session) {
	o, ok := s.owners.get(created.owner)
	if !ok {
		created.prev, created.next, o = k, k, owner{first: k, ends: never}
	} else {
		next, left := o.first, o.n
		for ; left > 0 && phoneauth.ByLastUse(*s.sessions.at(next).value.record, *created.record) < 0; left-- {
			next = s.sessions.at(next).value.next
		}
		if left == o.n {
			o.first = k
		}
		after := &s.sessions.at(next).value
		created.prev, created.next, after.prev = after.prev, next, k
		s.sessions.at(created.prev).value.next = k
	}
	o.n, o.ends = o.n+1, min(o.ends, created.end())
	s.owners.put(created.owner, o)
	s.sessions.put(k, created)
}

// unlink takes a session from those of its user. It may be gone from its table.
func (s *Store) unlink(gone session) {
	o, _ := s.owners.get(gone.owner)
	if o.n--; o.n == 0 {
		s.owners.drop(gone.owner)
		return
	}
	after := &s.sessions.at(gone.next).value
	if o.first == after.prev { // it is gone
		o.first = gone.next
	}
	after.prev = gone.prev
	s.sessions.at(gone.prev).value.next = gone.next
	s.owners.put(gone.owner, o)
}

// reorder moves a session whose record has changed to its place.
func (s *Store) reorder(k key, changed session) {
	s.unlink(changed)
	s.link(k, changed)
}
