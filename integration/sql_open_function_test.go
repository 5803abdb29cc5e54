package integration_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/integration"
	"github.com/phoneauth/phoneauth/sqlstore"
)

// A wrong code signs nobody in, in whatever order the planner joins the challenge and the function that
// signs in. It takes the function first where it expects many challenges at a key.
func TestSQLWrongCodeInAnyPlan(t *testing.T) {
	d := postgresDatabase(t)
	db := d.open(t)
	s := d.store(t, db)
	ctx, now := t.Context(), time.Now().UTC().Truncate(time.Microsecond)
	hour := now.Add(time.Hour)
	for _, statement := range []string{
		"ALTER TABLE phoneauth_challenges DROP CONSTRAINT phoneauth_challenges_pkey, ALTER COLUMN digest SET (n_distinct = 1)",
		"INSERT INTO phoneauth_challenges (key, id, digest, sealed, pending, tries_left, sends, expires_at, until_at, due)" +
			" SELECT 'key', 'id', CAST('digest ' || i AS BYTEA), '', '', 5, 1, 9e18, 9e18, 2147483647 FROM generate_series(1, 1000) AS i",
		"ANALYZE phoneauth_challenges",
	} {
		_, err := db.ExecContext(ctx, statement)
		require.NoError(t, err)
	}
	_, err := s.OpenSession(ctx, phoneauth.Opening{
		Attempt: phoneauth.AttemptParams{Candidates: []phoneauth.Candidate{{Key: "key", ID: "id", Digests: [][]byte{[]byte("wrong")}}}, Now: now},
		SignIn:  phoneauth.SignIn{Phone: phoneauth.StoredPhone("+201061797840"), UUID: "uuid", Epoch: phoneauth.AnyEpoch, Now: now},
		Session: phoneauth.NewSession{Session: phoneauth.SessionRecord{ID: "session", IdleUntil: hour, ExpiresAt: hour}, Most: 1, Now: now},
	})
	require.ErrorIs(t, err, phoneauth.ErrMismatch)
	var users, sessions int
	require.NoError(t, db.QueryRowContext(ctx, "SELECT (SELECT count(*) FROM phoneauth_users), (SELECT count(*) FROM phoneauth_sessions)").Scan(&users, &sessions))
	assert.Zero(t, users, "a wrong code has created a user")
	assert.Zero(t, sessions, "a wrong code has stored a session")
}

// OpenSession takes turns with the other steps that create or end sessions of a user: the function computes the
// number of the turn that the other steps are given.
func TestSQLOpenTakesTurns(t *testing.T) {
	d := postgresDatabase(t)
	db := d.open(t)
	t.Cleanup(func() { _, _ = db.Exec("DROP SCHEMA s_open CASCADE") })
	for name, opts := range map[string][]sqlstore.Option{"default": nil, "named": {sqlstore.Prefix("auth_"), sqlstore.Schema("s_open")}} {
		s := d.store(t, db, opts...)
		require.True(t, s.Functions(), name)
		byHand := d.store(t, db, append(opts[:len(opts):len(opts)], sqlstore.WithoutFunctions())...)
		ctx, now := t.Context(), time.Now().UTC().Truncate(time.Microsecond)
		hour := now.Add(time.Hour)
		in := phoneauth.SignIn{Phone: phoneauth.StoredPhone("+201061797840"), UUID: "uuid", Epoch: phoneauth.AnyEpoch, Now: now}
		signed, err := s.SignInUser(ctx, in)
		require.NoError(t, err, name)
		session := func(id string) phoneauth.NewSession {
			return phoneauth.NewSession{Session: phoneauth.SessionRecord{ID: id, UserID: signed.User.ID, IdleUntil: hour, ExpiresAt: hour}, Most: 9, Now: now}
		}
		for verb, call := range map[string]func() error{
			"CreateSession":            func() error { _, err := s.CreateSession(ctx, session("create")); return err },
			"CreateSession by hand":    func() error { _, err := byHand.CreateSession(ctx, session("by hand")); return err },
			"EndUserSessions":          func() error { return s.EndUserSessions(ctx, signed.User.ID, "") },
			"OpenSession once more":    func() error { return openedBy(t, s, in, session("once more")) },
			"OpenSession, transaction": func() error { return openedBy(t, byHand, in, session("transaction")) },
		} {
			tx, err := db.BeginTx(ctx, nil)
			require.NoError(t, err)
			table := "phoneauth_sessions"
			if opts != nil {
				table = "s_open.auth_sessions"
			}
			_, err = tx.ExecContext(ctx, "LOCK TABLE "+table+" IN ACCESS EXCLUSIVE MODE")
			require.NoError(t, err)
			answers := make(chan error, 2)
			go func() { answers <- openedBy(t, s, in, session("first, beside "+verb)) }()
			waiting := func(locktype string) error {
				var n int
				err := db.QueryRowContext(ctx, "SELECT count(*) FROM pg_locks WHERE database = (SELECT oid FROM pg_database WHERE datname = current_database())"+
					" AND NOT granted AND locktype = $1", locktype).Scan(&n)
				if err == nil && n == 0 {
					err = fmt.Errorf("nobody waits for a lock of type %s", locktype)
				}
				return err
			}
			require.NoError(t, integration.Poll(10*time.Second, func() error { return waiting("relation") }), "%s, %s: OpenSession has its turn", name, verb)
			go func() { answers <- call() }()
			assert.NoError(t, integration.Poll(10*time.Second, func() error { return waiting("advisory") }), "%s, %s: it waits for the same turn", name, verb)
			require.NoError(t, tx.Commit())
			assert.NoError(t, errors.Join(<-answers, <-answers), "%s, %s", name, verb)
		}
	}
}

