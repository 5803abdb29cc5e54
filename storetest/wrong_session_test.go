package storetest

import (
	"slices"
	"strings"
	"time"

	"github.com/phoneauth/phoneauth"
)

// creating is a store that creates another session than was asked.
func creating(change func(s *byHand, n *phoneauth.NewSession)) func(*broken, *byHand) {
	return func(w *broken, s *byHand) {
		w.createSession = func(n phoneauth.NewSession) (phoneauth.SessionRecord, error) {
			change(s, &n)
			return s.CreateSession(ctx, n)
		}
	}
}

// created is a store that does more after CreateSession, or answers something else.
func created(change func(s *byHand, n phoneauth.NewSession, evicted *phoneauth.SessionRecord, err *error)) func(*broken, *byHand) {
	return func(w *broken, s *byHand) {
		w.createSession = func(n phoneauth.NewSession) (phoneauth.SessionRecord, error) {
			evicted, err := s.CreateSession(ctx, n)
			change(s, n, &evicted, &err)
			return evicted, err
		}
	}
}

// listing is a store that lists other sessions than there are.
func listing(change func(s *byHand, now time.Time, all *[]phoneauth.SessionRecord, err *error)) func(*broken, *byHand) {
	return func(w *broken, s *byHand) {
		w.userSessions = func(userID string, now time.Time) ([]phoneauth.SessionRecord, error) {
			all, err := s.UserSessions(ctx, userID, now)
			change(s, now, &all, &err)
			return all, err
		}
	}
}

