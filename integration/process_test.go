package integration_test

import (
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/integration"
	"github.com/phoneauth/phoneauth/phonetest"
)

// processes race, with callers each where one wins, and crowd where a limit is scarce.
const processes, callers, crowd = 4, 16, 64

// What is promised of callers at once holds for those of several processes, too.
func TestSQLProcesses(t *testing.T) {
	databases(t, func(t *testing.T, d database) { raceProcesses(t, d.place()) })
}

func TestRedisProcesses(t *testing.T) {
	t.Run("one node", func(t *testing.T) { raceProcesses(t, redisPlace(t, integration.SharedRedis(t))) })
	t.Run("cluster", func(t *testing.T) {
		raceProcesses(t, redisPlace(t, strings.Split(integration.ServerRedisCluster(t), ",")...))
	})
}

// arena is where processes race.
type arena struct {
	*testing.T
	store phoneauth.Store
	svc   *phoneauth.Service
	inbox *phonetest.Inbox
	all   []*child
	// races so far, and in how many all processes were at it at one time; phones so far.
	races, together, phones int
}

func raceProcesses(t *testing.T, p place) {
	p.migrate(t)
	a := &arena{T: t, store: p.store(t)}
	a.svc, a.inbox = service(t, a.store, func(*phoneauth.Config) {})
	for i := range processes {
		a.all = append(a.all, startChild(t, task{Do: "race", Place: p, Number: i}))
	}
	begun := time.Now()
	races := *rounds
	if !integration.Release() {
		races /= 3 // each is 64 callers' and more
	}
	for round := 0; a.races < races; round++ {
		proof := a.oneCode()
		refresh := a.oneProof(proof)
		a.oneRefresh(refresh)
		a.tries()
		a.oneLogin()
		a.oneAccount()
		a.sessions()
		a.openings()
		switch round % 3 {
		case 0:
			a.limit(1)
			a.limit(79)
		case 1:
			a.begin(10, 1000)
		case 2:
			a.begin(1000, 20)
		}
	}
	t.Logf("%d races in %v, %d of them of all processes at one time", a.races, time.Since(begun).Round(time.Millisecond), a.together)
	assert.Greater(t, a.together, a.races/4, "the processes do not race")
}

// race has all processes do m at once.
func (a *arena) race(m move) (all []outcome) {
	a.Helper()
	for _, c := range a.all {
		c.say(a, m)
	}
	for _, c := range a.all {
		var ready string
		require.NoError(a, c.hear(&ready))
	}
	for i := range a.all {
		a.all[(i+a.races)%processes].say(a, "go")
	}
	a.races++
	var began, ended time.Time // of the last, and of the first
	for _, c := range a.all {
		var got outcomes
		require.NoError(a, c.hear(&got))
		all = append(all, got.All...)
		if began.Before(got.Began) {
			began = got.Began
		}
		if ended.IsZero() || got.Ended.Before(ended) {
			ended = got.Ended
		}
	}
	if began.Before(ended) {
		a.together++
	}
	return all
}

// winner is the only one without an error; all others must have one of these.
func (a *arena) winner(all []outcome, losers ...error) outcome {
	a.Helper()
	var texts []string
	for _, err := range losers {
		texts = append(texts, err.Error())
	}
	var won []outcome
	for _, o := range all {
		if o.Err == "" {
			won = append(won, o)
			continue
		}
		require.Contains(a, texts, o.Err)
	}
	require.Len(a, won, 1, "one wins")
	return won[0]
}

// oneCode: one gets the proof.
func (a *arena) oneCode() (proof string) {
	a.phones++
	phone, client := caller(a.phones)
	_, err := a.svc.Register(a.Context(), phoneauth.RegisterRequest{Phone: phone, Client: client})
	require.NoError(a, err)
	all := a.race(move{Do: "verify", Callers: callers, Phone: phone, Secret: a.inbox.Code(a, phone)})
	return a.winner(all, phoneauth.ErrInvalidCode).Value
}

// oneProof: one gets a session, and makes the account.
func (a *arena) oneProof(proof string) (refresh string) {
	phone, _ := caller(a.phones)
	all := a.race(move{Do: "connect", Callers: callers, Phone: phone, Secret: proof})
	won := a.winner(all, phoneauth.ErrInvalidToken, &phoneauth.SpentTokenError{})
	require.True(a, won.New)
	return won.Value
}

