package storetest

import (
	"bytes"
	"errors"
	"time"

	"github.com/phoneauth/phoneauth"
)

// rotating is a store that rotates otherwise than was asked.
func rotating(change func(s *reference, r *phoneauth.Rotation)) func(*broken, *reference) {
	return func(w *broken, s *reference) {
		w.rotate = func(r phoneauth.Rotation) (phoneauth.SessionRecord, error) {
			change(s, &r)
			return s.RotateSession(ctx, r)
		}
	}
}

// rotated is a store where a rotation comes to something else.
func rotated(change func(before phoneauth.SessionRecord, r phoneauth.Rotation, after *phoneauth.SessionRecord)) func(*broken, *reference) {
	return func(w *broken, s *reference) {
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
func reusing(change func(s *reference, was *phoneauth.SessionRecord, err *error)) func(*broken, *reference) {
	return func(w *broken, s *reference) {
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
func graced(grace func(record phoneauth.SessionRecord, r phoneauth.Rotation) bool) func(*broken, *reference) {
	return func(_ *broken, s *reference) { s.grace = grace }
}

var wrongSessions = []wrongStore{
	{"sessions lose their device", "Create stores the session", copying(nil, func(r phoneauth.SessionRecord) phoneauth.SessionRecord {
		r = cloneSession(r)
		r.DeviceID = ""
		return r
	})},
	{"sessions lose their epoch", "Create stores the session", copying(nil, func(r phoneauth.SessionRecord) phoneauth.SessionRecord {
		r = cloneSession(r)
		r.Epoch = 0
		return r
	})},
	{"an id that begins alike will do", "SessionByID of none", func(w *broken, s *reference) {
		w.sessionByID = func(id string, now time.Time) (phoneauth.SessionRecord, error) {
			return s.SessionByID(ctx, id[:min(26, len(id))], now)
		}
	}},
	{"sessions are never idle", "a session is idle", copying(nil, func(r phoneauth.SessionRecord) phoneauth.SessionRecord {
		r = cloneSession(r)
		r.IdleUntil = r.ExpiresAt
		return r
	})},
	{"sessions never expire", "a session expires", copying(nil, func(r phoneauth.SessionRecord) phoneauth.SessionRecord {
		r = cloneSession(r)
		r.ExpiresAt = later(r.ExpiresAt, r.IdleUntil)
		return r
	})},
	{"sessions live at the very expiry", "a session is idle", func(w *broken, s *reference) {
		w.sessionByID = func(id string, now time.Time) (phoneauth.SessionRecord, error) {
			return s.SessionByID(ctx, id, now.Add(-tick))
		}
	}},
	{"sessions are gone too early", "a session expires", func(w *broken, s *reference) {
		w.sessionByID = func(id string, now time.Time) (phoneauth.SessionRecord, error) {
			return s.SessionByID(ctx, id, now.Add(tick))
		}
	}},
	{"End ends nothing", "End removes the session", func(w *broken, _ *reference) { w.end = func(string) error { return nil } }},
	{"End of none is an error", "End of none", func(w *broken, s *reference) {
		w.end = func(id string) error {
			if _, ok := s.sessions[id]; !ok {
				return phoneauth.ErrNotFound
			}
			return s.EndSession(ctx, id)
		}
	}},
	{"EndUser ends one session", "EndUser removes all sessions of the user", func(w *broken, s *reference) {
		w.endUser = func(userID, exceptID string) error {
			for id, record := range s.sessions {
				if record.UserID == userID {
					delete(s.sessions, id)
					break
				}
			}
			return nil
		}
	}},
	{"EndUser leaves what was rotated", "EndUser removes all sessions of the user", func(w *broken, s *reference) {
		w.endUser = func(userID, exceptID string) error {
			for id, record := range s.sessions {
				if record.UserID == userID && record.RotatedAt.IsZero() {
					delete(s.sessions, id)
				}
			}
			return nil
		}
	}},
	{"EndUser ends all users' sessions", "EndUser removes all sessions of the user", func(w *broken, s *reference) {
		w.endUser = func(string, string) error { clear(s.sessions); return nil }
	}},
	{"EndUser excepts nothing", "EndUser keeps one session", func(w *broken, s *reference) {
		w.endUser = func(userID, _ string) error { return s.EndUserSessions(ctx, userID, "") }
	}},
	{"EndUser ends the one that is excepted", "EndUser keeps one session", func(w *broken, s *reference) {
		w.endUser = func(userID, exceptID string) error {
			if exceptID != "" {
				return s.EndSession(ctx, exceptID)
			}
			return s.EndUserSessions(ctx, userID, "")
		}
	}},
	{"EndUser heeds a stranger's exception", "EndUser but for a session of another", func(w *broken, s *reference) {
		w.endUser = func(userID, exceptID string) error {
			if exceptID != "" && s.sessions[exceptID].UserID != userID {
				return nil
			}
			return s.EndUserSessions(ctx, userID, exceptID)
		}
	}},
	{"EndUser works once", "EndUser and sessions after it", func(w *broken, s *reference) {
		ended := map[string]bool{}
		w.endUser = func(userID, exceptID string) error {
			if ended[userID] {
				return nil
			}
			ended[userID] = true
			return s.EndUserSessions(ctx, userID, exceptID)
		}
	}},

	{"Rotate forgets Previous", "Rotate with Digest", rotated(func(_ phoneauth.SessionRecord, _ phoneauth.Rotation, after *phoneauth.SessionRecord) {
		after.Previous = nil
	})},
	{"Rotate leaves RotatedAt", "Rotate with Digest", rotated(func(before phoneauth.SessionRecord, _ phoneauth.Rotation, after *phoneauth.SessionRecord) {
		after.RotatedAt = before.RotatedAt
	})},
	{"Rotate answers as before", "Rotate with Digest", func(w *broken, s *reference) {
		w.rotate = func(r phoneauth.Rotation) (phoneauth.SessionRecord, error) {
			before := s.sessions[r.ID]
			_, err := s.RotateSession(ctx, r)
			return before, err
		}
	}},
	{"Rotate leaves IdleUntil", "Rotate moves IdleUntil", rotated(func(before phoneauth.SessionRecord, _ phoneauth.Rotation, after *phoneauth.SessionRecord) {
		after.IdleUntil = before.IdleUntil
	})},
	{"Rotate of none is reuse", "Rotate of none", func(w *broken, s *reference) {
		w.rotate = func(r phoneauth.Rotation) (phoneauth.SessionRecord, error) {
			record, err := s.RotateSession(ctx, r)
			if errors.Is(err, phoneauth.ErrNotFound) {
				err = phoneauth.ErrReused
			}
			return record, err
		}
	}},
	{"Rotate revives at the very expiry", "Rotate at IdleUntil", rotating(func(_ *reference, r *phoneauth.Rotation) { r.Now = r.Now.Add(-tick) })},
	{"Rotate moves ExpiresAt", "Rotate at ExpiresAt", rotated(func(_ phoneauth.SessionRecord, r phoneauth.Rotation, after *phoneauth.SessionRecord) {
		after.ExpiresAt = later(after.ExpiresAt, r.IdleUntil)
	})},
	{"Rotate loses AMR", "Rotate keeps the rest", rotated(func(_ phoneauth.SessionRecord, _ phoneauth.Rotation, after *phoneauth.SessionRecord) { after.AMR = nil })},
	{"Rotate sets AuthTime", "Rotate keeps the rest", rotated(func(_ phoneauth.SessionRecord, r phoneauth.Rotation, after *phoneauth.SessionRecord) {
		after.AuthTime = r.Now
	})},
	{"Rotate of all sessions of the user", "Rotate keeps other sessions", rotating(func(s *reference, r *phoneauth.Rotation) {
		for id, record := range s.sessions {
			if id != r.ID && record.UserID == s.sessions[r.ID].UserID {
				record.IdleUntil = r.IdleUntil.Add(tick)
				s.sessions[id] = record
			}
		}
	})},
	{"the grace rotates again", "Rotate with Previous within the grace", rotating(func(s *reference, r *phoneauth.Rotation) {
		if record := s.sessions[r.ID]; bytes.Equal(record.Previous, r.Digest) && inGrace(record, *r) {
			r.Digest = record.Digest
		}
	})},
	{"the grace moves IdleUntil", "Rotate with Previous within the grace", rotated(func(_ phoneauth.SessionRecord, r phoneauth.Rotation, after *phoneauth.SessionRecord) {
		after.IdleUntil = r.IdleUntil
	})},
	{"the grace is too long", "Rotate with Previous at the end of the grace", graced(func(record phoneauth.SessionRecord, r phoneauth.Rotation) bool {
		return !r.Now.After(record.RotatedAt.Add(r.Grace))
	})},
	{"the grace is too short", "Rotate with Previous within the grace", graced(func(record phoneauth.SessionRecord, r phoneauth.Rotation) bool {
		return r.Now.Before(record.RotatedAt.Add(r.Grace - tick))
	})},
	{"the grace never ends", "reuse ends the session", graced(func(phoneauth.SessionRecord, phoneauth.Rotation) bool { return true })},
	{"the grace is the store's", "Rotate with Previous and another grace", graced(func(record phoneauth.SessionRecord, r phoneauth.Rotation) bool {
		return r.Now.Before(record.RotatedAt.Add(grace))
	})},
	{"there is a grace of a moment", "Rotate with Previous and no grace", graced(func(record phoneauth.SessionRecord, r phoneauth.Rotation) bool {
		return r.Now.Before(record.RotatedAt.Add(max(r.Grace, time.Second)))
	})},
	{"the grace runs from the first rotation", "the unused successor is used", func(w *broken, s *reference) {
		first := map[string]bool{}
		s.grace = func(record phoneauth.SessionRecord, r phoneauth.Rotation) bool {
			return !first[r.ID] && inGrace(record, r)
		}
		w.rotate = func(r phoneauth.Rotation) (phoneauth.SessionRecord, error) {
			first[r.ID] = !s.sessions[r.ID].RotatedAt.IsZero()
			return s.RotateSession(ctx, r)
		}
	}},
	{"reuse ends nothing", "reuse ends the session", reusing(func(s *reference, was *phoneauth.SessionRecord, _ *error) { s.sessions[was.ID] = *was })},
	{"reuse ends all sessions of the user", "reuse ends the session", reusing(func(s *reference, was *phoneauth.SessionRecord, _ *error) { s.EndUserSessions(ctx, was.UserID, "") })},
	{"reuse returns nothing", "reuse ends the session", reusing(func(_ *reference, was *phoneauth.SessionRecord, _ *error) { *was = phoneauth.SessionRecord{} })},
	{"reuse is not told", "reuse ends the session", reusing(func(_ *reference, _ *phoneauth.SessionRecord, err *error) { *err = phoneauth.ErrNotFound })},
	{"older tokens are unknown", "reuse of an older token", reusing(func(s *reference, was *phoneauth.SessionRecord, err *error) {
		if was.RotatedAt.After(start) {
			s.sessions[was.ID], *err = *was, phoneauth.ErrNotFound
		}
	})},
	{"an unknown token is ignored", "Rotate with an unknown digest", reusing(func(s *reference, was *phoneauth.SessionRecord, err *error) {
		s.sessions[was.ID], *err = *was, phoneauth.ErrNotFound
	})},
	{"an empty token is Previous", "Rotate with an unknown digest", func(_ *broken, s *reference) {
		s.equal = bytes.Equal
		s.grace = func(record phoneauth.SessionRecord, r phoneauth.Rotation) bool {
			return record.RotatedAt.IsZero() || inGrace(record, r)
		}
	}},
	{"part of a token is good", "Rotate with part of a digest", func(_ *broken, s *reference) {
		s.equal = func(digest, presented []byte) bool { return len(presented) > 0 && bytes.HasPrefix(digest, presented) }
	}},
}
