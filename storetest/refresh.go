package storetest

import (
	"errors"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// refreshing is a user with a session, of a store that is a Refresher.
type refreshing struct {
	*sessions
	*users
	store  phoneauth.Refresher
	user   phoneauth.User
	record phoneauth.SessionRecord
}

// refreshing skips the case for stores that are no Refresher, and for those that leave the step to
// the other verbs.
func (s *sessions) refreshing() *refreshing {
	s.Helper()
	store, ok := s.store.(phoneauth.Refresher)
	accounts, has := s.store.(phoneauth.UserStore)
	if !ok || !has {
		s.Skip("the store is no Refresher")
	}
	f := &refreshing{sessions: s, users: newUsers(s.TB, accounts, s.options), store: store}
	in, err := accounts.SignInUser(s.Context(), f.signIn(f.phone(), start))
	if err != nil && !phoneauth.IsAnswer(err) {
		s.Skip("the store has no users")
	}
	require.NoError(s, err, "SignInUser")
	f.user = in.User
	f.begin()
	if _, _, err := f.refresh(f.rotation(f.record, start)); errors.Is(err, phoneauth.ErrNotFound) {
		s.Skip("the store leaves it to UserByID and RotateSession")
	}
	f.begin()
	return f
}

// begin gives the user a session at the epoch that the user is at now.
func (f *refreshing) begin() {
	record := f.session(f.user.ID)
	record.Epoch = f.user.Epoch
	f.record = f.sessions.stored(record)
}

func (f *refreshing) refresh(r phoneauth.Rotation) (phoneauth.User, phoneauth.SessionRecord, error) {
	return f.store.RefreshSession(f.sessions.Context(), f.user.ID, f.user.UUID, r)
}

// left requires that r, of that user and UUID, is not answered and changes nothing.
func (f *refreshing) left(userID, uuid string, r phoneauth.Rotation, message string) {
	t := f.sessions
	t.Helper()
	_, _, err := f.store.RefreshSession(t.Context(), userID, uuid, r)
	require.ErrorIs(t, err, phoneauth.ErrNotFound, message)
	t.live(f.record, start, message+": nothing has changed")
}

var refreshCases = []testCase[*sessions]{
	{"Refresh", "It returns the user, and the session as it then is", func(s *sessions) {
		f := s.refreshing()
		for i := range 3 {
			now := after(time.Duration(i+1) * time.Minute)
			r := s.rotation(f.record, now)
			user, record, err := f.refresh(r)
			require.NoError(s, err, "RefreshSession")
			f.record = rotatedTo(f.record, r)
			f.users.same(f.user, user, "It returns the user")
			s.same(f.record, record, "and the session as it then is")
			s.live(f.record, now, "as stored")
		}
	}},
	{"Refresh of something else", "ErrNotFound: anything else, and nothing has changed", func(s *sessions) {
		f := s.refreshing()
		r := s.rotation(f.record, start)
		other := f.users.create()
		f.left(other.ID, other.UUID, r, "another user")
		f.left(f.user.ID, other.UUID, r, "another UUID")
		f.left("no id", f.user.UUID, r, "no user")
		wrong := r
		wrong.Digest = []byte("another digest")
		f.left(f.user.ID, f.user.UUID, wrong, "a digest that is not the session's")
		wrong.Digest = nil
		f.left(f.user.ID, f.user.UUID, wrong, "an empty digest")
		wrong = r
		wrong.Now = f.record.IdleUntil
		f.left(f.user.ID, f.user.UUID, wrong, "a session that is idle for too long")
		first := r
		f.record = s.rotated(r)
		f.left(f.user.ID, f.user.UUID, first, "a digest that was used, within the grace")
	}},
	{"Refresh of a user who changed", "that user has this UUID, is at the epoch of the session, and is neither blocked nor locked", func(s *sessions) {
		f := s.refreshing()
		yes, no := true, false
		for _, c := range []struct {
			message string
			change  phoneauth.UserUpdate
		}{
			{"blocked", phoneauth.UserUpdate{Blocked: &yes}},
			{"locked", phoneauth.UserUpdate{Blocked: &no, Locked: &yes}},
		} {
			f.user = f.update(f.user, withNow(c.change))
			f.begin()
			f.left(f.user.ID, f.user.UUID, s.rotation(f.record, start), c.message)
		}
		f.user = f.update(f.user, withNow(phoneauth.UserUpdate{Locked: &no}))
		f.left(f.user.ID, f.user.UUID, s.rotation(f.record, start), "at another epoch")
	}},
}

func withNow(u phoneauth.UserUpdate) phoneauth.UserUpdate {
	u.Now = start
	return u
}