// oneLogin: one gets a session, and makes the account.
func (a *arena) oneLogin() {
	a.phones++
	phone, client := caller(a.phones)
	_, err := a.svc.Register(a.Context(), phoneauth.RegisterRequest{Phone: phone, Client: client})
	require.NoError(a, err)
	all := a.race(move{Do: "log in", Callers: callers, Phone: phone, Secret: a.inbox.Code(a, phone)})
	won := a.winner(all, phoneauth.ErrInvalidCode)
	require.True(a, won.New)
	user, err := a.store.UserByPhone(a.Context(), phoneauth.StoredPhone(phone))
	require.NoError(a, err)
	live, err := a.store.UserSessions(a.Context(), user.ID, time.Now())
	require.NoError(a, err)
	require.Len(a, live, 1, "one code, one session")
	require.Equal(a, won.Value, live[0].ID)
}

// oneRefresh: all get one successor, which is good.
func (a *arena) oneRefresh(refresh string) {
	all := a.race(move{Do: "refresh", Callers: callers, Secret: refresh})
	for _, o := range all {
		require.Empty(a, o.Err)
		require.Equal(a, all[0].Value, o.Value, "one successor, the same for all")
	}
	_, err := a.svc.Refresh(a.Context(), phoneauth.RefreshRequest{Token: phoneauth.Secret(all[0].Value)})
	require.NoError(a, err)
}

// tries: 5 of 64 wrong ones count, in the challenge and as failures.
func (a *arena) tries() {
	ch, now := a.challenge()
	_, err := a.store.BeginChallenge(a.Context(), phoneauth.BeginParams{Challenge: ch, Now: now})
	require.NoError(a, err)
	l := phoneauth.Lockout{Name: "failures", Key: ch.Key, Steps: []phoneauth.LockoutStep{{Failures: 6, Wait: time.Hour}}, TTL: time.Hour}
	attempt := func(digest []byte) phoneauth.AttemptParams {
		return phoneauth.AttemptParams{Candidates: []phoneauth.Candidate{{Key: ch.Key, Digests: [][]byte{digest}}}, Lockout: l, Now: now}
	}
	all := a.race(move{Do: "attempt", Callers: callers, Attempt: attempt([]byte("another digest"))})
	var left []int
	for _, o := range all {
		if o.Err == phoneauth.ErrMismatch.Error() {
			left = append(left, o.Left)
			continue
		}
		require.Equal(a, phoneauth.ErrNotFound.Error(), o.Err)
	}
	require.ElementsMatch(a, []int{4, 3, 2, 1, 0}, left, "each is told what remains")
	_, err = a.store.AttemptChallenge(a.Context(), attempt(ch.Digest))
	require.ErrorIs(a, err, phoneauth.ErrNotFound, "the right one as the sixth")
	require.NoError(a, a.store.CountFailure(a.Context(), l, now), "no more than 5 are counted")
	require.Error(a, a.store.CountFailure(a.Context(), l, now), "no fewer")
}

// oneAccount: one makes the user of a new number, and all get that one.
func (a *arena) oneAccount() {
	a.phones++
	phone, _ := caller(a.phones)
	all := a.race(move{Do: "sign in", Callers: callers, Phone: phone, Now: time.Now().UTC().Truncate(time.Microsecond)})
	made := 0
	for _, o := range all {
		require.Empty(a, o.Err)
		require.Equal(a, all[0].Value, o.Value, "one user")
		if o.New {
			made++
		}
	}
	require.Equal(a, 1, made, "one makes it")
}

// sessions: of 64 new ones of one user as many live as may, and each of the others was
// ended by one that came after it.
func (a *arena) sessions() {
	ch, now := a.challenge()
	n := phoneauth.NewSession{Most: 5, Now: now, Session: phoneauth.SessionRecord{ID: ch.ID, UserID: ch.ID, Digest: ch.Digest,
		AuthTime: now, CreatedAt: now, IdleUntil: now.Add(time.Hour), ExpiresAt: now.Add(time.Hour)}}
	var ended []string
	for _, o := range a.race(move{Do: "create session", Callers: callers, Session: n}) {
		require.Empty(a, o.Err)
		if o.Value != "" {
			ended = append(ended, o.Value)
		}
	}
	live, err := a.store.UserSessions(a.Context(), ch.ID, now)
	require.NoError(a, err)
	require.Len(a, live, n.Most)
	require.Len(a, ended, processes*callers-n.Most)
	for _, r := range live {
		require.NotContains(a, ended, r.ID)
	}
}

