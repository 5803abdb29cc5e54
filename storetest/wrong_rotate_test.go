package storetest

import (
	"bytes"
	"errors"
	"time"

	"github.com/phoneauth/phoneauth"
)

// rotating is a store that rotates otherwise than was asked.
func rotating(change func(s *byHand, r *phoneauth.Rotation)) func(*broken, *byHand) {
	return func(w *broken, s *byHand) {
		w.rotate = func(r phoneauth.Rotation) (phoneauth.SessionRecord, error) {
			change(s, &r)
			return s.RotateSession(ctx, r)
		}
	}
}

// rotated is a store where a rotation comes to something else.
func rotated(change func(before phoneauth.SessionRecord, r phoneauth.Rotation, after *phoneauth.SessionRecord)) func(*broken, *byHand) {
	return func(w *broken, s *byHand) {
		w.rotate = func(r phoneauth.Rotation) (phoneauth.SessionRecord, error) {
			before := s.sessions[r.ID]
			record, err := s.RotateSession(ctx, r)
			if err == nil {
				change(before, r, &record)
				s.sessions[r.ID] = cloneSession(record)
			}
			return record, err
		}
	}
}

// reusing is a store that does something else about reuse.
func reusing(change func(s *byHand, was *phoneauth.SessionRecord, err *error)) func(*broken, *byHand) {
	return func(w *broken, s *byHand) {
		w.rotate = func(r phoneauth.Rotation) (phoneauth.SessionRecord, error) {
			record, err := s.RotateSession(ctx, r)
			if errors.Is(err, phoneauth.ErrReused) {
				change(s, &record, &err)
			}
			return record, err
		}
	}
}

// graced is a store with a grace of its own.
func graced(grace func(record phoneauth.SessionRecord, r phoneauth.Rotation) time.Duration) func(*broken, *byHand) {
	return rotating(func(s *byHand, r *phoneauth.Rotation) { r.Grace = grace(s.sessions[r.ID], *r) })
}

