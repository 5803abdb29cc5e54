package integration_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/sqlstore"
)

// heldNumbers has every statement that writes a number wait when its row is written, and before anybody
// can see that the number is taken.
const heldNumbers = `
CREATE FUNCTION held(phone TEXT) RETURNS TEXT IMMUTABLE LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtext(current_schema()), 0);
    RETURN phone;
END
$$;
ALTER TABLE phoneauth_users DROP CONSTRAINT phoneauth_users_phone_key;
CREATE INDEX held ON phoneauth_users (held(phone));
ALTER TABLE phoneauth_users ADD UNIQUE (phone)`

// Two people move to the numbers of each other. Neither can, and neither waits for the other.
func TestSQLUsersSwapNumbers(t *testing.T) {
	d := patientDatabase(t)
	db := d.open(t)
	s := d.store(t, db)
	_, err := db.Exec(heldNumbers)
	require.NoError(t, err)
	one, two := phoneauth.StoredPhone("+11"), phoneauth.StoredPhone("+12")
	move := func(user phoneauth.User, to phoneauth.Phone) func() error {
		return func() error {
			_, err := s.UpdateUser(context.Background(), phoneauth.UserUpdate{UserID: user.ID, Epoch: phoneauth.AnyEpoch, Phone: &to, Now: absentNow})
			return err
		}
	}
	first, second := move(userOf(t, s, one), two), move(userOf(t, s, two), one)
	release := hold(t, db, "SELECT pg_advisory_xact_lock(hashtext(current_schema()), 0)")
	a := arrive(t, db, 0, first)
	b := arrive(t, db, 1-len(a), second)
	release()
	assert.ErrorIs(t, <-a, phoneauth.ErrPhoneTaken)
	assert.ErrorIs(t, <-b, phoneauth.ErrPhoneTaken)
}

func userOf(t *testing.T, s *sqlstore.Store, p phoneauth.Phone) phoneauth.User {
	t.Helper()
	in, err := s.SignInUser(t.Context(), phoneauth.SignIn{Phone: p, Epoch: phoneauth.AnyEpoch, UUID: "uuid of " + p.E164(), Now: absentNow})
	require.NoError(t, err)
	return in.User
}

// A user moves from one number to another while both are imported.
func TestSQLImportAndNewNumber(t *testing.T) {
	d := patientDatabase(t)
	db := d.open(t)
	s := d.store(t, db)
	from, to := phoneauth.StoredPhone("+11"), phoneauth.StoredPhone("+12")
	user := userOf(t, s, from)
	release := hold(t, db, "SELECT FROM phoneauth_users FOR UPDATE")
	moved := arrive(t, db, 0, func() error {
		_, err := s.UpdateUser(context.Background(), phoneauth.UserUpdate{UserID: user.ID, Epoch: phoneauth.AnyEpoch, Phone: &to, Now: absentNow})
		return err
	})
	var users []phoneauth.ImportedUser
	imported := arrive(t, db, 1, func() (err error) {
		users, err = s.ImportUsers(context.Background(), []phoneauth.UserImport{{Phone: from, UUID: "one"}, {Phone: to, UUID: "two"}}, absentNow)
		return err
	})
	release()
	require.NoError(t, <-moved)
	require.NoError(t, <-imported)
	assert.True(t, users[0].Created)
	assert.False(t, users[1].Created)
	assert.Equal(t, user.ID, users[1].User.ID)
}

// Entries are blanked while their counts grow.
func TestSQLAppendAndBlank(t *testing.T) {
	d := patientDatabase(t)
	db := d.open(t)
	s := d.store(t, db)
	entries := func(ids ...string) (all []phoneauth.JournalEntry) {
		for _, id := range ids {
			all = append(all, phoneauth.JournalEntry{ID: id, Time: absentNow, ExpiresAt: absentNow.Add(time.Hour), UserID: "user", Type: "limited", Count: 1, Data: []byte("data")})
		}
		return all
	}
	require.NoError(t, s.AppendEntries(t.Context(), entries("b")))
	require.NoError(t, s.AppendEntries(t.Context(), entries("a")))
	release := hold(t, db, "SELECT FROM phoneauth_journal WHERE id = 'a' FOR UPDATE")
	appended := arrive(t, db, 0, func() error { return s.AppendEntries(context.Background(), entries("a", "b")) })
	blanked := arrive(t, db, 1, func() error { return s.BlankEntries(context.Background(), "user", "", absentNow) })
	release()
	require.NoError(t, <-appended)
	require.NoError(t, <-blanked)
	var left string
	require.NoError(t, db.QueryRow("SELECT string_agg(concat(id::text, count, data::text), ' ') FROM phoneauth_journal").Scan(&left))
	assert.NotContains(t, left, fmt.Sprintf("%x", "data"))
	assert.Contains(t, left, "2")
}