var wrongSessions = []wrongStore{
	{"sessions lose their device", "Create stores the session", changedSession(func(r *phoneauth.SessionRecord) {
		r.DeviceID = ""
	})},
	{"sessions lose their epoch", "Create stores the session", changedSession(func(r *phoneauth.SessionRecord) {
		r.Epoch = 0
	})},
	{"an id that begins alike will do", "SessionByID of none", func(w *broken, s *byHand) {
		w.sessionByID = func(id string, now time.Time) (phoneauth.SessionRecord, error) {
			return s.SessionByID(ctx, id[:min(26, len(id))], now)
		}
	}},
	{"sessions are never idle", "a session is idle", changedSession(func(r *phoneauth.SessionRecord) {
		r.IdleUntil = r.ExpiresAt
	})},
	{"sessions never expire", "a session expires", changedSession(func(r *phoneauth.SessionRecord) {
		r.ExpiresAt = later(r.ExpiresAt, r.IdleUntil)
	})},
	{"sessions live at the very expiry", "a session is idle", func(w *broken, s *byHand) {
		w.sessionByID = func(id string, now time.Time) (phoneauth.SessionRecord, error) {
			return s.SessionByID(ctx, id, now.Add(-tick))
		}
	}},
	{"sessions are gone too early", "a session expires", func(w *broken, s *byHand) {
		w.sessionByID = func(id string, now time.Time) (phoneauth.SessionRecord, error) {
			return s.SessionByID(ctx, id, now.Add(tick))
		}
	}},
	{"End ends nothing", "End removes the session", func(w *broken, _ *byHand) { w.end = func(_, _ string) error { return nil } }},
	{"End of none is no error", "End of none", func(w *broken, s *byHand) {
		w.end = func(userID, id string) error { _ = s.EndSession(ctx, userID, id); return nil }
	}},
	{"End of another user's session ends it", "End of another user's session", func(w *broken, s *byHand) {
		w.end = func(_, id string) error { return s.EndSession(ctx, s.sessions[id].UserID, id) }
	}},
	{"End of another user's session is no error", "End of another user's session", func(w *broken, s *byHand) {
		w.end = func(userID, id string) error {
			if r, ok := s.sessions[id]; ok && r.UserID != userID {
				return nil
			}
			return s.EndSession(ctx, userID, id)
		}
	}},
	{"Create replaces a session", "Create of an ID that is not new", creating(func(s *byHand, n *phoneauth.NewSession) { delete(s.sessions, n.Session.ID) })},
	{"Create of an ID that is not new does nothing", "Create of an ID that is not new", func(w *broken, s *byHand) {
		w.createSession = func(n phoneauth.NewSession) (phoneauth.SessionRecord, error) {
			if _, ok := s.sessions[n.Session.ID]; ok {
				return phoneauth.SessionRecord{}, nil
			}
			return s.CreateSession(ctx, n)
		}
	}},
	{"Create of an ID that is not new is an answer", "Create of an ID that is not new", func(w *broken, s *byHand) {
		w.createSession = func(n phoneauth.NewSession) (phoneauth.SessionRecord, error) {
			if _, ok := s.sessions[n.Session.ID]; ok {
				return phoneauth.SessionRecord{}, phoneauth.ErrReused
			}
			return s.CreateSession(ctx, n)
		}
	}},
	{"Create evicts before it sees that the ID is not new", "Create of an ID that is not new", func(w *broken, s *byHand) {
		w.createSession = func(n phoneauth.NewSession) (phoneauth.SessionRecord, error) {
			if oldest, _ := n.Evict(s.live(n.Session.UserID, n.Now)); oldest != nil {
				defer delete(s.sessions, oldest.ID)
			}
			return s.CreateSession(ctx, n)
		}
	}},
	{"UserSessions of nobody is an error", "UserSessions of nobody", listing(func(_ *byHand, _ time.Time, all *[]phoneauth.SessionRecord, err *error) {
		if len(*all) == 0 {
			*err = phoneauth.ErrNotFound
		}
	})},
	{"UserSessions lists the oldest first", "UserSessions lists the newest use first", listing(func(_ *byHand, _ time.Time, all *[]phoneauth.SessionRecord, _ *error) {
		slices.Reverse(*all)
	})},
	{"UserSessions is in the order of sign-in", "UserSessions lists the newest use first", listing(func(_ *byHand, _ time.Time, all *[]phoneauth.SessionRecord, _ *error) {
		slices.SortFunc(*all, func(x, y phoneauth.SessionRecord) int { return y.CreatedAt.Compare(x.CreatedAt) })
	})},
	{"UserSessions is in any order between equals", "UserSessions orders equals by ID", listing(func(_ *byHand, _ time.Time, all *[]phoneauth.SessionRecord, _ *error) {
		slices.SortFunc(*all, func(x, y phoneauth.SessionRecord) int { return strings.Compare(x.DeviceID, y.DeviceID) })
	})},
	{"UserSessions lists what is idle", "UserSessions leaves out what is gone", listing(func(s *byHand, now time.Time, all *[]phoneauth.SessionRecord, _ *error) {
		for _, r := range s.sessions {
			if len(*all) > 0 && r.UserID == (*all)[0].UserID && !r.Live(now) {
				*all = append(*all, r)
			}
		}
	})},
	{"UserSessions lists the sessions of all", "UserSessions of one user", listing(func(s *byHand, _ time.Time, all *[]phoneauth.SessionRecord, _ *error) {
		*all = nil
		for _, r := range s.sessions {
			*all = append(*all, r)
		}
	})},
	{"EndUser ends one session", "EndUser removes all sessions of the user", func(w *broken, s *byHand) {
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
	{"EndUser leaves what was rotated", "EndUser removes all sessions of the user", func(w *broken, s *byHand) {
		w.endUser = func(userID, exceptID string) error {
			for id, record := range s.sessions {
				if record.UserID == userID && record.RotatedAt.IsZero() {
					delete(s.sessions, id)
				}
			}
			return nil
		}
	}},
	{"EndUser ends all users' sessions", "EndUser removes all sessions of the user", func(w *broken, s *byHand) {
		w.endUser = func(string, string) error { clear(s.sessions); return nil }
	}},
	{"EndUser excepts nothing", "EndUser keeps one session", func(w *broken, s *byHand) {
		w.endUser = func(userID, _ string) error { return s.EndUserSessions(ctx, userID, "") }
	}},
	{"EndUser ends the one that is excepted", "EndUser keeps one session", func(w *broken, s *byHand) {
		w.endUser = func(userID, exceptID string) error {
			if exceptID != "" {
				return s.EndSession(ctx, userID, exceptID)
			}
			return s.EndUserSessions(ctx, userID, "")
		}
	}},
	{"EndUser heeds a stranger's exception", "EndUser but for a session of another", func(w *broken, s *byHand) {
		w.endUser = func(userID, exceptID string) error {
			if exceptID != "" && s.sessions[exceptID].UserID != userID {
				return nil
			}
			return s.EndUserSessions(ctx, userID, exceptID)
		}
	}},
	{"EndUser works once", "EndUser and sessions after it", func(w *broken, s *byHand) {
		ended := map[string]bool{}
		w.endUser = func(userID, exceptID string) error {
			if ended[userID] {
				return nil
			}
			ended[userID] = true
			return s.EndUserSessions(ctx, userID, exceptID)
		}
	}},
}
