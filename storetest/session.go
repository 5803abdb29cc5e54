package storetest

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// sessions is the fixture of the cases of a SessionStore.
type sessions struct {
	testing.TB
	options
	store phoneauth.SessionStore
	// part is the store, or the part of phoneauth.Stores that keeps sessions.
	part any
}

func newSessions(t testing.TB, store phoneauth.SessionStore, o options) *sessions {
	s := &sessions{TB: t, options: o, store: store, part: store}
	if stores, ok := store.(phoneauth.Stores); ok {
		s.part = stores.SessionStore
	}
	return s
}

func sessionCases() []testCase[*sessions] {
	return slices.Concat(sessionLifeCases, sessionListCases, evictCases, rotateCases, refreshCases, openCases, attemptSessionCases, sessionValueCases, sessionEdgeCases, sessionPurgeCases, sessionRaces, sessionListRaces)
}

// grace is how long a lost answer may be asked for again.
const grace = 10 * time.Second

// session returns a new one of a user: idle after an hour, gone after three.
func (s *sessions) session(userID string) phoneauth.SessionRecord {
	return phoneauth.SessionRecord{
		ID: unique(), UserID: userID, Epoch: 3, DeviceID: unique(),
		Digest: []byte("digest " + unique()), AMR: []string{"sms", "pwd"},
		ByPassword: true, Client: "Chrome on Android", Place: "Cairo",
		AuthTime: after(-time.Minute), CreatedAt: start,
		IdleUntil: after(time.Hour), ExpiresAt: after(3 * time.Hour),
	}
}

// create stores a new session of a user of its own.
func (s *sessions) create() phoneauth.SessionRecord {
	s.Helper()
	return s.createOf(unique())
}

func (s *sessions) createOf(userID string) phoneauth.SessionRecord {
	s.Helper()
	return s.stored(s.session(userID))
}

// stored stores record, however many there are.
func (s *sessions) stored(record phoneauth.SessionRecord) phoneauth.SessionRecord {
	s.Helper()
	evicted, err := s.store.CreateSession(s.Context(), phoneauth.NewSession{Session: record, Now: start})
	require.NoError(s, err, "CreateSession")
	s.same(phoneauth.SessionRecord{}, evicted, "The zero SessionRecord: none had to end")
	return record
}

// rotation exchanges the digest of a record for a new one, and is idle an hour after.
func (s *sessions) rotation(of phoneauth.SessionRecord, now time.Time) phoneauth.Rotation {
	return phoneauth.Rotation{ID: of.ID, Digest: bytes.Clone(of.Digest), Next: []byte("digest " + unique()),
		Grace: grace, IdleUntil: now.Add(time.Hour), Client: "Chrome on Android", Place: "Giza", Now: now}
}

// rotatedTo returns what a rotation with Digest makes of record.
func rotatedTo(record phoneauth.SessionRecord, r phoneauth.Rotation) phoneauth.SessionRecord {
	record.Previous, record.Digest = record.Digest, bytes.Clone(r.Next)
	record.RotatedAt, record.IdleUntil, record.Client, record.Place = r.Now, r.IdleUntil, r.Client, r.Place
	return record
}

func (s *sessions) rotate(r phoneauth.Rotation) (phoneauth.SessionRecord, error) {
	return s.store.RotateSession(s.Context(), r)
}

// rotated must succeed.
func (s *sessions) rotated(r phoneauth.Rotation) phoneauth.SessionRecord {
	s.Helper()
	record, err := s.rotate(r)
	require.NoError(s, err, "RotateSession")
	return record
}

// reused requires that r ends its session, and that the session was as expected.
func (s *sessions) reused(want phoneauth.SessionRecord, r phoneauth.Rotation, message string) {
	s.Helper()
	record, err := s.rotate(r)
	require.ErrorIs(s, err, phoneauth.ErrReused, message)
	s.same(want, record, message+": returned as it was")
	s.dead(want, r.Now, message+": the session is ended")
}

// same checks that a record is the one expected, field by field.
func (s *sessions) same(want, got phoneauth.SessionRecord, message string) {
	s.Helper()
	assertUTC(s, got.AuthTime, got.CreatedAt, got.RotatedAt, got.IdleUntil, got.ExpiresAt)
	require.Equal(s, plainRecord(want), plainRecord(got), message)
}

func plainRecord(r phoneauth.SessionRecord) phoneauth.SessionRecord {
	r.Digest, r.Previous = plain(r.Digest), plain(r.Previous)
	if len(r.AMR) == 0 {
		r.AMR = nil
	}
	for _, at := range []*time.Time{&r.AuthTime, &r.CreatedAt, &r.RotatedAt, &r.IdleUntil, &r.ExpiresAt} {
		*at = at.UTC()
	}
	return r
}

// live checks that the store has want at now.
func (s *sessions) live(want phoneauth.SessionRecord, now time.Time, message string) {
	s.Helper()
	got, err := s.store.SessionByID(s.Context(), want.ID, now)
	require.NoError(s, err, "SessionByID: %s", message)
	s.same(want, got, message)
}

// dead checks that a session is not live at now.
func (s *sessions) dead(record phoneauth.SessionRecord, now time.Time, message string) {
	s.Helper()
	_, err := s.store.SessionByID(s.Context(), record.ID, now)
	require.ErrorIs(s, err, phoneauth.ErrNotFound, "SessionByID: %s", message)
}

