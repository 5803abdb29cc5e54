package storetest

import (
	"slices"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// list returns UserSessions, which must succeed.
func (s *sessions) list(userID string, now time.Time) []phoneauth.SessionRecord {
	s.Helper()
	all, err := s.store.UserSessions(s.Context(), userID, now)
	require.NoError(s, err, "UserSessions")
	return all
}

// listed checks that UserSessions returns these, in this order.
func (s *sessions) listed(userID string, now time.Time, message string, want ...phoneauth.SessionRecord) {
	s.Helper()
	all := s.list(userID, now)
	var ids, wantIDs []string
	for _, r := range all {
		ids = append(ids, r.ID)
	}
	for _, r := range want {
		wantIDs = append(wantIDs, r.ID)
	}
	require.Equal(s, wantIDs, ids, "UserSessions: "+message)
	for i := range want {
		s.same(want[i], all[i], "UserSessions: "+message)
	}
}

var sessionListCases = []testCase[*sessions]{
	{"UserSessions of nobody", "A user without sessions is no error", func(s *sessions) {
		record := s.create()
		for _, userID := range []string{"", "nobody", unique(), record.UserID + "x", record.ID} {
			assert.Empty(s, s.list(userID, start), "UserSessions(%q)", userID)
		}
	}},
	{"UserSessions lists the newest use first", "newest use first", func(s *sessions) {
		one := s.create()
		two, three := s.session(one.UserID), s.session(one.UserID)
		two.CreatedAt, three.CreatedAt = after(time.Minute), after(2*time.Minute)
		s.stored(three)
		s.stored(two)
		s.listed(one.UserID, after(2*time.Minute), "in the order of sign-in", three, two, one)
		one = s.rotated(s.rotation(one, after(3*time.Minute)))
		s.listed(one.UserID, after(3*time.Minute), "a rotation is a use", one, three, two)
	}},
	{"UserSessions orders equals by ID", "newest use first, as ByLastUse orders them", func(s *sessions) {
		one := s.create()
		all := []phoneauth.SessionRecord{one}
		for range 9 {
			all = append(all, s.createOf(one.UserID))
		}
		slices.SortFunc(all, phoneauth.ByLastUse)
		s.listed(one.UserID, start, "as ByLastUse orders them", all...)
	}},
	{"UserSessions leaves out what is gone", "UserSessions returns the sessions of the user that are live at now", func(s *sessions) {
		ended := s.create()
		idle, expired, reused, live := s.session(ended.UserID), s.session(ended.UserID), s.session(ended.UserID), s.session(ended.UserID)
		idle.IdleUntil, expired.ExpiresAt = after(time.Minute), after(2*time.Minute)
		for _, r := range []phoneauth.SessionRecord{idle, expired, reused, live} {
			s.stored(r)
		}
		require.NoError(s, s.store.EndSession(s.Context(), ended.UserID, ended.ID))
		r := s.rotation(reused, start)
		r.Digest = []byte("a token of long ago")
		s.reused(reused, r, "reuse ends it")
		both := []phoneauth.SessionRecord{live, idle}
		slices.SortFunc(both, phoneauth.ByLastUse)
		all := append(both, expired)
		slices.SortFunc(all, phoneauth.ByLastUse)
		s.listed(live.UserID, after(time.Minute-tick), "all live", all...)
		two := []phoneauth.SessionRecord{expired, live}
		slices.SortFunc(two, phoneauth.ByLastUse)
		s.listed(live.UserID, after(time.Minute), "one is idle", two...)
		s.listed(live.UserID, after(2*time.Minute), "one is idle and one expired", live)
	}},
	{"UserSessions of one user", "UserSessions returns the sessions of the user", func(s *sessions) {
		one, other := s.create(), s.create()
		s.listed(one.UserID, start, "the user's own", one)
		require.NoError(s, s.store.EndUserSessions(s.Context(), one.UserID, ""))
		s.listed(one.UserID, start, "all ended")
		s.listed(other.UserID, start, "another user's", other)
	}},
}

// byCode returns a new session of a user, not by password, that began at this time.
func (s *sessions) byCode(userID string, at time.Time) phoneauth.SessionRecord {
	r := s.session(userID)
	r.ByPassword, r.CreatedAt = false, at
	return r
}

// byPassword returns the same, by password.
func (s *sessions) byPassword(userID string, at time.Time) phoneauth.SessionRecord {
	r := s.byCode(userID, at)
	r.ByPassword = true
	return r
}

// evicts creates r where the user may have so many, and checks that want has to end.
func (s *sessions) evicts(want, r phoneauth.SessionRecord, most int, message string) {
	s.Helper()
	evicted, err := s.store.CreateSession(s.Context(), phoneauth.NewSession{Session: r, Most: most, Now: r.CreatedAt})
	require.NoError(s, err, message)
	s.same(want, evicted, message+": what had to end")
	if want.ID != "" {
		s.dead(want, r.CreatedAt, message+": what had to end")
	}
	s.live(r, r.CreatedAt, message+": the new one")
}

var evictCases = []testCase[*sessions]{
	{"Create evicts nothing while there is room", "The zero SessionRecord: none had to end", func(s *sessions) {
		user, none := unique(), phoneauth.SessionRecord{}
		var all []phoneauth.SessionRecord
		for i := range 3 {
			r := s.byCode(user, after(time.Duration(i)*tick))
			s.evicts(none, r, 3, "room for one more")
			all = append([]phoneauth.SessionRecord{r}, all...)
		}
		s.listed(user, after(2*tick), "all three", all...)
	}},
	{"Create evicts one when there is no room", "one of them ends and is returned", func(s *sessions) {
		user := unique()
		one, two := s.stored(s.byCode(user, start)), s.stored(s.byCode(user, after(time.Second)))
		three, four := s.byCode(user, after(2*time.Second)), s.byCode(user, after(3*time.Second))
		s.evicts(one, three, 2, "the first")
		s.evicts(two, four, 2, "the second")
		s.listed(user, after(3*time.Second), "no more than Most", four, three)
	}},
	{"Create evicts what was unused longest", "the one unused longest", func(s *sessions) {
		user := unique()
		one, two := s.stored(s.byCode(user, start)), s.stored(s.byCode(user, after(time.Second)))
		one = s.rotated(s.rotation(one, after(time.Minute)))
		want := two
		if s.oldestFirst {
			want = one
		}
		s.evicts(want, s.byCode(user, after(2*time.Minute)), 2, "a rotation is a use")
	}},
	{"Create counts live sessions", "When the user has n.Most live sessions at n.Now", func(s *sessions) {
		user := unique()
		idle, ended, live := s.byCode(user, start), s.byCode(user, start), s.stored(s.byCode(user, start))
		idle.IdleUntil = after(time.Minute)
		s.stored(idle)
		s.stored(ended)
		require.NoError(s, s.store.EndSession(s.Context(), user, ended.ID))
		s.evicts(phoneauth.SessionRecord{}, s.byCode(user, after(time.Minute)), 2, "one of three is live")
		s.live(live, after(time.Minute), "it did not have to end")
	}},
	{"Create counts sessions of one user", "When the user has n.Most live sessions at n.Now", func(s *sessions) {
		other := s.create()
		s.evicts(phoneauth.SessionRecord{}, s.byCode(unique(), after(tick)), 1, "the first of this user")
		s.live(other, after(tick), "another user's session")
	}},
	{"Create without Most", "0 is any number", func(s *sessions) {
		user := unique()
		for range 120 {
			s.createOf(user)
		}
		assert.Len(s, s.list(user, start), 120)
	}},
	{"a session by password evicts one by password", "A session by password ends only a session by password", func(s *sessions) {
		user := unique()
		code := s.stored(s.byCode(user, start))
		old, young := s.stored(s.byPassword(user, after(time.Second))), s.stored(s.byPassword(user, after(2*time.Second)))
		s.evicts(old, s.byPassword(user, after(3*time.Second)), 3, "the older of two by password")
		s.live(code, after(3*time.Second), "the oldest is by code")
		s.live(young, after(3*time.Second), "the younger by password")
	}},
	{"a session by code evicts any", "the one unused longest", func(s *sessions) {
		user := unique()
		password, code := s.stored(s.byPassword(user, start)), s.stored(s.byCode(user, after(time.Second)))
		third := s.byCode(user, after(2*time.Second))
		s.evicts(password, third, 2, "one by password")
		s.evicts(code, s.byCode(user, after(3*time.Second)), 2, "one by code")
		s.live(third, after(3*time.Second), "the younger")
	}},
	{"a session by password is refused", "*LimitError: none may end; RetryAfter is how long until the first of them ends by itself, if it is not used", func(s *sessions) {
		user := unique()
		one, two := s.byCode(user, start), s.byCode(user, after(time.Second))
		two.IdleUntil, two.ExpiresAt = after(2*time.Hour), after(40*time.Minute)
		s.stored(one)
		s.stored(two)
		n := phoneauth.NewSession{Session: s.byPassword(user, after(time.Minute)), Most: 2, Now: after(time.Minute)}
		evicted, err := s.store.CreateSession(s.Context(), n)
		assert.Equal(s, 39*time.Minute, limitError(s, err, phoneauth.LimitSessions))
		s.same(phoneauth.SessionRecord{}, evicted, "what stands beside the refusal")
		s.dead(n.Session, n.Now, "the one that was refused")
		s.listed(user, n.Now, "both are still there", two, one)
		n.Now = after(40 * time.Minute)
		_, err = s.store.CreateSession(s.Context(), n)
		require.NoError(s, err, "when the first of them has ended by itself")
	}},
	{"RetryAfter of a session by password follows use", "RetryAfter is how long until the first of them ends by itself, if it is not used", func(s *sessions) {
		user := unique()
		one := s.stored(s.byCode(user, start))
		s.rotated(s.rotation(one, after(30*time.Minute)))
		n := phoneauth.NewSession{Session: s.byPassword(user, after(time.Hour)), Most: 1, Now: after(time.Hour)}
		_, err := s.store.CreateSession(s.Context(), n)
		assert.Equal(s, 30*time.Minute, limitError(s, err, phoneauth.LimitSessions), "idle an hour after it was rotated")
	}},
	{"an evicted session is worth nothing", "one of them ends and is returned", func(s *sessions) {
		user := unique()
		one := s.stored(s.byCode(user, start))
		s.evicts(one, s.byCode(user, after(tick)), 1, "the only one")
		_, err := s.rotate(s.rotation(one, after(2*tick)))
		require.ErrorIs(s, err, phoneauth.ErrNotFound, "its token")
		require.ErrorIs(s, s.store.EndSession(s.Context(), user, one.ID), phoneauth.ErrNotFound)
	}},
}