// Limits of one phone, and scores, are named by two steps in two orders.
func TestSQLCountersInTwoOrders(t *testing.T) {
	d := patientDatabase(t)
	db := d.open(t)
	score := func(key string) phoneauth.Charge {
		return phoneauth.Charge{Amount: 1, Score: phoneauth.Score{Name: key, Key: key, Max: 1000, DebtDecay: time.Hour, CreditDecay: time.Hour}}
	}
	back := func(s *sqlstore.Store, limits, scores []string) func() error {
		p := phoneauth.GiveBackParams{Now: absentNow}
		for _, key := range limits {
			p.Takes = append(p.Takes, onceAnHour(key)...)
		}
		for _, key := range scores {
			p.Credits = append(p.Credits, score(key))
		}
		return func() error { return s.GiveBack(context.Background(), p) }
	}
	for name, s := range map[string]*sqlstore.Store{"functions": d.store(t, db), "transactions": d.store(t, db, sqlstore.WithoutFunctions())} {
		for _, held := range []string{"l{a}1", "bone"} {
			t.Run(name+" "+held, func(t *testing.T) {
				_, err := db.Exec("TRUNCATE phoneauth_counters")
				require.NoError(t, err)
				limits, scores := []string{"{a}1", "{a}2"}, []string{"one", "two"}
				require.NoError(t, s.TakeLimits(t.Context(), phoneauth.TakeParams{Takes: append(onceAnHour("{a}1"), onceAnHour("{a}2")...),
					Charges: []phoneauth.Charge{score("one"), score("two")}, Now: absentNow}))
				if held == "bone" {
					limits = nil
				}
				release := hold(t, db, "SELECT FROM phoneauth_counters WHERE key = convert_to($1, 'UTF8') FOR UPDATE", held)
				one := arrive(t, db, 0, back(s, limits, scores))
				slices.Reverse(limits)
				slices.Reverse(scores)
				two := arrive(t, db, 1, back(s, limits, scores))
				release()
				assert.NoError(t, <-one)
				assert.NoError(t, <-two)
			})
		}
	}
}

// A code is sent to a phone, and another is right, both from one address: the limits of the phone come
// before those of the address, although an attempt takes of the address first.
func TestSQLBeginAndProve(t *testing.T) {
	d := patientDatabase(t)
	db := d.open(t)
	for name, s := range map[string]*sqlstore.Store{"functions": d.store(t, db), "transactions": d.store(t, db, sqlstore.WithoutFunctions())} {
		t.Run(name, func(t *testing.T) {
			_, err := db.Exec("TRUNCATE phoneauth_challenges, phoneauth_counters")
			require.NoError(t, err)
			limit := phoneauth.Limit{Burst: 10, Every: time.Hour}
			phone := phoneauth.Take{Name: "phone", Key: "{a}sends", Limit: limit, Cost: 1}
			address := phoneauth.Take{Name: "address", Key: "{b}sends", Limit: limit, Cost: 1}
			failures := phoneauth.Take{Name: "failures", Key: "{b}failures", Limit: limit, Cost: 1}
			begin := func(key string) func() error {
				return func() error {
					_, err := s.BeginChallenge(context.Background(), phoneauth.BeginParams{Challenge: absentChallenge(key), Lockout: absentLockout(),
						Takes: []phoneauth.Take{phone, address}, Now: absentNow})
					return err
				}
			}
			require.NoError(t, begin("{a}code")())
			require.NoError(t, s.TakeLimits(t.Context(), phoneauth.TakeParams{Takes: []phoneauth.Take{failures}, Now: absentNow}))
			release := hold(t, db, "SELECT FROM phoneauth_counters WHERE key = 'l{a}sends' FOR UPDATE")
			begun := arrive(t, db, 0, begin("{a}other"))
			proved := arrive(t, db, 1, func() error {
				_, err := s.AttemptChallenge(context.Background(), phoneauth.AttemptParams{Lockout: absentLockout(), Takes: []phoneauth.Take{failures},
					Candidates: []phoneauth.Candidate{{Key: "{a}code", Digests: [][]byte{[]byte("{a}code")},
						OnMatch: phoneauth.OnMatch{Refunds: []phoneauth.Take{failures}, SendRefunds: []phoneauth.Take{phone, address}}}}, Now: absentNow})
				return err
			})
			release()
			assert.NoError(t, <-begun)
			assert.NoError(t, <-proved)
		})
	}
}

// A session is signed out while another must end for a new one. The choice was made among all of
// them, so the sign-out comes before it or after it, and never between.
func TestSQLCreateAndEndSession(t *testing.T) {
	d := patientDatabase(t)
	db := d.open(t)
	for name, s := range map[string]*sqlstore.Store{"functions": d.store(t, db), "transactions": d.store(t, db, sqlstore.WithoutFunctions())} {
		for _, how := range []string{"signed out", "reused"} {
			t.Run(name+", "+how, func(t *testing.T) {
				_, err := db.Exec("TRUNCATE phoneauth_sessions")
				require.NoError(t, err)
				create := func(id string, age time.Duration) func() error {
					hour := absentNow.Add(time.Hour)
					return func() error {
						_, err := s.CreateSession(context.Background(), phoneauth.NewSession{Session: phoneauth.SessionRecord{ID: id, UserID: "user",
							Digest: []byte(id), CreatedAt: absentNow.Add(-age), IdleUntil: hour, ExpiresAt: hour}, Most: 2, Now: absentNow})
						return err
					}
				}
				require.NoError(t, create("old", 2*time.Minute)())
				require.NoError(t, create("young", time.Minute)())
				release := hold(t, db, "SELECT FROM phoneauth_sessions WHERE id = 'old' FOR UPDATE")
				created := arrive(t, db, 0, create("new", 0))
				ended := arrive(t, db, 1, func() error {
					if how == "signed out" {
						return s.EndSession(context.Background(), "user", "young")
					}
					_, err := s.RotateSession(context.Background(), phoneauth.Rotation{ID: "young", Digest: []byte("another"), Next: []byte("next"), Now: absentNow})
					if errors.Is(err, phoneauth.ErrReused) {
						err = nil
					}
					return err
				})
				assert.Empty(t, ended, "it is between the choice and the end of another session")
				release()
				require.NoError(t, <-created)
				require.NoError(t, <-ended)
				live, err := s.UserSessions(t.Context(), "user", absentNow)
				require.NoError(t, err)
				require.Len(t, live, 1)
				assert.Equal(t, "new", live[0].ID)
			})
		}
	}
}
