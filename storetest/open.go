package storetest

import (
	"errors"
	"runtime"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// opening is a store that is an Opener, with the fixtures of its three parts.
type opening struct {
	*sessions
	users      *users
	challenges *challenges
	store      phoneauth.Opener
}

// opening skips the case for stores that are no Opener, and for those that have not all parts.
func (s *sessions) opening() *opening {
	s.Helper()
	store, ok := s.store.(phoneauth.Opener)
	all, has := s.store.(phoneauth.Store)
	if !ok || !has {
		s.Skip("the store is no Opener")
	}
	if err := all.CancelChallenges(s.Context(), unique()); err != nil {
		s.Skip("the store has no challenges")
	}
	if _, err := all.UserByPhone(s.Context(), phoneauth.StoredPhone("+0")); err != nil && !phoneauth.IsAnswer(err) {
		s.Skip("the store has no users")
	}
	return &opening{sessions: s, users: newUsers(s.TB, all, s.options), challenges: newChallenges(s.TB, all, s.options), store: store}
}

// storing is opening for the cases about what follows a match. It skips them for stores that leave it to
// SignInUser and CreateSession.
func (s *sessions) storing() *opening {
	s.Helper()
	o := s.opening()
	if v, err := o.open(o.request(o.users.phone())); err == nil && !v.Stored {
		s.Skip("the store leaves it to SignInUser and CreateSession")
	}
	return o
}

// request is a sign-in by the code of a new challenge, of whoever has the phone.
func (o *opening) request(phone phoneauth.Phone) phoneauth.Opening {
	o.Helper()
	ch := o.challenges.open(o.challenges.challenge(unique()))
	in := o.users.signIn(phone, start)
	in.Epoch = phoneauth.AnyEpoch
	record := o.session("nobody")
	record.Epoch, record.ByPassword = 77, false
	return phoneauth.Opening{
		Attempt: phoneauth.AttemptParams{Candidates: []phoneauth.Candidate{{Key: ch.Key, ID: ch.ID, Digests: [][]byte{ch.Digest}}}, Now: start},
		SignIn:  in,
		Session: phoneauth.NewSession{Session: record, Most: 3, Now: start},
	}
}

func (o *opening) open(r phoneauth.Opening) (phoneauth.Opened, error) {
	return o.store.OpenSession(o.Context(), r)
}

// opened requires that the session of r is stored, and returns what the store says of it.
func (o *opening) opened(r phoneauth.Opening) phoneauth.Opened {
	o.Helper()
	v, err := o.open(r)
	require.NoError(o, err, "OpenSession")
	require.True(o, v.Stored, "Stored is true when the session is stored")
	record := r.Session.Session
	record.UserID, record.Epoch = v.User.ID, v.User.Epoch
	o.live(record, start, "the session is that of the user, at the epoch of the user")
	o.users.stored(v.User, "as stored")
	return v
}

// left requires that r matches, and that neither the user nor a session is stored. user is that of the phone.
func (o *opening) left(r phoneauth.Opening, user phoneauth.User, message string) {
	o.Helper()
	v, err := o.open(r)
	require.NoError(o, err, message)
	assert.Equal(o, r.Attempt.Candidates[0].Key, v.Challenge.Key, "%s: the attempt has matched", message)
	assert.False(o, v.Stored || v.Created || v.First || v.Evicted != "", message)
	o.users.same(user, v.User, message+": the user of the phone")
	_, err = o.sessions.store.SessionByID(o.Context(), r.Session.Session.ID, start)
	require.ErrorIs(o, err, phoneauth.ErrNotFound, "%s: no session is stored", message)
	if user.ID == "" {
		o.users.free(r.SignIn.Phone, message+": no user is created")
	} else {
		o.users.stored(user, message+": the user has not changed")
	}
}

var openCases = []testCase[*sessions]{
	{"Open does AttemptChallenge", "Its errors are those of AttemptChallenge, and Opened.Challenge is what that returns", func(s *sessions) {
		o := s.opening()
		phone := o.users.phone()
		r := o.request(phone)
		right := r.Attempt.Candidates[0].Digests
		r.Attempt.Candidates[0].Digests = [][]byte{[]byte("wrong")}
		for left := 4; left > 2; left-- {
			v, err := o.open(r)
			require.ErrorIs(o, err, phoneauth.ErrMismatch)
			assert.Equal(o, left, v.Challenge.TriesLeft, "Opened.Challenge is what AttemptChallenge returns")
			assert.False(o, v.Stored)
		}
		o.users.free(phone, "no user is created")
		r.Attempt.Takes = []phoneauth.Take{o.challenges.take("address", 1)}
		r.Attempt.Candidates[0].Digests = right
		o.challenges.spend(start, r.Attempt.Takes...)
		_, err := o.open(r)
		limitError(o, err, r.Attempt.Takes[0].Name)
		o.users.free(phone, "no user is created")
		r.Attempt.Takes = nil
		v, err := o.open(r)
		require.NoError(o, err, "OpenSession")
		assert.Equal(o, 3, v.Challenge.TriesLeft, "as it was")
		_, err = o.open(r)
		require.ErrorIs(o, err, phoneauth.ErrNotFound, "the challenge is removed")
	}},
	{"Open signs in", "UserID and Epoch of the session become those of the user", func(s *sessions) {
		o := s.storing()
		phone := o.users.phone()
		v := o.opened(o.request(phone))
		assert.True(o, v.Created && v.First, "SignInUser creates the user")
		again := o.opened(o.request(phone))
		assert.False(o, again.Created || again.First, "there is one")
		o.users.same(v.User, again.User, "the same user")
		imported := o.users.imported(start, o.users.incoming())[0].User
		first := o.opened(o.request(imported.Phone))
		assert.True(o, first.First && !first.Created, "the first sign-in of an account that was imported")
		assert.Equal(o, start, first.User.SignedInAt)
		user := o.users.update(v.User, phoneauth.UserUpdate{Now: start})
		r := o.request(phone)
		r.SignIn.UserID, r.SignIn.Epoch = user.ID, user.Epoch
		o.users.same(user, o.opened(r).User, "at its new epoch")
	}},
	{"Open gives back what a match gives back", "OpenSession does AttemptChallenge with o.Attempt", func(s *sessions) {
		o := s.opening()
		r, take, l := o.request(o.users.phone()), o.challenges.take("address", 1), o.challenges.lockout("phone")
		r.Attempt.Takes, r.Attempt.Lockout = []phoneauth.Take{take}, l
		r.Attempt.Candidates[0].OnMatch.Refunds = r.Attempt.Takes
		o.challenges.fail(l, 2, start)
		_, err := o.open(r)
		require.NoError(o, err, "OpenSession")
		require.NoError(o, o.challenges.ask(start, take), "the take is given back")
		o.challenges.counted(l, 0, start, "the failures are cleared")
	}},
	{"Open where the lockout and a limit refuse", "Its errors are those of AttemptChallenge", func(s *sessions) {
		o := s.opening()
		r, l := o.request(o.users.phone()), o.challenges.lockout("phone")
		r.Attempt.Takes, r.Attempt.Lockout = []phoneauth.Take{o.challenges.take("address", 1)}, l
		o.challenges.spend(start, r.Attempt.Takes...)
		o.challenges.fail(l, 10, start)
		_, err := o.open(r)
		assert.Equal(o, time.Hour, limitError(o, err, l.Name), "the lockout comes first")
		o.challenges.counted(l, 10, start, "nothing is counted")
	}},
	{"Open where SignInUser refuses", "When SignInUser or CreateSession would refuse, neither of the two does anything", func(s *sessions) {
		o := s.storing()
		user := o.users.create()
		for _, refused := range []struct {
			why   string
			limit func(*phoneauth.SignIn)
		}{
			{"another user", func(in *phoneauth.SignIn) { in.UserID = o.users.create().ID }},
			{"an id that is none", func(in *phoneauth.SignIn) { in.UserID = "none" }},
			{"another epoch", func(in *phoneauth.SignIn) { in.Epoch = user.Epoch + 1 }},
			{"a password", func(in *phoneauth.SignIn) { in.PasswordHash = "a hash" }},
		} {
			r := o.request(user.Phone)
			refused.limit(&r.SignIn)
			o.left(r, user, refused.why)
		}
		r := o.request(o.users.phone())
		r.SignIn.UserID = user.ID
		o.left(r, phoneauth.User{}, "a phone without a user")
		r = o.request(o.users.phone())
		r.SignIn.Epoch = 1
		o.left(r, phoneauth.User{}, "an epoch that no new user has")
		user = o.users.block(user)
		o.left(o.request(user.Phone), user, "blocked")
		no := false
		user = o.users.lock(o.users.update(user, withNow(phoneauth.UserUpdate{Blocked: &no})))
		o.left(o.request(user.Phone), user, "locked")
	}},
	{"Open in place of another session", "Evicted is the ID of the session that had to end for it, or empty", func(s *sessions) {
		o := s.storing()
		phone := o.users.phone()
		var all []phoneauth.Opening
		for i := range 3 {
			r := o.request(phone)
			r.Session.Session.CreatedAt = after(time.Duration(i) * time.Second)
			all = append(all, r)
			assert.Empty(o, o.opened(r).Evicted)
		}
		v := o.opened(o.request(phone))
		assert.Equal(o, all[0].Session.Session.ID, v.Evicted, "the one unused longest")
		r := o.request(phone)
		r.Session.Session.ByPassword = true
		o.left(r, v.User, "a session by password ends none by code")
		r = o.request(phone)
		r.Session.Most = 0
		assert.Empty(o, o.opened(r).Evicted, "0 is any number")
	}},
	{"race: one code opens one session", "of any number of concurrent callers to exactly one", func(s *sessions) {
		o := s.storing()
		for round := range s.heavy() {
			r := o.request(o.users.phone())
			answers := make([]answer[phoneauth.Opened], callers)
			together(callers, func(i int) {
				mine := r
				mine.SignIn.UUID, mine.Session.Session.ID = uuid(), unique()
				answers[i].value, answers[i].err = o.open(mine)
			})
			stored := 0
			for _, a := range answers {
				if a.err == nil && a.value.Stored {
					stored++
				} else {
					require.ErrorIs(o, a.err, phoneauth.ErrNotFound, "round %d", round)
				}
			}
			require.Equal(o, 1, stored, "round %d", round)
		}
	}},
	{"race: two codes create one user", "of any number of concurrent callers with a new phone exactly one sees Created", func(s *sessions) {
		o := s.storing()
		for round := range s.heavy() {
			phone := o.users.phone()
			all := make([]phoneauth.Opening, callers)
			for i := range all {
				all[i] = o.request(phone)
				all[i].Session.Most = callers
			}
			answers := make([]answer[phoneauth.Opened], callers)
			together(callers, func(i int) { answers[i].value, answers[i].err = o.open(all[i]) })
			created := 0
			for _, a := range answers {
				require.NoError(o, a.err, "round %d", round)
				require.Equal(o, answers[0].value.User.ID, a.value.User.ID, "round %d: all get the same user", round)
				if a.value.Created {
					created++
				}
			}
			require.Equal(o, 1, created, "round %d", round)
			require.Len(o, o.list(answers[0].value.User.ID, start), callers, "round %d", round)
		}
	}},
	{"race: a code beside a change of the user", "a session is never at an epoch that the user has reached after the challenge was cancelled", func(s *sessions) {
		o := s.storing()
		for round := range s.rounds {
			user := o.users.create()
			r := o.request(user.Phone)
			var v phoneauth.Opened
			together(2, func(i int) {
				if i == 0 {
					v, _ = o.open(r)
					return
				}
				for range round % 16 { // let the other begin
					runtime.Gosched()
				}
				assert.NoError(s, o.challenges.store.CancelChallenges(s.Context(), r.Attempt.Candidates[0].Key))
				_, err := o.users.store.UpdateUser(s.Context(), phoneauth.UserUpdate{UserID: user.ID, Epoch: user.Epoch, Now: start})
				assert.NoError(s, err)
			})
			for _, record := range o.list(user.ID, start) {
				require.Equal(s, user.Epoch, record.Epoch, "round %d", round)
			}
			if v.Stored {
				require.Equal(s, user.Epoch, v.User.Epoch, "round %d", round)
			}
		}
	}},
	{"race: codes of a user with too many sessions", "no more than n.Most sessions of a user are live", func(s *sessions) {
		o := s.storing()
		for round := range s.heavy() {
			phone := o.users.phone()
			user := o.opened(o.request(phone)).User
			all := make([]phoneauth.Opening, callers)
			for i := range all {
				all[i] = o.request(phone)
			}
			together(callers, func(i int) {
				if i%2 == 0 { // beside CreateSession, which takes turns with it
					n := all[i].Session
					n.Session.UserID = user.ID
					_, err := s.store.CreateSession(s.Context(), n)
					assert.NoError(s, err)
				} else if _, err := o.open(all[i]); err != nil && !errors.Is(err, phoneauth.ErrNotFound) {
					assert.NoError(s, err)
				}
			})
			require.Len(s, o.list(user.ID, start), 3, "round %d", round)
		}
	}},
}
