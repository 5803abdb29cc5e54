package storetest

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// sessions is the fixture of the cases of a SessionStore.
type sessions struct {
	testing.TB
	options
	store phoneauth.SessionStore
}

func newSessions(t testing.TB, store phoneauth.SessionStore, o options) *sessions {
	return &sessions{TB: t, options: o, store: store}
}

func sessionCases() []testCase[*sessions] {
	return slices.Concat(sessionLifeCases, rotateCases, sessionValueCases, sessionRaces)
}

// grace is how long a lost answer may be asked for again.
const grace = 10 * time.Second

// session is a new one of a user: idle after an hour, gone after three.
func (s *sessions) session(userID string) phoneauth.SessionRecord {
	return phoneauth.SessionRecord{
		ID: unique(), UserID: userID, Epoch: 3, DeviceID: unique(),
		Digest: []byte("digest " + unique()), AMR: []string{"sms", "pwd"},
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
	record := s.session(userID)
	require.NoError(s, s.store.CreateSession(s.Context(), record), "CreateSession")
	return record
}

// rotation exchanges the digest of a record for a new one, and is idle an hour after.
func (s *sessions) rotation(of phoneauth.SessionRecord, now time.Time) phoneauth.Rotation {
	return phoneauth.Rotation{ID: of.ID, Digest: bytes.Clone(of.Digest), Next: []byte("digest " + unique()),
		Grace: grace, IdleUntil: now.Add(time.Hour), Now: now}
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
	{"Create stores the session", "CreateSession stores s", func(s *sessions) {
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
		require.NoError(s, s.store.CreateSession(s.Context(), record))
		s.live(record, record.ExpiresAt.Add(-tick), "a microsecond before ExpiresAt")
		s.dead(record, record.ExpiresAt, "at ExpiresAt")
	}},
	{"End removes the session", "EndSession removes the session", func(s *sessions) {
		record, other := s.create(), s.create()
		require.NoError(s, s.store.EndSession(s.Context(), record.ID))
		s.dead(record, start, "ended")
		_, err := s.rotate(s.rotation(record, start))
		require.ErrorIs(s, err, phoneauth.ErrNotFound)
		s.live(other, start, "another one")
	}},
	{"End of none", "An unknown id is no error", func(s *sessions) {
		record := s.create()
		require.NoError(s, s.store.EndSession(s.Context(), unique()))
		require.NoError(s, s.store.EndSession(s.Context(), ""))
		s.live(record, start, "another one")
		require.NoError(s, s.store.EndSession(s.Context(), record.ID))
		require.NoError(s, s.store.EndSession(s.Context(), record.ID), "a second time")
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

var sessionValueCases = []testCase[*sessions]{
	{"sessions come back in UTC", "come back as the same instant in UTC", func(s *sessions) {
		record := s.session(unique())
		local := record
		for _, at := range []*time.Time{&local.AuthTime, &local.CreatedAt, &local.IdleUntil, &local.ExpiresAt} {
			*at = at.In(elsewhere)
		}
		require.NoError(s, s.store.CreateSession(s.Context(), local))
		s.live(record, record.IdleUntil.Add(-tick).In(elsewhere), "as stored")
		s.dead(record, record.IdleUntil.In(elsewhere), "at IdleUntil")
		r := s.rotation(record, after(tick).In(elsewhere))
		r.IdleUntil = r.IdleUntil.In(elsewhere)
		record.Previous, record.Digest, record.RotatedAt, record.IdleUntil = record.Digest, r.Next, r.Now, r.IdleUntil
		s.same(record, s.rotated(r), "as rotated")
		s.same(record, s.rotated(r), "as asked for again")
		s.live(record, after(time.Minute).In(elsewhere), "as rotated")
		r.Now = r.Now.Add(grace)
		s.reused(record, r, "after the grace")
	}},
	{"zero times of a session", "the zero time comes back zero", func(s *sessions) {
		record := s.session(unique())
		record.AuthTime, record.CreatedAt = time.Time{}, time.Time{}
		require.NoError(s, s.store.CreateSession(s.Context(), record))
		got, err := s.store.SessionByID(s.Context(), record.ID, start)
		require.NoError(s, err)
		assert.True(s, got.RotatedAt.IsZero(), "RotatedAt is zero before the first rotation")
		assert.True(s, got.AuthTime.IsZero())
		assert.True(s, got.CreatedAt.IsZero())
	}},
	{"sessions far from now", "A store never reads a clock: the time is an argument", func(s *sessions) {
		for _, now := range farAway {
			record := s.session(unique())
			record.IdleUntil, record.ExpiresAt = now.Add(time.Hour), now.Add(3*time.Hour)
			require.NoError(s, s.store.CreateSession(s.Context(), record))
			s.live(record, now.Add(time.Hour-tick), "live until it is idle")
			record = s.rotated(s.rotation(record, now))
			s.dead(record, now.Add(time.Hour), "idle after an hour")
		}
	}},
	{"sessions keep microseconds", "Times are UTC and whole microseconds", func(s *sessions) {
		record := s.session(unique())
		for i, at := range []*time.Time{&record.AuthTime, &record.CreatedAt, &record.IdleUntil, &record.ExpiresAt} {
			*at = at.Add(time.Duration(i+1) * tick)
		}
		require.NoError(s, s.store.CreateSession(s.Context(), record))
		s.live(record, start, "to the microsecond")
	}},
	{"sessions go in by value", "a store neither keeps nor changes a slice it was handed", func(s *sessions) {
		record := s.session(unique())
		was := record
		was.Digest, was.AMR = bytes.Clone(record.Digest), slices.Clone(record.AMR)
		require.NoError(s, s.store.CreateSession(s.Context(), record))
		spoil(record.Digest)
		record.AMR[0] = "!"
		s.live(was, start, "as handed over")
		r := s.rotation(was, start)
		was.Previous, was.Digest, was.RotatedAt, was.IdleUntil = was.Digest, bytes.Clone(r.Next), r.Now, r.IdleUntil
		s.rotated(r)
		assert.Equal(s, was.Previous, r.Digest, "unchanged by the store")
		assert.Equal(s, was.Digest, r.Next, "unchanged by the store")
		spoil(r.Digest, r.Next)
		s.live(was, start, "as handed over")
	}},
	{"sessions come out by value", "what it returns is the caller's", func(s *sessions) {
		record := s.create()
		spoilt := func(got phoneauth.SessionRecord, err error) {
			s.Helper()
			require.NoError(s, err)
			spoil(got.Digest, got.Previous)
			got.AMR[0] = "!"
		}
		spoilt(s.store.SessionByID(s.Context(), record.ID, start))
		s.live(record, start, "after what SessionByID returned changed")
		r := s.rotation(record, start)
		record.Previous, record.Digest, record.RotatedAt, record.IdleUntil = record.Digest, bytes.Clone(r.Next), r.Now, r.IdleUntil
		spoilt(s.rotate(r))
		s.live(record, start, "after what RotateSession returned changed")
		spoilt(s.rotate(r))
		s.live(record, start, "after what RotateSession returned within the grace changed")
	}},
	{"plain and binary values of a session", "Empty and nil byte slices are the same", func(s *sessions) {
		record := s.session(strings.Repeat("u", 128))
		record.ID = strings.Repeat("s", 128-26) + unique()
		record.Digest, record.Previous, record.AMR, record.DeviceID, record.Epoch = blob(256), []byte{}, nil, "", 0
		require.NoError(s, s.store.CreateSession(s.Context(), record))
		s.live(record, start, "every byte")
		r := s.rotation(record, start)
		r.Next = []byte{0, 0xff, 0}
		record.Previous, record.Digest, record.RotatedAt, record.IdleUntil = record.Digest, r.Next, r.Now, r.IdleUntil
		s.same(record, s.rotated(r), "every byte")
		require.NoError(s, s.store.EndSession(s.Context(), record.ID))
	}},
	{"session ids are told apart byte by byte", "compared byte by byte", func(s *sessions) {
		upper, lower := s.session(unique()), s.session(unique())
		lower.ID, lower.UserID = strings.ToLower(upper.ID), strings.ToLower(upper.UserID)
		require.NoError(s, s.store.CreateSession(s.Context(), upper))
		require.NoError(s, s.store.CreateSession(s.Context(), lower))
		s.live(upper, start, "the one")
		s.live(lower, start, "the other")
		require.NoError(s, s.store.EndUserSessions(s.Context(), lower.UserID, ""))
		s.live(upper, start, "the one")
		s.dead(lower, start, "the other")
	}},
	{"Purge of sessions", "It changes no answer of any verb", func(s *sessions) {
		idle, busy, expired := s.create(), s.create(), s.create()
		r := s.rotation(busy, after(time.Second))
		busy = s.rotated(r)
		r = s.rotation(expired, start)
		r.IdleUntil = after(24 * time.Hour)
		expired = s.rotated(r)
		s.purge(idle.IdleUntil.Add(-tick))
		s.live(idle, idle.IdleUntil.Add(-tick), "a microsecond to live")
		s.purge(idle.IdleUntil)
		s.dead(idle, idle.IdleUntil, "at IdleUntil")
		s.live(busy, idle.IdleUntil, "a second more to live")
		s.purge(expired.ExpiresAt.Add(-tick))
		s.live(expired, expired.ExpiresAt.Add(-tick), "a microsecond to live")
		s.purge(expired.ExpiresAt)
		s.dead(expired, expired.ExpiresAt, "at ExpiresAt")
	}},
}

// purge is Purge, of a store that has it.
func (s *sessions) purge(now time.Time) {
	s.Helper()
	if purger, ok := s.store.(phoneauth.Purger); ok {
		removed, err := purger.Purge(s.Context(), now)
		require.NoError(s, err, "Purge")
		require.GreaterOrEqual(s, removed, 0, "how many records that were")
	}
}
