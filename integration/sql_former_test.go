package integration_test

import (
	"database/sql"
	"fmt"
	"io/fs"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/sqlstore"
)

// The version before this one had the first three files, and these columns.
const (
	formerFiles      = 3
	formerUsers      = "id, uuid, phone, password_hash, epoch, blocked, created_at, updated_at, signed_in_at"
	formerChallenges = "key, id, digest, sealed, pending, tries_left, sends, expires_at, until_at, due"
	formerCounters   = "at_us, until_us, amount, due, key"
	formerSessions   = "id, user_id, epoch, device_id, digest, previous, amr, auth_time, created_at, rotated_at, idle_until, expires_at, due"
)

// former makes the tables of the version before: by Migrate as that was, or by goose.
func (d database) former(t *testing.T, db *sql.DB, byGoose bool) {
	t.Helper()
	files, err := sqlstore.Migrations(d.dialect)
	require.NoError(t, err)
	_, err = d.goose(t, db, files).UpTo(t.Context(), formerFiles)
	require.NoError(t, err)
	if byGoose {
		return
	}
	names, err := fs.Glob(files, "*.sql")
	require.NoError(t, err)
	_, err = db.Exec("CREATE TABLE phoneauth_migrations (name VARCHAR(128) NOT NULL PRIMARY KEY, applied_at BIGINT NOT NULL)")
	require.NoError(t, err)
	for _, name := range names[:formerFiles] {
		_, err := db.Exec("INSERT INTO phoneauth_migrations (name, applied_at) VALUES ($1, 1)", name)
		require.NoError(t, err)
	}
}

// formerRows writes and reads as the version before does: the n-th of everything.
func formerRows(t *testing.T, db *sql.DB, n int, now time.Time) {
	t.Helper()
	us := now.UnixMicro()
	hour := us + time.Hour.Microseconds()
	key := func(kind string) []byte { return fmt.Appendf(nil, "%s%d", kind, n) }
	insert := func(table, columns, values string, args ...any) {
		_, err := db.Exec("INSERT INTO phoneauth_"+table+" ("+columns+") VALUES ("+values+")", args...)
		require.NoError(t, err, table)
	}
	insert("users", "uuid, phone, password_hash, created_at, updated_at, signed_in_at", "$1, $2, $3, $4, $5, $6",
		fmt.Sprint("uuid ", n), fmt.Sprint("+20100000000", n), "", us, us, us)
	insert("challenges", formerChallenges, "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10",
		key("{a}c"), key("id"), []byte("digest"), []byte("sealed"), []byte{}, 5, 1, hour, hour, hour/60e6)
	// A failure that has locked nothing, whose lock ended before all times.
	insert("counters", formerCounters, "$1, $2, $3, $4, $5", hour, int64(math.MinInt64), 2.0, hour/3600e6, key("f{a}f"))
	insert("counters", formerCounters, "$1, $2, $3, $4, $5", hour, hour, 0.0, hour/3600e6, key("l{a}l"))
	insert("counters", formerCounters, "$1, $2, $3, $4, $5", us, hour, 7.0, hour/3600e6, key("b{a}b"))
	insert("sessions", formerSessions, "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13",
		key("s"), []byte("1"), 0, []byte("device"), []byte("digest"), []byte{}, []byte(`["sms"]`), us, us,
		time.Time{}.UnixMicro(), hour, hour, hour/86400e6)
	for table, columns := range map[string]string{"users": formerUsers, "challenges": formerChallenges, "counters": formerCounters, "sessions": formerSessions} {
		rows, err := db.Query("SELECT " + columns + " FROM phoneauth_" + table)
		require.NoError(t, err, table)
		require.True(t, rows.Next(), table)
		require.NoError(t, rows.Close())
	}
}

// What the version before has left is there for this one, and whatever that version writes
// while both are at work.
func TestSQLMigrateFormer(t *testing.T) {
	databases(t, func(t *testing.T, d database) {
		if d.dialect == sqlstore.MySQL {
			t.Skip("the version before had no MySQL")
		}
		db := d.open(t)
		now := time.Now().UTC().Truncate(time.Microsecond)
		for _, byGoose := range []bool{false, true} {
			d.former(t, db, byGoose)
			formerRows(t, db, 1, now)
			_, err := sqlstore.New(t.Context(), db, d.dialect)
			require.ErrorContains(t, err, "has Migrate been called?")
			s := d.store(t, db)
			formerRows(t, db, 2, now)
			for n := 1; n <= 2; n++ {
				seesFormer(t, s, n, now)
			}
			d.use(t, s)
			d.reset(t, db)
			_, err = db.Exec("DROP TABLE goose_db_version")
			require.NoError(t, err)
		}
	})
}

// seesFormer finds in s what formerRows has written.
func seesFormer(t *testing.T, s *sqlstore.Store, n int, now time.Time) {
	t.Helper()
	u, err := s.UserByPhone(t.Context(), phoneauth.StoredPhone(fmt.Sprint("+20100000000", n)))
	require.NoError(t, err)
	assert.Equal(t, fmt.Sprint("uuid ", n), u.UUID)
	assert.False(t, u.Locked)
	key := func(kind string) string { return fmt.Sprint("{a}", kind, n) }
	state, err := s.ReadState(t.Context(), phoneauth.StateParams{
		Challenges: []string{key("c")}, Lockouts: []string{key("f")},
		Takes:  []phoneauth.Take{{Key: key("l"), Limit: phoneauth.Limit{Burst: 1, Every: time.Hour}, Cost: 1}},
		Scores: []phoneauth.Score{{Key: key("b"), DebtDecay: time.Hour, CreditDecay: time.Hour}}, Now: now,
	})
	require.NoError(t, err)
	assert.Equal(t, fmt.Sprint("id", n), state.Challenges[0].ID)
	assert.Equal(t, phoneauth.LockoutState{Failures: 2, ForgetAt: now.Add(time.Hour).UnixMicro()}, state.Lockouts[0])
	assert.Equal(t, []time.Duration{time.Hour}, state.Waits)
	assert.Equal(t, []float64{7}, state.Scores)
	r, err := s.SessionByID(t.Context(), fmt.Sprint("s", n), now)
	require.NoError(t, err)
	assert.Equal(t, []string{"sms"}, r.AMR)
	assert.Empty(t, r.Client+r.Place)
	assert.False(t, r.ByPassword)
	all, err := s.UserSessions(t.Context(), "1", now)
	require.NoError(t, err)
	assert.Len(t, all, 2)
}