// Where the function that opens sessions alone is missing, from the start or later, the sign-in is a transaction.
func TestSQLOpenWithoutItsFunction(t *testing.T) {
	d := postgresDatabase(t)
	db := d.open(t)
	before := d.store(t, db)
	_, err := db.ExecContext(t.Context(), "DROP FUNCTION phoneauth_open_session_v1")
	require.NoError(t, err)
	after, err := sqlstore.New(t.Context(), db, d.dialect)
	require.NoError(t, err)
	require.True(t, after.Functions(), "it has the others")
	now := time.Now().UTC().Truncate(time.Microsecond)
	hour := now.Add(time.Hour)
	for i, s := range []*sqlstore.Store{before, after} {
		in := phoneauth.SignIn{Phone: phoneauth.StoredPhone(fmt.Sprint("+20106179784", i)), UUID: fmt.Sprint("uuid ", i), Epoch: phoneauth.AnyEpoch, Now: now}
		for n := range 3 {
			require.NoError(t, openedBy(t, s, in, phoneauth.NewSession{
				Session: phoneauth.SessionRecord{ID: fmt.Sprint("session ", i, n), IdleUntil: hour, ExpiresAt: hour}, Most: 2, Now: now,
			}))
		}
		user, err := s.UserByPhone(t.Context(), in.Phone)
		require.NoError(t, err)
		live, err := s.UserSessions(t.Context(), user.ID, now)
		require.NoError(t, err)
		assert.Len(t, live, 2)
	}
}

// openedBy begins a challenge, and opens a session by its code.
func openedBy(t *testing.T, s *sqlstore.Store, in phoneauth.SignIn, n phoneauth.NewSession) error {
	key, hour := rand.Text(), in.Now.Add(time.Hour)
	challenge := phoneauth.Challenge{Key: key, ID: "id", Digest: []byte("digest"), TriesLeft: 5, Sends: 1, ExpiresAt: hour, Until: hour}
	if _, err := s.BeginChallenge(t.Context(), phoneauth.BeginParams{Challenge: challenge, Now: in.Now}); err != nil {
		return err
	}
	v, err := s.OpenSession(t.Context(), phoneauth.Opening{
		Attempt: phoneauth.AttemptParams{Candidates: []phoneauth.Candidate{{Key: key, Digests: [][]byte{challenge.Digest}}}, Now: in.Now},
		SignIn:  in, Session: n,
	})
	if err == nil && !v.Stored {
		err = errors.New("the session is not stored")
	}
	return err
}
