package integration_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
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
