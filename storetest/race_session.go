package storetest

import (
	"bytes"
	"errors"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// rotations rotates by all of these at once.
func (s *sessions) rotations(all []phoneauth.Rotation) []answer[phoneauth.SessionRecord] {
	answers := make([]answer[phoneauth.SessionRecord], len(all))
	together(len(all), func(i int) { answers[i].value, answers[i].err = s.rotate(all[i]) })
	return answers
}

var sessionRaces = []testCase[*sessions]{
	{"race: one token rotates once", "Of concurrent callers exactly one comes here", func(s *sessions) {
		for round := range s.rounds {
			record := s.create()
			all := make([]phoneauth.Rotation, callers)
			for i := range all {
				all[i] = s.rotation(record, after(time.Duration(i)*tick))
			}
			answers := s.rotations(all)
			successor := answers[0].value
			winners := 0
			for i, a := range answers {
				require.NoError(s, a.err, "round %d: within the grace", round)
				s.same(successor, a.value, "one successor, the same for all")
				if bytes.Equal(all[i].Next, successor.Digest) {
					winners++
					record = rotatedTo(record, all[i])
				}
			}
			require.Equal(s, 1, winners, "round %d: the successor is one caller's", round)
			s.live(record, start, "as the one who won it wrote it")
		}
	}},
	{"race: one token without a grace", "Else ErrReused: the session is ended", func(s *sessions) {
		for round := range s.heavy() {
			record := s.create()
			all := make([]phoneauth.Rotation, callers)
			for i := range all {
				all[i] = s.rotation(record, start)
				all[i].Grace = 0
			}
			won, reused := 0, 0
			for _, a := range s.rotations(all) {
				switch {
				case a.err == nil:
					won++
				case errors.Is(a.err, phoneauth.ErrReused):
					reused++
				default:
					require.ErrorIs(s, a.err, phoneauth.ErrNotFound, "round %d", round)
				}
			}
			require.Equal(s, 1, won, "round %d: one rotates", round)
			require.Equal(s, 1, reused, "round %d: the next ends the session, the rest find none", round)
			s.dead(record, start, "ended")
		}
	}},
	{"race: EndUser and Rotate", "EndUserSessions removes all sessions of the user", func(s *sessions) {
		s.endAndRotate(func(record phoneauth.SessionRecord) error {
			return s.store.EndUserSessions(s.Context(), record.UserID, "")
		})
	}},
	{"race: End and Rotate", "EndSession removes the session of the user", func(s *sessions) {
		s.endAndRotate(func(record phoneauth.SessionRecord) error {
			return s.store.EndSession(s.Context(), record.UserID, record.ID)
		})
	}},
	{"race: reuse and Rotate", "Else ErrReused: the session is ended", func(s *sessions) {
		s.endAndRotate(func(record phoneauth.SessionRecord) error {
			reuse := s.rotation(record, start)
			reuse.Digest = []byte("a token of long ago")
			_, err := s.rotate(reuse)
			if errors.Is(err, phoneauth.ErrReused) {
				return nil
			}
			return errors.Join(errors.New("expected ErrReused"), err)
		})
	}},
	{"race: many sessions of one user", "EndUserSessions removes all sessions of the user", func(s *sessions) {
		for round := range s.heavy() {
			userID := unique()
			all, errs := make([]phoneauth.SessionRecord, callers), make([]error, callers)
			for i := range all {
				all[i] = s.session(userID)
			}
			together(callers, func(i int) {
				_, errs[i] = s.store.CreateSession(s.Context(), phoneauth.NewSession{Session: all[i], Now: start})
			})
			for i, err := range errs {
				require.NoError(s, err, "round %d", round)
				s.live(all[i], start, "each sign-in has its session")
			}
			require.NoError(s, s.store.EndUserSessions(s.Context(), userID, all[0].ID))
			s.live(all[0], start, "the one that is excepted")
			for _, record := range all[1:] {
				s.dead(record, start, "ended")
			}
		}
	}},
	{"race: no more than Most sessions", "Of any number of concurrent callers no more than n.Most sessions of a user are live", func(s *sessions) {
		const most = 10
		for round := range s.heavy() {
			userID := unique()
			all, answers := make([]phoneauth.SessionRecord, crowd), make([]answer[phoneauth.SessionRecord], crowd)
			for i := range all {
				all[i] = s.byCode(userID, after(time.Duration(i)*tick))
			}
			together(crowd, func(i int) {
				answers[i].value, answers[i].err = s.store.CreateSession(s.Context(),
					phoneauth.NewSession{Session: all[i], Most: most, Now: after(time.Second)})
			})
			evicted := map[string]bool{}
			for _, a := range answers {
				require.NoError(s, a.err, "round %d", round)
				if a.value.ID != "" {
					require.False(s, evicted[a.value.ID], "round %d: one session ends twice", round)
					evicted[a.value.ID] = true
				}
			}
			require.Len(s, s.list(userID, after(time.Second)), most, "round %d: no more and no fewer than Most are live", round)
			require.Len(s, evicted, crowd-most, "round %d: each that ended is returned once", round)
			for _, r := range all {
				if evicted[r.ID] {
					s.dead(r, after(time.Second), "returned as ended")
				}
			}
		}
	}},
	{"race: the last free session", "Of any number of concurrent callers no more than n.Most sessions of a user are live", func(s *sessions) {
		const most = 100
		userID := unique()
		for i := range most - 1 {
			s.stored(s.byCode(userID, after(time.Duration(i)*tick)))
		}
		for round := range max(5, s.heavy()/20) {
			last := s.list(userID, start)
			answers := make([]answer[phoneauth.SessionRecord], callers)
			all := make([]phoneauth.SessionRecord, callers)
			together(callers, func(i int) {
				all[i] = s.byPassword(userID, start)
				answers[i].value, answers[i].err = s.store.CreateSession(s.Context(), phoneauth.NewSession{Session: all[i], Most: most, Now: start})
			})
			free := 0
			for _, a := range answers {
				require.NoError(s, a.err, "round %d: the one by password gives way", round)
				if a.value.ID == "" {
					free++
				} else {
					require.True(s, a.value.ByPassword, "round %d: a session by password ended one by code", round)
				}
			}
			require.Equal(s, 1, free, "round %d: one had room", round)
			now := s.list(userID, start)
			require.Len(s, now, most, "round %d", round)
			require.Len(s, last, most-1, "round %d", round)
			for _, r := range now {
				if r.ByPassword {
					require.NoError(s, s.store.EndSession(s.Context(), userID, r.ID), "round %d", round)
				}
			}
		}
	}},
}

// endAndRotate ends a session while its token is used; no rotation may revive it.
func (s *sessions) endAndRotate(end func(phoneauth.SessionRecord) error) {
	s.Helper()
	for round := range s.heavy() {
		record, errs := s.create(), make([]error, callers)
		together(callers, func(i int) {
			if i == round%callers {
				errs[i] = end(record)
			} else {
				_, errs[i] = s.rotate(s.rotation(record, start))
			}
		})
		for i, err := range errs {
			if i != round%callers && errors.Is(err, phoneauth.ErrNotFound) {
				continue
			}
			require.NoError(s, err, "round %d", round)
		}
		s.dead(record, start, "a rotation revives what was ended")
	}
}