var wrongRotations = []wrongStore{
	{"Rotate forgets Previous", "Rotate with Digest", rotated(func(_ phoneauth.SessionRecord, _ phoneauth.Rotation, after *phoneauth.SessionRecord) {
		after.Previous = nil
	})},
	{"Rotate leaves RotatedAt", "Rotate with Digest", rotated(func(before phoneauth.SessionRecord, _ phoneauth.Rotation, after *phoneauth.SessionRecord) {
		after.RotatedAt = before.RotatedAt
	})},
	{"Rotate answers as before", "Rotate with Digest", func(w *broken, s *byHand) {
		w.rotate = func(r phoneauth.Rotation) (phoneauth.SessionRecord, error) {
			before := s.sessions[r.ID]
			_, err := s.RotateSession(ctx, r)
			return before, err
		}
	}},
	{"Rotate leaves IdleUntil", "Rotate moves IdleUntil", rotated(func(before phoneauth.SessionRecord, _ phoneauth.Rotation, after *phoneauth.SessionRecord) {
		after.IdleUntil = before.IdleUntil
	})},
	{"Rotate of none is reuse", "Rotate of none", func(w *broken, s *byHand) {
		w.rotate = func(r phoneauth.Rotation) (phoneauth.SessionRecord, error) {
			record, err := s.RotateSession(ctx, r)
			if errors.Is(err, phoneauth.ErrNotFound) {
				err = phoneauth.ErrReused
			}
			return record, err
		}
	}},
	{"Rotate revives at the very expiry", "Rotate at IdleUntil", rotating(func(_ *byHand, r *phoneauth.Rotation) { r.Now = r.Now.Add(-tick) })},
	{"Rotate moves ExpiresAt", "Rotate at ExpiresAt", rotated(func(_ phoneauth.SessionRecord, r phoneauth.Rotation, after *phoneauth.SessionRecord) {
		after.ExpiresAt = later(after.ExpiresAt, r.IdleUntil)
	})},
	{"Rotate loses AMR", "Rotate keeps the rest", rotated(func(_ phoneauth.SessionRecord, _ phoneauth.Rotation, after *phoneauth.SessionRecord) { after.AMR = nil })},
	{"Rotate sets AuthTime", "Rotate keeps the rest", rotated(func(_ phoneauth.SessionRecord, r phoneauth.Rotation, after *phoneauth.SessionRecord) {
		after.AuthTime = r.Now
	})},
	{"Rotate of all sessions of the user", "Rotate keeps other sessions", rotating(func(s *byHand, r *phoneauth.Rotation) {
		for id, record := range s.sessions {
			if id != r.ID && record.UserID == s.sessions[r.ID].UserID {
				record.IdleUntil = r.IdleUntil.Add(tick)
				s.sessions[id] = record
			}
		}
	})},
	{"the grace rotates again", "Rotate with Previous within the grace", rotating(func(s *byHand, r *phoneauth.Rotation) {
		if record := s.sessions[r.ID]; bytes.Equal(record.Previous, r.Digest) && r.Now.Before(record.RotatedAt.Add(r.Grace)) {
			r.Digest = record.Digest
		}
	})},
	{"the grace moves IdleUntil", "Rotate with Previous within the grace", rotated(func(_ phoneauth.SessionRecord, r phoneauth.Rotation, after *phoneauth.SessionRecord) {
		after.IdleUntil = r.IdleUntil
	})},
	{"the grace is too long", "Rotate with Previous at the end of the grace", graced(func(_ phoneauth.SessionRecord, r phoneauth.Rotation) time.Duration { return r.Grace + tick })},
	{"the grace is too short", "Rotate with Previous within the grace", graced(func(_ phoneauth.SessionRecord, r phoneauth.Rotation) time.Duration { return r.Grace - tick })},
	{"the grace never ends", "reuse ends the session", graced(func(phoneauth.SessionRecord, phoneauth.Rotation) time.Duration { return 1000 * time.Hour })},
	{"the grace is the store's", "Rotate with Previous and another grace", graced(func(_ phoneauth.SessionRecord, r phoneauth.Rotation) time.Duration { return grace })},
	{"there is a grace of a moment", "Rotate with Previous and no grace", graced(func(_ phoneauth.SessionRecord, r phoneauth.Rotation) time.Duration { return max(r.Grace, time.Second) })},
	{"the grace is for the first rotation only", "the unused successor is used", func(w *broken, s *byHand) {
		rotations := map[string]int{}
		w.rotate = func(r phoneauth.Rotation) (phoneauth.SessionRecord, error) {
			if rotations[r.ID] > 1 {
				r.Grace = 0
			}
			if bytes.Equal(s.sessions[r.ID].Digest, r.Digest) {
				rotations[r.ID]++
			}
			return s.RotateSession(ctx, r)
		}
	}},
	{"the grace is cut to microseconds", "Rotate rounds Grace up", graced(func(_ phoneauth.SessionRecord, r phoneauth.Rotation) time.Duration { return r.Grace.Truncate(tick) })},
	{"reuse ends nothing", "reuse ends the session", reusing(func(s *byHand, was *phoneauth.SessionRecord, _ *error) { s.sessions[was.ID] = *was })},
	{"reuse ends all sessions of the user", "reuse ends the session", reusing(func(s *byHand, was *phoneauth.SessionRecord, _ *error) { s.EndUserSessions(ctx, was.UserID, "") })},
	{"reuse returns nothing", "reuse ends the session", reusing(func(_ *byHand, was *phoneauth.SessionRecord, _ *error) { *was = phoneauth.SessionRecord{} })},
	{"reuse is not told", "reuse ends the session", reusing(func(_ *byHand, _ *phoneauth.SessionRecord, err *error) { *err = phoneauth.ErrNotFound })},
	{"older tokens are unknown", "reuse of an older token", reusing(func(s *byHand, was *phoneauth.SessionRecord, err *error) {
		if was.RotatedAt.After(start) {
			s.sessions[was.ID], *err = *was, phoneauth.ErrNotFound
		}
	})},
	{"an unknown token is ignored", "Rotate with an unknown digest", reusing(func(s *byHand, was *phoneauth.SessionRecord, err *error) {
		s.sessions[was.ID], *err = *was, phoneauth.ErrNotFound
	})},
	{"an empty token is Previous", "Rotate with an empty digest", func(w *broken, s *byHand) {
		w.rotate = func(r phoneauth.Rotation) (phoneauth.SessionRecord, error) {
			if record, ok := s.sessions[r.ID]; ok && bytes.Equal(record.Previous, r.Digest) && record.RotatedAt.IsZero() {
				return cloneSession(record), nil
			}
			return s.RotateSession(ctx, r)
		}
	}},
	{"an empty token is unknown", "Rotate with an empty digest", func(w *broken, s *byHand) {
		w.rotate = func(r phoneauth.Rotation) (phoneauth.SessionRecord, error) {
			if len(r.Digest) == 0 {
				return phoneauth.SessionRecord{}, phoneauth.ErrNotFound
			}
			return s.RotateSession(ctx, r)
		}
	}},
	{"part of a token is good", "Rotate with part of a digest", rotating(func(s *byHand, r *phoneauth.Rotation) {
		if digest := s.sessions[r.ID].Digest; len(r.Digest) > 0 && bytes.HasPrefix(digest, r.Digest) {
			r.Digest = digest
		}
	})},
	{"Rotate leaves Client and Place", "Rotate with Digest", rotated(func(before phoneauth.SessionRecord, _ phoneauth.Rotation, after *phoneauth.SessionRecord) {
		after.Client, after.Place = before.Client, before.Place
	})},
	{"the grace changes Client", "Rotate with Previous within the grace", rotated(func(_ phoneauth.SessionRecord, r phoneauth.Rotation, after *phoneauth.SessionRecord) {
		after.Client = r.Client
	})},
	{"Rotate forgets how the user signed in", "Rotate keeps the rest", rotated(func(_ phoneauth.SessionRecord, _ phoneauth.Rotation, after *phoneauth.SessionRecord) {
		after.ByPassword = false
	})},
}
