package storetest

import (
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// pairing is a store that is a SessionAttempter, with the fixtures of its two parts.
type pairing struct {
	*sessions
	challenges *challenges
	store      phoneauth.SessionAttempter
}

// both skips the case for stores that are no SessionAttempter.
func (s *sessions) both() *pairing {
	s.Helper()
	store, ok := s.store.(phoneauth.SessionAttempter)
	all, has := s.store.(phoneauth.ChallengeStore)
	if !ok || !has {
		s.Skip("the store is no SessionAttempter")
	}
	return &pairing{sessions: s, challenges: newChallenges(s.TB, all, s.options), store: store}
}

// keeping is both for the cases about a session that is stored. It skips them for stores that leave it to
// CreateSession.
func (s *sessions) keeping() *pairing {
	s.Helper()
	a := s.both()
	if v, err := a.do(a.request(unique())); err == nil && !v.Stored {
		s.Skip("the store leaves it to CreateSession")
	}
	return a
}

// signing is what AttemptSession is asked.
type signing struct {
	phoneauth.AttemptParams
	phoneauth.NewSession
}

// request is a sign-in of that user by the code of a new challenge.
func (a *pairing) request(userID string) signing {
	a.Helper()
	ch := a.challenges.open(a.challenges.challenge(unique()))
	record := a.session(userID)
	record.ByPassword = false
	return signing{
		phoneauth.AttemptParams{Candidates: []phoneauth.Candidate{{Key: ch.Key, ID: ch.ID, Digests: [][]byte{ch.Digest}}}, Now: start},
		phoneauth.NewSession{Session: record, Most: 3, Now: start},
	}
}

func (a *pairing) do(r signing) (phoneauth.Opened, error) {
	return a.store.AttemptSession(a.Context(), r.AttemptParams, r.NewSession)
}

// stored requires that the session of r is stored, and returns what the store says of it.
func (a *pairing) stored(r signing) phoneauth.Opened {
	a.Helper()
	v, err := a.do(r)
	require.NoError(a, err, "AttemptSession")
	require.True(a, v.Stored, "Stored is true when the session is stored")
	a.live(r.Session, start, "the session is stored as it is")
	return v
}

// left requires that r matches, and that no session is stored.
func (a *pairing) left(r signing, message string) {
	a.Helper()
	v, err := a.do(r)
	require.NoError(a, err, message)
	assert.Equal(a, r.Candidates[0].Key, v.Challenge.Key, "%s: the attempt has matched", message)
	assert.False(a, v.Stored || v.Evicted != "", message)
	_, err = a.sessions.store.SessionByID(a.Context(), r.Session.ID, start)
	require.ErrorIs(a, err, phoneauth.ErrNotFound, "%s: no session is stored", message)
}

var attemptSessionCases = []testCase[*sessions]{
	{"AttemptSession does AttemptChallenge", "Its errors are those of AttemptChallenge, and Opened.Challenge is what that returns", func(s *sessions) {
		a := s.both()
		r := a.request(unique())
		right := r.Candidates[0].Digests
		r.Candidates[0].Digests = [][]byte{[]byte("wrong")}
		for left := 4; left > 2; left-- {
			v, err := a.do(r)
			require.ErrorIs(a, err, phoneauth.ErrMismatch)
			assert.Equal(a, left, v.Challenge.TriesLeft, "Opened.Challenge is what AttemptChallenge returns")
			assert.False(a, v.Stored)
		}
		_, err := a.sessions.store.SessionByID(a.Context(), r.Session.ID, start)
		require.ErrorIs(a, err, phoneauth.ErrNotFound, "no session is stored for a wrong code")
		r.Takes = []phoneauth.Take{a.challenges.take("address", 1)}
		r.Candidates[0].Digests = right
		a.challenges.spend(start, r.Takes...)
		_, err = a.do(r)
		limitError(a, err, r.Takes[0].Name)
		r.Takes = nil
		v, err := a.do(r)
		require.NoError(a, err, "AttemptSession")
		assert.Equal(a, 3, v.Challenge.TriesLeft, "as it was")
		_, err = a.do(r)
		require.ErrorIs(a, err, phoneauth.ErrNotFound, "the challenge is removed")
	}},
	{"AttemptSession gives back what a match gives back", "AttemptSession does AttemptChallenge with p", func(s *sessions) {
		a := s.both()
		r, take, l := a.request(unique()), a.challenges.take("address", 1), a.challenges.lockout("phone")
		r.Takes, r.Lockout = []phoneauth.Take{take}, l
		r.Candidates[0].OnMatch.Refunds = r.Takes
		a.challenges.fail(l, 2, start)
		_, err := a.do(r)
		require.NoError(a, err, "AttemptSession")
		require.NoError(a, a.challenges.ask(start, take), "the take is given back")
		a.challenges.counted(l, 0, start, "the failures are cleared")
	}},
	{"AttemptSession where the lockout and a limit refuse", "Its errors are those of AttemptChallenge", func(s *sessions) {
		a := s.both()
		r, l := a.request(unique()), a.challenges.lockout("phone")
		r.Takes, r.Lockout = []phoneauth.Take{a.challenges.take("address", 1)}, l
		a.challenges.spend(start, r.Takes...)
		a.challenges.fail(l, 10, start)
		_, err := a.do(r)
		assert.Equal(a, time.Hour, limitError(a, err, l.Name), "the lockout comes first")
		a.challenges.counted(l, 10, start, "nothing is counted")
	}},
	{"AttemptSession for nobody", "unless UserID of the session is empty", func(s *sessions) {
		a := s.both()
		a.left(a.request(""), "a session of nobody")
	}},
	{"AttemptSession in place of another session", "On a match it does CreateSession with n", func(s *sessions) {
		a := s.keeping()
		user := unique()
		var all []signing
		for i := range 3 {
			r := a.request(user)
			r.Session.CreatedAt = after(time.Duration(i) * time.Second)
			all = append(all, r)
			assert.Empty(a, a.stored(r).Evicted)
		}
		assert.Equal(a, all[0].Session.ID, a.stored(a.request(user)).Evicted, "the one unused longest")
		a.dead(all[0].Session, start, "it has ended")
		r := a.request(user)
		r.Most = 0
		assert.Empty(a, a.stored(r).Evicted, "0 is any number")
	}},
	{"AttemptSession where a session ends before the new one begins", "When the user has n.Most live sessions at n.Now, one of them ends", func(s *sessions) {
		a := s.keeping()
		user := unique()
		for i := range 3 {
			r := a.request(user)
			if i > 0 {
				r.Session.IdleUntil = after(time.Minute)
			}
			a.stored(r)
		}
		r := a.request(user)
		r.NewSession.Now = after(time.Minute)
		assert.Empty(a, a.stored(r).Evicted, "at that time there is room")
		require.Len(a, a.list(user, after(time.Minute)), 2)
	}},
	{"AttemptSession where CreateSession refuses", "When CreateSession would refuse, it does nothing", func(s *sessions) {
		a := s.both()
		user := unique()
		for range 3 {
			a.sessions.stored(a.request(user).Session)
		}
		r := a.request(user)
		r.Session.ByPassword = true
		a.left(r, "a session by password ends none by code")
		require.Len(a, a.list(user, start), 3)
	}},
	{"race: one code stores one session", "of any number of concurrent callers to exactly one", func(s *sessions) {
		a := s.keeping()
		for round := range s.heavy() {
			user := unique()
			r := a.request(user)
			answers := make([]answer[phoneauth.Opened], callers)
			together(callers, func(i int) {
				mine := r
				mine.Session.ID = unique()
				answers[i].value, answers[i].err = a.do(mine)
			})
			stored := 0
			for _, answer := range answers {
				if answer.err == nil && answer.value.Stored {
					stored++
				} else {
					require.ErrorIs(a, answer.err, phoneauth.ErrNotFound, "round %d", round)
				}
			}
			require.Equal(a, 1, stored, "round %d", round)
			require.Len(a, a.list(user, start), 1, "round %d", round)
		}
	}},
	{"race: AttemptSession of a user with too many sessions", "no more than n.Most sessions of a user are live", func(s *sessions) {
		a := s.keeping()
		for round := range s.heavy() {
			user := unique()
			all := make([]signing, callers)
			for i := range all {
				all[i] = a.request(user)
			}
			together(callers, func(i int) {
				if i%2 == 0 { // beside CreateSession, which takes turns with it
					_, err := s.store.CreateSession(s.Context(), all[i].NewSession)
					assert.NoError(s, err)
				} else if _, err := a.do(all[i]); err != nil {
					assert.NoError(s, err)
				}
			})
			require.Len(s, a.list(user, start), 3, "round %d", round)
		}
	}},
}
