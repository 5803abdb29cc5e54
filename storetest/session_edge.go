package storetest

import (
	"context"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// verbs returns all verbs of a SessionStore.
func (s *sessions) verbs() []verb {
	s.Helper()
	live, rotated, ended, other := s.create(), s.create(), s.create(), s.create()
	fresh, rotation := s.session(unique()), s.rotation(rotated, start)
	end := ended
	return []verb{
		with("CreateSession", func(ctx context.Context) (phoneauth.SessionRecord, error) {
			fresh.ID = unique() // a call whose context has ended may have stored the last one
			return s.store.CreateSession(ctx, phoneauth.NewSession{Session: fresh, Most: 9, Now: start})
		}),
		with("SessionByID", func(ctx context.Context) (phoneauth.SessionRecord, error) {
			return s.store.SessionByID(ctx, live.ID, start)
		}),
		only("UserSessions", func(ctx context.Context) error {
			_, err := s.store.UserSessions(ctx, live.UserID, start)
			return err
		}),
		with("RotateSession", func(ctx context.Context) (phoneauth.SessionRecord, error) {
			return s.store.RotateSession(ctx, rotation)
		}),
		only("EndSession", func(ctx context.Context) error {
			err := s.store.EndSession(ctx, end.UserID, end.ID)
			end = s.create() // it may have ended that one
			return err
		}),
		only("EndUserSessions", func(ctx context.Context) error { return s.store.EndUserSessions(ctx, other.UserID, "") }),
	}
}

var sessionEdgeCases = []testCase[*sessions]{
	{"session verbs on an ended context", "A verb returns soon after its context ends. A verb whose context ends may have done its work", func(s *sessions) {
		verbs := s.verbs()
		ended(s, s.options, verbs)
		for _, v := range verbs {
			out := within(s, s.options, s.Context(), v)
			require.NoError(s, out.err, "%s after a call on an ended context", v.name)
		}
	}},
	{"session errors hold no argument", "No error text holds an argument or a connection string", func(s *sessions) {
		errs := ended(s, s.options, s.verbs())
		record := s.create()
		again := s.session(record.UserID)
		again.ID = record.ID
		_, err := s.store.CreateSession(s.Context(), phoneauth.NewSession{Session: again, Now: start})
		errs = append(errs, err)
		code := s.stored(s.byCode(unique(), start))
		full := phoneauth.NewSession{Session: s.byPassword(code.UserID, start), Most: 1, Now: start}
		_, err = s.store.CreateSession(s.Context(), full)
		errs = append(errs, err)
		_, err = s.store.SessionByID(s.Context(), "unknown "+record.ID, start)
		errs = append(errs, err, s.store.EndSession(s.Context(), "nobody "+record.UserID, record.ID))
		reuse := s.rotation(record, start)
		reuse.Digest = []byte("digest of long ago")
		_, err = s.rotate(reuse)
		errs = append(errs, err)
		_, err = s.rotate(reuse)
		secretive(s, append(errs, err), record.ID, record.UserID, code.UserID, full.Session.ID, record.DeviceID, "digest", "unknown", "nobody")
	}},
	{"values beside errors of sessions", "Where a verb does not say what it returns beside an error, the value is zero", func(s *sessions) {
		record := s.create()
		none := phoneauth.SessionRecord{}
		for _, id := range []string{unique(), record.ID} {
			got, err := s.store.SessionByID(s.Context(), id, record.ExpiresAt)
			require.ErrorIs(s, err, phoneauth.ErrNotFound)
			s.same(none, got, "SessionByID")
			r := s.rotation(record, record.ExpiresAt)
			r.ID = id
			got, err = s.rotate(r)
			require.ErrorIs(s, err, phoneauth.ErrNotFound)
			s.same(none, got, "RotateSession")
		}
		assert.Empty(s, s.list(unique(), start))
	}},
}
