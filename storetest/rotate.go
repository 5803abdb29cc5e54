package storetest

import (
	"bytes"
	"strconv"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

var rotateCases = []testCase[*sessions]{
	{"Rotate with Digest", "Previous becomes Digest, Digest becomes r.Next, RotatedAt r.Now, IdleUntil r.IdleUntil, Client r.Client and Place r.Place", func(s *sessions) {
		record := s.create()
		for i := range 3 {
			now := after(time.Duration(i+1) * time.Minute)
			r := s.rotation(record, now)
			r.Client = "Chrome " + strconv.Itoa(i)
			record = rotatedTo(record, r)
			s.same(record, s.rotated(r), "Without an error the record is returned as it then is")
			s.live(record, now, "as stored")
		}
	}},
	{"Rotate of none", "No session r.ID is live at r.Now: ErrNotFound", func(s *sessions) {
		record := s.create()
		r := s.rotation(record, start)
		r.ID = unique()
		_, err := s.rotate(r)
		require.ErrorIs(s, err, phoneauth.ErrNotFound)
		s.live(record, start, "another one")
	}},
	{"Rotate moves IdleUntil", "IdleUntil r.IdleUntil", func(s *sessions) {
		record := s.create()
		record = s.rotated(s.rotation(record, record.IdleUntil.Add(-tick)))
		s.live(record, after(2*time.Hour-2*tick), "an hour after it was used")
		s.dead(record, after(2*time.Hour-tick), "idle for an hour")
	}},
	{"Rotate at IdleUntil", "No session r.ID is live at r.Now: ErrNotFound", func(s *sessions) {
		record := s.create()
		_, err := s.rotate(s.rotation(record, record.IdleUntil))
		require.ErrorIs(s, err, phoneauth.ErrNotFound)
	}},
	{"Rotate at ExpiresAt", "It is live while now is before both IdleUntil and ExpiresAt", func(s *sessions) {
		record := s.create()
		end := record.ExpiresAt
		r := s.rotation(record, start)
		r.IdleUntil = after(24 * time.Hour)
		record = s.rotated(r)
		s.live(record, end.Add(-tick), "a microsecond before")
		record = s.rotated(s.rotation(record, end.Add(-tick)))
		_, err := s.rotate(s.rotation(record, end))
		require.ErrorIs(s, err, phoneauth.ErrNotFound, "no rotation moves ExpiresAt")
		s.dead(record, end, "no rotation moves ExpiresAt")
	}},
	{"Rotate with Previous within the grace", "It equals Previous, and r.Now is before RotatedAt plus r.Grace: nothing changes", func(s *sessions) {
		r := s.rotation(s.create(), start)
		record := s.rotated(r)
		for _, at := range []time.Duration{0, tick, grace - tick} {
			again := r
			again.Next, again.Now, again.IdleUntil = []byte("digest of another successor"), after(at), after(2*time.Hour)
			again.Client, again.Place = "Firefox", "Luxor"
			s.same(record, s.rotated(again), "Digest is that of the unused successor")
			s.live(record, after(at), "nothing changes")
		}
		s.rotated(s.rotation(record, after(time.Minute)))
	}},
	{"Rotate with Previous at the end of the grace", "r.Now is before RotatedAt plus r.Grace", func(s *sessions) {
		r := s.rotation(s.create(), start)
		record := s.rotated(r)
		r.Now = after(grace)
		s.reused(record, r, "at RotatedAt plus Grace")
	}},
	{"Rotate with Previous and another grace", "r.Now is before RotatedAt plus r.Grace", func(s *sessions) {
		r := s.rotation(s.create(), start)
		record := s.rotated(r)
		r.Now, r.Grace = after(time.Minute), time.Minute+tick
		s.same(record, s.rotated(r), "the grace is the caller's")
		r.Grace = time.Minute
		s.reused(record, r, "the grace is the caller's")
	}},
	{"Rotate with Previous and no grace", "Else ErrReused: the session is ended", func(s *sessions) {
		r := s.rotation(s.create(), start)
		record := s.rotated(r)
		r.Grace = 0
		s.reused(record, r, "without a grace")
	}},
	{"reuse ends the session", "Else ErrReused: the session is ended, and returned as it was", func(s *sessions) {
		r := s.rotation(s.create(), start)
		record := s.rotated(r)
		other := s.createOf(record.UserID)
		r.Now = after(time.Minute)
		s.reused(record, r, "reuse after the grace")
		_, err := s.rotate(s.rotation(record, after(time.Minute)))
		require.ErrorIs(s, err, phoneauth.ErrNotFound, "the successor is worth nothing, too")
		s.live(other, after(time.Minute), "another session of the user")
	}},
	{"reuse of an older token", "Else ErrReused: the session is ended", func(s *sessions) {
		oldest := s.rotation(s.create(), start)
		record := s.rotated(s.rotation(s.rotated(oldest), after(tick)))
		oldest.Now = after(2 * tick)
		s.reused(record, oldest, "two generations old, within the grace")
	}},
	{"the unused successor is used", "The caller lost the answer; Digest is that of the unused successor", func(s *sessions) {
		first := s.rotation(s.create(), start)
		record := s.rotated(first)
		second := s.rotation(record, after(tick))
		record = s.rotated(second)
		second.Now = after(2 * tick)
		s.same(record, s.rotated(second), "the token before is within its grace")
		first.Now = after(3 * tick)
		s.reused(record, first, "the one before that is not, since its successor was used")
	}},
	{"Rotate rounds Grace up", "Durations are rounded up to whole microseconds", func(s *sessions) {
		r := s.rotation(s.create(), start)
		record := s.rotated(r)
		r.Now, r.Grace = after(grace), grace+1
		s.same(record, s.rotated(r), "a grace of a part of a microsecond more")
		r.Now = after(grace + tick)
		s.reused(record, r, "a microsecond more")
	}},
	{"Rotate with an empty digest", "An empty digest equals nothing", func(s *sessions) {
		for _, digest := range [][]byte{nil, {}} {
			record := s.create()
			r := s.rotation(record, start)
			r.Digest = digest
			s.reused(record, r, "Previous is empty, too, before the first rotation")
		}
	}},
	{"Rotate with an unknown digest", "Else ErrReused", func(s *sessions) {
		for _, digest := range [][]byte{[]byte("unknown"), []byte("digest"), {0}} {
			record := s.create()
			r := s.rotation(record, start)
			r.Digest = digest
			s.reused(record, r, "neither Digest nor Previous")
		}
	}},
	{"Rotate with part of a digest", "RotateSession compares r.Digest with the session's digests", func(s *sessions) {
		for _, cut := range []func([]byte) []byte{
			func(d []byte) []byte { return d[1:] },
			func(d []byte) []byte { return d[:len(d)-1] },
			func(d []byte) []byte { return append(bytes.Clone(d), 'x') },
		} {
			record := s.create()
			r := s.rotation(record, start)
			r.Digest = cut(r.Digest)
			s.reused(record, r, "another digest")
		}
	}},
	{"Rotate keeps the rest", "Without an error the record is returned as it then is", func(s *sessions) {
		record := s.create()
		got := s.rotated(s.rotation(record, after(time.Minute)))
		assert.Equal(s, record.UserID, got.UserID)
		assert.Equal(s, record.Epoch, got.Epoch)
		assert.Equal(s, record.DeviceID, got.DeviceID)
		assert.Equal(s, record.AMR, got.AMR)
		assert.Equal(s, record.ByPassword, got.ByPassword)
		assert.WithinRange(s, got.AuthTime, record.AuthTime, record.AuthTime)
		assert.WithinRange(s, got.CreatedAt, record.CreatedAt, record.CreatedAt)
		assert.WithinRange(s, got.ExpiresAt, record.ExpiresAt, record.ExpiresAt)
	}},
	{"Rotate keeps other sessions", "one record for each family of refresh tokens", func(s *sessions) {
		one := s.create()
		two := s.createOf(one.UserID)
		s.rotated(s.rotation(one, start))
		s.live(two, start, "another session of the user")
		r := s.rotation(two, start)
		r.Digest = one.Digest
		s.reused(two, r, "a token of another session")
	}},
}