var sessionLifeCases = []testCase[*sessions]{
	{"Create stores the session", "CreateSession stores n.Session", func(s *sessions) {
		one, two := s.create(), s.create()
		s.live(one, start, "the first")
		s.live(two, start, "the second")
	}},
	{"SessionByID of none", "ErrNotFound: none is live at now", func(s *sessions) {
		record := s.create()
		for _, id := range []string{"", "unknown", record.ID + "x", record.ID[1:], record.UserID} {
			_, err := s.store.SessionByID(s.Context(), id, start)
			require.ErrorIs(s, err, phoneauth.ErrNotFound, "SessionByID(%q)", id)
		}
	}},
	{"a session is idle", "It is live while now is before both IdleUntil and ExpiresAt", func(s *sessions) {
		record := s.create()
		s.live(record, record.IdleUntil.Add(-tick), "a microsecond before IdleUntil")
		s.dead(record, record.IdleUntil, "at IdleUntil")
	}},
	{"a session expires", "It is live while now is before both IdleUntil and ExpiresAt", func(s *sessions) {
		record := s.session(unique())
		record.IdleUntil = after(24 * time.Hour)
		s.stored(record)
		s.live(record, record.ExpiresAt.Add(-tick), "a microsecond before ExpiresAt")
		s.dead(record, record.ExpiresAt, "at ExpiresAt")
	}},
	{"End removes the session", "EndSession removes the session of the user", func(s *sessions) {
		record, other := s.create(), s.create()
		require.NoError(s, s.store.EndSession(s.Context(), record.UserID, record.ID))
		s.dead(record, start, "ended")
		_, err := s.rotate(s.rotation(record, start))
		require.ErrorIs(s, err, phoneauth.ErrNotFound)
		s.live(other, start, "another one")
	}},
	{"End of none", "ErrNotFound: the user has no session with this id", func(s *sessions) {
		record := s.create()
		for _, id := range []string{"", "unknown", unique(), record.ID + "x", record.UserID} {
			require.ErrorIs(s, s.store.EndSession(s.Context(), record.UserID, id), phoneauth.ErrNotFound, "EndSession of %q", id)
		}
		s.live(record, start, "another one")
		require.NoError(s, s.store.EndSession(s.Context(), record.UserID, record.ID))
		require.ErrorIs(s, s.store.EndSession(s.Context(), record.UserID, record.ID), phoneauth.ErrNotFound, "a second time")
	}},
	{"End of another user's session", "ErrNotFound: the user has no session with this id", func(s *sessions) {
		record, other := s.create(), s.create()
		for _, userID := range []string{other.UserID, "", "nobody", record.UserID + "x"} {
			require.ErrorIs(s, s.store.EndSession(s.Context(), userID, record.ID), phoneauth.ErrNotFound, "EndSession by %q", userID)
		}
		s.live(record, start, "a session that its user has not ended")
	}},
	{"Create of an ID that is not new", "if it is not, that is an error and nothing is stored", func(s *sessions) {
		record := s.create()
		for _, userID := range []string{record.UserID, unique()} {
			again := s.session(userID)
			again.ID = record.ID
			evicted, err := s.store.CreateSession(s.Context(), phoneauth.NewSession{Session: again, Most: 1, Now: start})
			require.Error(s, err)
			require.False(s, phoneauth.IsAnswer(err), "an error that is no answer, not %v", err)
			s.same(phoneauth.SessionRecord{}, evicted, "what stands beside the error")
			s.live(record, start, "the session that has the ID")
			s.listed(record.UserID, start, "the session that has the ID", record)
			if userID != record.UserID {
				s.listed(userID, start, "the user whose session was refused")
			}
		}
	}},
	{"EndUser removes all sessions of the user", "EndUserSessions removes all sessions of the user", func(s *sessions) {
		one := s.create()
		two, other := s.createOf(one.UserID), s.createOf(one.UserID+"x")
		s.rotated(s.rotation(two, start))
		require.NoError(s, s.store.EndUserSessions(s.Context(), one.UserID, ""))
		s.dead(one, start, "the first")
		s.dead(two, start, "the second, which was rotated")
		s.live(other, start, "one of another user")
	}},
	{"EndUser keeps one session", "removes all sessions of the user but exceptID, if that is set", func(s *sessions) {
		one := s.create()
		two, three := s.createOf(one.UserID), s.createOf(one.UserID)
		require.NoError(s, s.store.EndUserSessions(s.Context(), one.UserID, two.ID))
		s.dead(one, start, "the first")
		s.live(two, start, "the one that is excepted")
		s.dead(three, start, "the third")
	}},
	{"EndUser but for a session of another", "removes all sessions of the user but exceptID", func(s *sessions) {
		one, other := s.create(), s.create()
		require.NoError(s, s.store.EndUserSessions(s.Context(), one.UserID, other.ID))
		s.dead(one, start, "the only one")
		s.live(other, start, "one of another user")
		require.NoError(s, s.store.EndUserSessions(s.Context(), unique(), other.ID), "a user without sessions")
		s.live(other, start, "one of another user")
	}},
	{"EndUser and sessions after it", "EndUserSessions removes all sessions of the user", func(s *sessions) {
		one := s.create()
		require.NoError(s, s.store.EndUserSessions(s.Context(), one.UserID, ""))
		two := s.createOf(one.UserID)
		s.live(two, start, "begun after the others ended")
		require.NoError(s, s.store.EndUserSessions(s.Context(), one.UserID, ""))
		s.dead(two, start, "ended like the others")
	}},
}
