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
					record.Previous, record.Digest, record.RotatedAt, record.IdleUntil = record.Digest, all[i].Next, all[i].Now, all[i].IdleUntil
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
	{"race: End and Rotate", "EndSession removes the session", func(s *sessions) {
		s.endAndRotate(func(record phoneauth.SessionRecord) error {
			return s.store.EndSession(s.Context(), record.ID)
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
			together(callers, func(i int) { errs[i] = s.store.CreateSession(s.Context(), all[i]) })
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