// openings: of 64 codes of one new phone one makes the user, and as many sessions live as may.
func (a *arena) openings() {
	if _, ok := a.store.(phoneauth.Opener); !ok {
		return
	}
	a.phones++
	phone, _ := caller(a.phones)
	ch, now := a.challenge()
	n := phoneauth.NewSession{Most: 5, Now: now, Session: phoneauth.SessionRecord{ID: ch.ID, Digest: ch.Digest,
		AuthTime: now, CreatedAt: now, IdleUntil: now.Add(time.Hour), ExpiresAt: now.Add(time.Hour)}}
	made, ended := 0, 0
	for _, o := range a.race(move{Do: "open session", Callers: callers, Phone: phone, Begin: phoneauth.BeginParams{Challenge: ch, Now: now}, Session: n, Now: now}) {
		require.Empty(a, o.Err)
		if o.New {
			made++
		}
		if o.Value != "" {
			ended++
		}
	}
	require.Equal(a, 1, made, "one makes the user")
	require.Equal(a, processes*callers-n.Most, ended)
	user, err := a.store.UserByPhone(a.Context(), phoneauth.StoredPhone(phone))
	require.NoError(a, err)
	live, err := a.store.UserSessions(a.Context(), user.ID, now)
	require.NoError(a, err)
	require.Len(a, live, n.Most)
}

// limit: a limit of 10 admits 10 of 256, and of those after them if it refused too many.
//
// With a cost beyond 1 it is a ceiling in money, for 10 codes and a part of one.
func (a *arena) limit(cost int) {
	ch, now := a.challenge()
	ceiling := phoneauth.Limit{Burst: 11*cost - 1, Every: time.Hour}
	take := phoneauth.TakeParams{Takes: []phoneauth.Take{{Name: "limit", Key: ch.Key, Limit: ceiling, Cost: cost}}, Now: now}
	a.admits(10, a.race(move{Do: "take", Callers: crowd, Take: take}), func() error {
		return a.store.TakeLimits(a.Context(), take)
	})
}

// begin: BeginChallenge takes of a limit and of a score, which are in several places. The
// scarcer of them is what it admits.
func (a *arena) begin(burst, score int) {
	ch, now := a.challenge()
	b := phoneauth.BeginParams{
		Challenge: ch,
		Takes:     []phoneauth.Take{{Name: "limit", Key: "{address " + ch.ID + "}", Limit: phoneauth.Limit{Burst: burst, Every: time.Hour}, Cost: 1}},
		Charges: []phoneauth.Charge{{Amount: 1, Score: phoneauth.Score{Name: "budget", Key: "{country " + ch.ID + "}",
			Max: float64(score), DebtDecay: 24 * time.Hour, CreditDecay: 4 * time.Hour}}},
		Now: now,
	}
	a.admits(min(burst, score), a.race(move{Do: "begin", Callers: crowd, Begin: b}), func() error {
		b.Challenge.Key += "+"
		_, err := a.store.BeginChallenge(a.Context(), b)
		return err
	})
}

// admits checks that no more than limit were admitted of all. A refusal may be spurious
// while others are under way, so that one more is up to what is left of it.
func (a *arena) admits(limit int, all []outcome, oneMore func() error) {
	a.Helper()
	admitted := 0
	for _, o := range all {
		if o.Err == "" {
			admitted++
			continue
		}
		require.Contains(a, []string{limitedBy("limit"), limitedBy("budget")}, o.Err)
	}
	require.LessOrEqual(a, admitted, limit, "more than the limit")
	for admitted < limit+1 && oneMore() == nil {
		admitted++
	}
	require.Equal(a, limit, admitted, "no less than the limit")
}

// challenge is one that nobody has opened.
func (a *arena) challenge() (phoneauth.Challenge, time.Time) {
	now := time.Now().UTC().Truncate(time.Microsecond)
	id := rand.Text()
	return phoneauth.Challenge{Key: "{" + id + "}", ID: id, Digest: []byte("digest " + id), TriesLeft: 5,
		ExpiresAt: now.Add(5 * time.Minute), Until: now.Add(10 * time.Minute)}, now
}
