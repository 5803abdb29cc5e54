package storetest

import (
	"bytes"
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/phoneauth/phoneauth"
)

func (s *reference) SignInUser(_ context.Context, in phoneauth.SignIn) (phoneauth.SignedIn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	user, found := s.byPhone(in.Phone)
	switch {
	case found && user.Blocked:
		return phoneauth.SignedIn{User: user}, phoneauth.ErrBlocked
	case found && in.PasswordHash != "":
		return phoneauth.SignedIn{}, phoneauth.ErrPhoneTaken
	case in.UserID != "" && (!found || user.ID != in.UserID):
		return phoneauth.SignedIn{}, phoneauth.ErrNotFound
	case in.Epoch != phoneauth.AnyEpoch && in.Epoch != user.Epoch:
		return phoneauth.SignedIn{}, phoneauth.ErrStale
	}
	if !found {
		s.lastID++
		user = phoneauth.User{ID: strconv.Itoa(s.lastID), UUID: in.UUID, Phone: in.Phone,
			PasswordHash: in.PasswordHash, CreatedAt: in.Now.UTC()}
	}
	first := user.SignedInAt.IsZero()
	if first {
		user.SignedInAt, user.UpdatedAt = in.Now.UTC(), in.Now.UTC()
	}
	s.users[user.ID] = user
	return phoneauth.SignedIn{User: user, Created: !found, First: first}, nil
}

func (s *reference) byPhone(p phoneauth.Phone) (phoneauth.User, bool) {
	for _, user := range s.users {
		if user.Phone == p {
			return user, true
		}
	}
	return phoneauth.User{}, false
}

func (s *reference) UserByID(_ context.Context, id string) (phoneauth.User, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if user, ok := s.users[id]; ok {
		return user, nil
	}
	return phoneauth.User{}, phoneauth.ErrNotFound
}

func (s *reference) UserByPhone(_ context.Context, p phoneauth.Phone) (phoneauth.User, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if user, ok := s.byPhone(p); ok {
		return user, nil
	}
	return phoneauth.User{}, phoneauth.ErrNotFound
}

// set changes the user of this id if it is at this epoch, and raises the epoch.
func (s *reference) set(id string, epoch int64, now time.Time, change func(*phoneauth.User) error) (phoneauth.User, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	user, ok := s.users[id]
	if !ok {
		return phoneauth.User{}, phoneauth.ErrNotFound
	}
	if epoch != phoneauth.AnyEpoch && epoch != user.Epoch {
		return phoneauth.User{}, phoneauth.ErrStale
	}
	user.Epoch++
	user.UpdatedAt = now.UTC()
	if err := change(&user); err != nil {
		return phoneauth.User{}, err
	}
	s.users[id] = user
	return user, nil
}

func (s *reference) SetPassword(_ context.Context, p phoneauth.PasswordUpdate) (phoneauth.User, error) {
	return s.set(p.UserID, p.Epoch, p.Now, func(user *phoneauth.User) error {
		user.PasswordHash = p.PasswordHash
		if p.KeepEpoch {
			user.Epoch, user.UpdatedAt = s.users[p.UserID].Epoch, s.users[p.UserID].UpdatedAt
		}
		return nil
	})
}

func (s *reference) SetPhone(_ context.Context, p phoneauth.PhoneUpdate) (phoneauth.User, error) {
	return s.set(p.UserID, p.Epoch, p.Now, func(user *phoneauth.User) error {
		if owner, ok := s.byPhone(p.Phone); ok && owner.ID != user.ID {
			return phoneauth.ErrPhoneTaken
		}
		user.Phone = p.Phone
		return nil
	})
}

func (s *reference) SetBlocked(_ context.Context, id string, blocked bool, now time.Time) (phoneauth.User, error) {
	return s.set(id, phoneauth.AnyEpoch, now, func(user *phoneauth.User) error {
		user.Blocked = blocked
		return nil
	})
}

func (s *reference) DeleteUser(_ context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.users, id)
	return nil
}

func (s *reference) CreateSession(_ context.Context, r phoneauth.SessionRecord) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sessions[r.ID] = s.session(r)
	return nil
}

func (s *reference) SessionByID(_ context.Context, id string, now time.Time) (phoneauth.SessionRecord, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if record, ok := s.sessions[id]; ok && liveSession(record, now) {
		return s.session(record), nil
	}
	return phoneauth.SessionRecord{}, phoneauth.ErrNotFound
}

func liveSession(r phoneauth.SessionRecord, now time.Time) bool {
	return now.Before(r.IdleUntil) && now.Before(r.ExpiresAt)
}

func (s *reference) RotateSession(_ context.Context, r phoneauth.Rotation) (phoneauth.SessionRecord, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	record, ok := s.sessions[r.ID]
	switch {
	case !ok || !liveSession(record, r.Now):
		return phoneauth.SessionRecord{}, phoneauth.ErrNotFound
	case s.equal(record.Digest, r.Digest):
		record.Previous, record.Digest, record.RotatedAt, record.IdleUntil = record.Digest, r.Next, r.Now, r.IdleUntil
		s.sessions[r.ID] = s.session(record)
	case s.equal(record.Previous, r.Digest) && s.grace(record, r):
	default:
		delete(s.sessions, r.ID)
		return record, phoneauth.ErrReused
	}
	return s.session(record), nil
}

func inGrace(record phoneauth.SessionRecord, r phoneauth.Rotation) bool {
	return r.Now.Before(record.RotatedAt.Add(r.Grace))
}

func (s *reference) EndSession(_ context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sessions, id)
	return nil
}

func (s *reference) EndUserSessions(_ context.Context, userID, exceptID string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, record := range s.sessions {
		if record.UserID == userID && id != exceptID {
			delete(s.sessions, id)
		}
	}
	return nil
}

// cloneSession is r with slices of its own and times in UTC.
func cloneSession(r phoneauth.SessionRecord) phoneauth.SessionRecord {
	r.Digest, r.Previous, r.AMR = bytes.Clone(r.Digest), bytes.Clone(r.Previous), slices.Clone(r.AMR)
	for _, at := range []*time.Time{&r.AuthTime, &r.CreatedAt, &r.RotatedAt, &r.IdleUntil, &r.ExpiresAt} {
		*at = at.UTC()
	}
	return r
}
