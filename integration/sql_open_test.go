package integration_test

import (
	"context"
	"database/sql/driver"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/sqlstore"
)

// Sign-ins by codes of few phones from few addresses come to no deadlock on the server, with the limits
// of the Service, whatever else happens to the phones and their users. Imports and changes of numbers
// are apart: many of them together may come to one.
func TestSQLOpenNoDeadlock(t *testing.T) {
	for name, opts := range map[string][]sqlstore.Option{"functions": nil, "transactions": {sqlstore.WithoutFunctions()}} {
		t.Run(name, func(t *testing.T) {
			d := postgresDatabase(t)
			db := d.open(t)
			store := &seeing{Store: d.store(t, db, opts...)}
			deadlocks := func() (n int) {
				require.NoError(t, db.QueryRowContext(t.Context(), "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()").Scan(&n))
				return n
			}
			before := deadlocks()
			for round := range 4 {
				meetOpenings(t, store, round, []string{"an import", "a change of number"}[round%2])
			}
			assert.NotZero(t, min(store.opened, store.ended), "no session was stored, or none had to end")
			t.Logf("%d sessions stored, %d ended for them", store.opened, store.ended)
			if !assert.Equal(t, before, deadlocks()) {
				t.Log(startedPostgres(t).Log())
			}
		})
	}
}

// seeing is a store that remembers what OpenSession was called for. A user has three sessions.
type seeing struct {
	*sqlstore.Store

	mu            sync.Mutex
	keys          []string
	users         []string
	opened, ended int
}

func (s *seeing) OpenSession(ctx context.Context, o phoneauth.Opening) (phoneauth.Opened, error) {
	o.Session.Most = 3
	s.mu.Lock()
	s.keys = append(s.keys, o.Attempt.Candidates[0].Key)
	s.mu.Unlock()
	v, err := s.Store.OpenSession(ctx, o)
	s.mu.Lock()
	defer s.mu.Unlock()
	if v.Stored {
		s.opened++
		s.users = append(s.users, v.User.ID)
	}
	if v.Evicted != "" {
		s.ended++
	}
	return v, err
}

// some returns one of the last keys, and one of the last users.
func (s *seeing) some() (key, user string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	last := func(all []string) string {
		if len(all) == 0 {
			return "0"
		}
		return all[max(0, len(all)-1-rand.IntN(4))]
	}
	return last(s.keys), last(s.users)
}

// meetOpenings has many sign in at once, and others do all else, and one thing of the two that are apart.
func meetOpenings(t *testing.T, s *seeing, round int, apart string) {
	svc, inbox := service(t, s, func(c *phoneauth.Config) {
		c.Realm = fmt.Sprint("open ", round) // other keys: nothing is there at first
		c.Limits.ServiceSends = phoneauth.Limit{Burst: 1e6, Every: time.Second}
	})
	v := &visitors{Service: svc, inbox: inbox}
	const phones = 6
	person := func(i int) string { phone, _ := caller(round*10_000 + i%phones); return phone }
	fine := func(err error) {
		assert.True(t, err == nil || phoneauth.IsAnswer(err), "%v", err)
	}
	var signIns, others sync.WaitGroup
	for i := range 48 {
		_, client := caller(round*10_000 + i%2)
		signIns.Go(func() { v.signInAmongOthers(t, person(i), client, i/phones%2 == 0) })
	}
	ctx, cancel := context.WithCancel(t.Context())
	for i := range 8 {
		others.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				key, user := s.some()
				now := time.Now()
				switch (i + n) % 5 {
				case 0:
					id := fmt.Sprint("beside ", round, " ", i, " ", n)
					_, err := s.CreateSession(t.Context(), phoneauth.NewSession{Most: 3, Now: now, Session: phoneauth.SessionRecord{ID: id, UserID: user,
						AuthTime: now, CreatedAt: now, IdleUntil: now.Add(time.Hour), ExpiresAt: now.Add(time.Hour)}})
					fine(err)
				case 1:
					fine(s.EndUserSessions(t.Context(), user, ""))
				case 2:
					if n%8 == 0 {
						fine(s.CancelChallenges(t.Context(), key, key+"+"))
					}
				case 3:
					_, err := s.UpdateUser(t.Context(), phoneauth.UserUpdate{UserID: user, Epoch: phoneauth.AnyEpoch, Now: now})
					fine(err)
				case 4:
					if apart == "an import" {
						var all []phoneauth.UserImport
						for _, p := range rand.Perm(phones) {
							all = append(all, phoneauth.UserImport{Phone: phoneauth.StoredPhone(person(p)), UUID: fmt.Sprint(round, i, n, p)})
						}
						_, err := s.ImportUsers(t.Context(), all, now)
						fine(err)
						continue
					}
					to := phoneauth.StoredPhone(person(rand.IntN(phones)))
					_, err := s.UpdateUser(t.Context(), phoneauth.UserUpdate{UserID: user, Epoch: phoneauth.AnyEpoch, Phone: &to, Now: now})
					fine(err)
				}
			}
		})
	}
	signIns.Wait()
	cancel()
	others.Wait()
}

