package storetest

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

var sessionValueCases = []testCase[*sessions]{
	{"sessions come back in UTC", "come back as the same instant in UTC", func(s *sessions) {
		record := s.session(unique())
		local := record
		for _, at := range []*time.Time{&local.AuthTime, &local.CreatedAt, &local.IdleUntil, &local.ExpiresAt} {
			*at = at.In(elsewhere)
		}
		s.stored(local)
		s.live(record, record.IdleUntil.Add(-tick).In(elsewhere), "as stored")
		s.dead(record, record.IdleUntil.In(elsewhere), "at IdleUntil")
		r := s.rotation(record, after(tick).In(elsewhere))
		r.IdleUntil = r.IdleUntil.In(elsewhere)
		record = rotatedTo(record, r)
		s.same(record, s.rotated(r), "as rotated")
		s.same(record, s.rotated(r), "as asked for again")
		s.live(record, after(time.Minute).In(elsewhere), "as rotated")
		r.Now = r.Now.Add(grace)
		s.reused(record, r, "after the grace")
	}},
	{"zero times of a session", "the zero time comes back zero", func(s *sessions) {
		record := s.session(unique())
		record.AuthTime, record.CreatedAt = time.Time{}, time.Time{}
		s.stored(record)
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
			s.stored(record)
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
		s.stored(record)
		s.live(record, start, "to the microsecond")
	}},
	{"sessions go in by value", "a store neither keeps nor changes a slice it was handed", func(s *sessions) {
		record := s.session(unique())
		was := record
		was.Digest, was.AMR = bytes.Clone(record.Digest), slices.Clone(record.AMR)
		s.stored(record)
		spoil(record.Digest)
		record.AMR[0] = "!"
		s.live(was, start, "as handed over")
		r := s.rotation(was, start)
		was = rotatedTo(was, r)
		s.rotated(r)
		assert.Equal(s, was.Previous, r.Digest, "unchanged by the store")
		assert.Equal(s, was.Digest, r.Next, "unchanged by the store")
		spoil(r.Digest, r.Next)
		s.live(was, start, "as handed over")
	}},
	{"sessions come out by value", "what it returns belongs to the caller", func(s *sessions) {
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
		record = rotatedTo(record, r)
		spoilt(s.rotate(r))
		s.live(record, start, "after what RotateSession returned changed")
		spoilt(s.rotate(r))
		s.live(record, start, "after what RotateSession returned within the grace changed")
	}},
	{"plain and binary values of a session", "Empty and nil byte slices are the same", func(s *sessions) {
		record := s.session(strings.Repeat("u", 128))
		record.ID = strings.Repeat("s", 128-26) + unique()
		record.Digest, record.Previous, record.AMR, record.DeviceID, record.Epoch = blob(256), []byte{}, nil, "", 0
		record.ByPassword, record.Client, record.Place = false, strings.Repeat("c", 64), ""
		s.stored(record)
		s.live(record, start, "every byte")
		r := s.rotation(record, start)
		r.Next = []byte{0, 0xff, 0}
		record = rotatedTo(record, r)
		s.same(record, s.rotated(r), "every byte")
		require.NoError(s, s.store.EndSession(s.Context(), record.UserID, record.ID))
	}},
	{"session ids are told apart byte by byte", "compared byte by byte", func(s *sessions) {
		upper, lower := s.session(unique()), s.session(unique())
		lower.ID, lower.UserID = strings.ToLower(upper.ID), strings.ToLower(upper.UserID)
		s.stored(upper)
		s.stored(lower)
		s.live(upper, start, "the one")
		s.live(lower, start, "the other")
		require.NoError(s, s.store.EndUserSessions(s.Context(), lower.UserID, ""))
		s.live(upper, start, "the one")
		s.dead(lower, start, "the other")
	}},
}