// signInAmongOthers signs in by a code, after a wrong one, or with a proof. Others may be faster.
func (v *visitors) signInAmongOthers(t *testing.T, phone string, client phoneauth.ClientInfo, proof bool) {
	ctx := t.Context()
	for round := range 4 {
		pending, err := v.Register(ctx, phoneauth.RegisterRequest{Phone: phone, Client: client})
		if err != nil {
			assert.NotErrorIs(t, err, phoneauth.ErrUnavailable)
			continue
		}
		message, _ := v.inbox.Last(phone)
		code := string(message.Code)
		if round == 1 { // a code has few tries, for all
			_, err = v.Login(ctx, phoneauth.LoginRequest{Phone: phone, Code: wrong(code), ChallengeToken: pending.ChallengeToken, Client: client})
			assert.NotErrorIs(t, err, phoneauth.ErrUnavailable)
		}
		if !proof {
			_, err = v.Login(ctx, phoneauth.LoginRequest{Phone: phone, Code: code, ChallengeToken: pending.ChallengeToken, Client: client})
			assert.NotErrorIs(t, err, phoneauth.ErrUnavailable)
			continue
		}
		proved, err := v.Verify(ctx, phoneauth.VerifyRequest{Phone: phone, Code: code, ChallengeToken: pending.ChallengeToken, Client: client})
		if err == nil {
			_, err = v.Connect(ctx, phoneauth.ConnectRequest{Phone: phone, Token: proved.Token, Client: client})
		}
		assert.NotErrorIs(t, err, phoneauth.ErrUnavailable)
	}
}

// A limit refuses when it is asked, and has room again when the code is compared. The user is known.
func TestSQLOpenWithRoomAgain(t *testing.T) {
	d := postgresDatabase(t)
	plain := d.store(t, d.open(t))
	db, c := d.countedDB(t)
	s := d.store(t, db, sqlstore.WithoutFunctions())
	user := userOf(t, plain, phoneauth.StoredPhone("+11"))
	require.NoError(t, beginAbsent(plain, "{a}code", phoneauth.Lockout{})())
	takes := onceAnHour("{b}address")
	require.NoError(t, plain.TakeLimits(t.Context(), phoneauth.TakeParams{Takes: takes, Now: absentNow}))
	var once sync.Once
	c.queries = func(query string, _ []driver.NamedValue) {
		if strings.Contains(query, "phoneauth_challenges") {
			once.Do(func() {
				assert.NoError(t, plain.GiveBack(context.Background(), phoneauth.GiveBackParams{Takes: takes, Now: absentNow}))
			})
		}
	}
	v, err := s.OpenSession(t.Context(), phoneauth.Opening{
		Attempt: phoneauth.AttemptParams{Candidates: []phoneauth.Candidate{{Key: "{a}code", Digests: [][]byte{[]byte("{a}code")}}}, Takes: takes, Now: absentNow},
		SignIn:  phoneauth.SignIn{Phone: user.Phone, UUID: "another", Epoch: phoneauth.AnyEpoch, Now: absentNow},
		Session: phoneauth.NewSession{Session: phoneauth.SessionRecord{ID: "session", IdleUntil: absentNow.Add(time.Hour), ExpiresAt: absentNow.Add(time.Hour)}, Now: absentNow},
	})
	require.NoError(t, err)
	assert.False(t, v.Stored)
	assert.Equal(t, user.ID, v.User.ID)
}
